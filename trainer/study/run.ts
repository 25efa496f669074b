/** Runs a study: plans its tasks, measures those its results file lacks on worker processes, and gives all of them. */
import { Bench } from "../benchmark/bench.ts";
import { checkNamed } from "../benchmark/families.ts";
import { Pool } from "../benchmark/pool.ts";
import { checkNames } from "../benchmark/run.ts";
import { appendResults, repairResults } from "../benchmark/results.ts";
import type { Progress } from "../learn/request.ts";
import { keyOf, readEntries } from "./entries.ts";
import type { Entry, Study, StudyOptions, StudyTask } from "./study.ts";
import type { Measured, StudyRequest } from "./worker.ts";

export interface StudyResult {
  /** Of every task of this plan that is measured, now or before, in the plan's order. */
  readonly entries: readonly Entry[];
  readonly written: number;
  readonly found: number;
  readonly notes: readonly string[];
  /** Tasks that failed, and why; running again tries them again. */
  readonly failed: readonly string[];
}

/**
 * Appends to `file` whatever it lacks. A task whose split leaves too few rows is left out with a note.
 *
 * @throws UnseenError interrupted (finished tasks are kept), option-invalid where the results file is something else, and
 * family-unknown for a family to hold out that no data set has, what reading data throws
 */
export async function runStudy(
  study: Study,
  options: StudyOptions & { readonly file: string; readonly workers: number },
  report: (progress: Progress) => void = () => {},
  signal?: AbortSignal,
): Promise<StudyResult> {
  const { file, workers } = options;
  report({ phase: "reading", done: 0, total: 1 });
  const bench = new Bench();
  const { folders, families } = options;
  checkNames(folders);
  const outlines = await Promise.all(
    families.length > 0 ? folders.map((folder) => bench.outline(folder, families)) : [],
  );
  checkNamed(families, outlines);
  const without = outlines.filter(({ candidates }) => candidates.length === 0);
  const plan = await study.plan(bench, options);
  const entries = readEntries(file);
  repairResults(file, '{"study":"');
  const open = plan.tasks.filter((task) => !entries.has(keyOf(study.name, task)));
  const notes = [...without.map(({ data }) => `${data} has none of the families to hold out.`), ...plan.notes];
  const failed: string[] = [];
  const pool = new Pool<StudyRequest, Measured>(workers, new URL("./worker.ts", import.meta.url));
  const work = async (): Promise<void> => {
    let done = 0;
    await Promise.all(
      open.map(async (task) => {
        const answer = await pool.ask({ study: study.name, task });
        const title = titleOf(task);
        if (answer.kind === "measured") {
          const entry = { study: study.name, task, results: answer.results };
          appendResults(file, [entry]);
          entries.set(keyOf(study.name, task), entry);
        } else if (answer.code === "data-too-small") notes.push(`${title} is left out: ${answer.message}`);
        else failed.push(`${title}: ${answer.message}`);
        report({ phase: "measuring", done: ++done, total: open.length, note: title });
      }),
    );
  };
  await pool.finish(work(), signal, "The study was stopped; what was measured is kept.");
  const all = plan.tasks.flatMap((task) => entries.get(keyOf(study.name, task)) ?? []);
  const found = plan.tasks.length - open.length;
  notes.push(...(study.remarks?.(all) ?? []));
  return { entries: all, written: all.length - found, found, notes: [...new Set(notes)], failed };
}

function titleOf(task: StudyTask): string {
  const words = Object.values(task).filter((value) => typeof value !== "object" && !String(value).includes("/"));
  return words.join(" ");
}
