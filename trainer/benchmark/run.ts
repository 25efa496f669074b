/** Runs a benchmark: outlines the data sets, plans what is missing from the results file, and hands it to the workers. */
import { basename, resolve } from "node:path";
import { UnseenError } from "../../model/errors.ts";
import type { Progress } from "../learn/request.ts";
import type { Fault } from "./answering.ts";
import { checkNamed } from "./families.ts";
import { keyOf } from "./line.ts";
import { dueOf, type Outline, planTasks, type PlanOptions } from "./plan.ts";
import { Pool } from "./pool.ts";
import { appendResults, readResults, repairResults } from "./results.ts";
import { fewRows, type Task } from "./task.ts";
import type { Answer } from "./worker.ts";

export interface BenchmarkOptions extends Omit<PlanOptions, "named"> {
  readonly folders: readonly string[];
  /** Families to hold out, by name or group; none for those the rule chooses. */
  readonly families: readonly string[];
  readonly out: string;
  readonly workers: number;
}

export interface BenchmarkResult {
  /** Lines written by this run, and those it found. */
  readonly written: number;
  readonly found: number;
  readonly notes: readonly string[];
  /** Tasks that failed, and why; running again tries them again. */
  readonly failed: readonly string[];
}

/**
 * Appends to the results file whatever it lacks. A task whose split leaves too few rows is left out with a note; one
 * that fails otherwise is reported, and the others go on.
 *
 * @throws UnseenError interrupted (finished lines are kept), option-invalid where the results file is something else,
 * family-unknown, and what reading data throws
 */
export async function runBenchmark(
  options: BenchmarkOptions,
  report: (progress: Progress) => void = () => {},
  signal?: AbortSignal,
): Promise<BenchmarkResult> {
  checkNames(options.folders);
  const found = new Set(readResults(options.out).lines.map(keyOf));
  repairResults(options.out, '{"data":"');
  appendResults(options.out, []);
  const pool = new Pool(options.workers);
  return pool.finish(work(pool, options, found, report), signal, "The benchmark was stopped; lines written are kept.");
}

async function work(
  pool: Pool,
  options: BenchmarkOptions,
  found: ReadonlySet<string>,
  report: (progress: Progress) => void,
): Promise<BenchmarkResult> {
  const { folders, families, out } = options;
  let read = 0;
  const outlines = await Promise.all(
    folders.map(async (folder) => {
      const outline = outlineIn(await pool.ask({ kind: "outline", folder, families }));
      report({ phase: "reading", done: ++read, total: folders.length });
      return outline;
    }),
  );
  checkNamed(families, outlines);
  const plan = planTasks(outlines, { ...options, named: families.length > 0 }, found);
  const notes = [...plan.notes];
  const failed: string[] = [];
  let [written, done] = [0, 0];
  await Promise.all(
    plan.tasks.map(async (task) => {
      const answer = await pool.ask({ kind: "task", task });
      done += dueOf(task);
      if (answer.kind === "lines") {
        appendResults(out, answer.lines);
        written += answer.lines.length;
        const tested = new Set([...(task.done ?? []), ...answer.lines.map(({ family }) => family)]);
        for (const { name } of task.sets.flat().filter((held) => !tested.has(held.name))) {
          notes.push(`${cellOf(task)}: ${fewRows(name)}`);
        }
      } else if (answer.kind === "fault") {
        if (answer.code === "data-too-small") notes.push(`${cellOf(task)} is left out: ${answer.message}`);
        else failed.push(`${titleOf(task)}: ${answer.message}`);
      }
      report({ phase: "measuring", done, total: plan.lines, note: titleOf(task) });
    }),
  );
  return { written, found: plan.done, notes: [...new Set(notes)], failed };
}

function outlineIn(answer: Answer | Fault): Outline {
  if (answer.kind === "outline") return answer.outline;
  if (answer.kind === "fault" && answer.code !== null) {
    throw new UnseenError(answer.code, answer.message, answer.remedy);
  }
  throw new Error(answer.kind === "fault" ? answer.message : "a worker answered something else");
}

function cellOf({ data, split, seed }: Task): string {
  return `${data}, ${split}, seed ${seed}`;
}

function titleOf(task: Task): string {
  const families = task.sets.flat();
  const held = families.length === 1 ? ` without ${families[0].name}` : "";
  return `${task.method} on ${cellOf(task)}${held}`;
}

/** Results tell data sets by their folder's name. */
export function checkNames(folders: readonly string[]): void {
  const names = folders.map((folder) => basename(resolve(folder)));
  const twin = names.find((name, i) => names.indexOf(name) !== i);
  if (twin === undefined) return;
  throw new UnseenError("option-invalid", `Two data sets are called "${twin}".`, "Rename one of the folders.");
}
