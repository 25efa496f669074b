/** From data sets and options to tasks: what remains to be done, in an order that lets workers keep their rows. */
import type { Method } from "../peers/method.ts";
import { type BenchmarkSplit, type BaseRequest } from "./cell.ts";
import { chooseFamilies, type Candidate, type HeldGroup, heldOutSets } from "./families.ts";
import { keyOf, type Setting, settingOf } from "./line.ts";
import type { Task } from "./task.ts";

/** What planning needs to know of a data set. */
export interface Outline {
  readonly folder: string;
  /** The folder's name: what results call the data set. */
  readonly data: string;
  readonly domains: number;
  /** Whether meta.json tells blocks (runs, patients) of normal rows apart. */
  readonly blocks: boolean;
  /** All that could be held out, or the families asked for. */
  readonly candidates: readonly Candidate[];
  /** Families asked for that it does not have. */
  readonly missing: readonly string[];
  /** Remarks on what flatters every method: whatever the split, and where rows are split at random. */
  readonly flattering: { readonly always: readonly string[]; readonly random: readonly string[] };
}

export interface PlanOptions extends Omit<Setting, "split"> {
  readonly methods: readonly Method[];
  readonly splits: readonly BenchmarkSplit[];
  readonly seeds: number;
  /** Whether candidates were asked for by name: then all are held out. */
  readonly named: boolean;
}

export interface Plan {
  readonly tasks: readonly Task[];
  /** Lines that the tasks will give. */
  readonly lines: number;
  /** Lines that were there already. */
  readonly done: number;
  readonly notes: readonly string[];
}

/** @param done keys of lines that are there already */
export function planTasks(outlines: readonly Outline[], options: PlanOptions, done: ReadonlySet<string>): Plan {
  const tasks: Task[] = [];
  const notes: string[] = [];
  let [lines, skipped] = [0, 0];
  for (const outline of outlines) {
    const chosen = options.named ? outline.candidates : chooseFamilies(outline.candidates, options.full);
    const sets = heldOutSets(chosen, options.holdOutK);
    const { always, random } = outline.flattering;
    const flattering = [...always, ...(options.splits.includes("random") ? random : [])];
    notes.push(...flattering.map((note) => `${outline.data}: ${note}`));
    for (const split of options.splits) {
      const missing = whyNot(outline, split);
      if (missing !== undefined) {
        notes.push(`${outline.data} is not split by ${split}: ${missing}.`);
        continue;
      }
      if (split === "blocks" && !outline.blocks) {
        notes.push(
          `meta.json lists no blocks of ${outline.data}'s normal rows: stretches of each file are its blocks.`,
        );
      }
      for (let seed = 1; seed <= options.seeds; seed++) {
        const planned = cellTasks(outline, sets, { ...settingOf({ ...options, split }), seed }, options.methods, done);
        tasks.push(...planned);
        const due = planned.reduce((sum, task) => sum + dueOf(task), 0);
        lines += due;
        skipped += options.methods.length * chosen.length - due;
      }
    }
  }
  return { tasks, lines, done: skipped, notes };
}

/** Lines that a task is to give. */
export function dueOf({ sets, done = [] }: Task): number {
  return sets.flat().length - done.length;
}

/** Tasks of one data set, split and seed: methods without labels first, then held-out set by set. */
function cellTasks(
  { folder, data }: Outline,
  sets: readonly (readonly HeldGroup[])[],
  request: BaseRequest & Setting,
  methods: readonly Method[],
  done: ReadonlySet<string>,
): Task[] {
  const isDone = (method: Method, { name }: HeldGroup): boolean =>
    done.has(keyOf({ ...request, data, family: name, method: method.name }));
  const open = (method: Method, set: readonly HeldGroup[]): boolean => !set.every((held) => isDone(method, held));
  const task = (method: Method, due: Task["sets"]): Task => ({
    ...request,
    folder,
    data,
    method: method.name,
    sets: due,
    done: due.flat().flatMap((held) => (isDone(method, held) ? [held.name] : [])),
  });
  const labelled = methods.filter(({ labels }) => labels);
  return [
    ...methods
      .filter(({ labels }) => !labels)
      .map((method) =>
        task(
          method,
          sets.filter((set) => open(method, set)),
        ),
      ),
    ...sets.flatMap((set) => labelled.filter((method) => open(method, set)).map((method) => task(method, [set]))),
  ].filter((planned) => planned.sets.length > 0);
}

function whyNot({ domains, candidates }: Outline, split: BenchmarkSplit): string | undefined {
  if (candidates.length === 0) return "no family to hold out";
  return split === "domain-out" && domains < 2 ? "it has one normal domain" : undefined;
}
