/** The study of transfer: trained on one data set, tested on a very different one over the columns both have. */
import { basename, resolve } from "node:path";
import type { Bench } from "../benchmark/bench.ts";
import { type Base, baseOf, CAPS, cellOf, evenly } from "../benchmark/cell.ts";
import { figuresOf } from "../benchmark/measure.ts";
import { LEAST_TESTED } from "../benchmark/task.ts";
import { UnseenError } from "../../model/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { familiesOf } from "../data/families.ts";
import { fitSchema } from "../data/fit-schema.ts";
import { encodeRows, type Matrix } from "../data/matrix.ts";
import { splitDataset } from "../data/split.ts";
import { type Fitted, type TrainingSide, trainingSide } from "../peers/method.ts";
import { methodNamed } from "../peers/registry.ts";
import { project, type SharedColumn, sharedColumns } from "./columns.ts";
import { type Families, heldOutOf, unseenRows } from "./held-out.ts";
import { scoresOf, validationScores } from "./scores.ts";
import type { Planned, Study, StudyOptions, StudyTask } from "./study.ts";
import { transferPage } from "./transfer-page.ts";

export interface TransferTask extends StudyTask {
  /** The source's, and the target's. */
  readonly folders: readonly [string, string];
  readonly source: string;
  readonly target: string;
  readonly split: StudyOptions["split"];
  readonly shots: number;
  readonly columns: readonly SharedColumn[];
  /** Trained on the source with all its families, or on the target without the family tested. */
  readonly trainedOn: "source" | "target";
  readonly sets: Families;
}

export interface TransferResult {
  readonly family: string;
  readonly aucRoc: number;
  /** At the 1 % budget set on validation rows of the data set trained on. */
  readonly falsePositiveRate: number;
  readonly recall: number;
}

/** With fewer columns in common, two data sets do not speak of the same things. */
const LEAST_SHARED = 5;

export const transferStudy: Study<TransferTask, TransferResult> = {
  name: "transfer",
  title: "From one data set to a very different one",
  question:
    "How much of what is learned on one data set holds on another, recorded elsewhere with other attacks? Both are cut " +
    "down to the columns they share; a method trained on all of the source, with labels of its families, is tested on " +
    "the target's normal rows and families, beside the same method trained on the target itself without the family tested.",

  async plan(bench: Bench, options: StudyOptions): Promise<Planned<TransferTask>> {
    const { folders, methods, split, seeds } = options;
    if (folders.length < 2) {
      throw new UnseenError("option-invalid", "--data names one data set.", "Transfer needs two or more.");
    }
    const tasks: TransferTask[] = [];
    const notes: string[] = [];
    for (const [i, from] of folders.entries()) {
      for (const [j, to] of folders.entries()) {
        if (i === j) continue;
        const [first, second] = [(await bench.read(from)).dataset, (await bench.read(to)).dataset];
        const columns = sharedColumns(first.columns, second.columns, options.map);
        const [source, target] = [from, to].map((folder) => basename(resolve(folder)));
        if (columns.length < LEAST_SHARED) {
          if (i < j) notes.push(noneShared(source, target, columns));
          continue;
        }
        const { sets } = await heldOutOf(bench, to, options);
        const pair = { folders: [from, to] as const, source, target, split, shots: options.shots[0], columns, sets };
        for (let seed = 1; seed <= seeds; seed++) {
          for (const { name: method } of methods) {
            for (const trainedOn of ["source", "target"] as const) tasks.push({ ...pair, seed, method, trainedOn });
          }
        }
      }
    }
    return { tasks, notes };
  },

  measure,
  page: transferPage,
};

function noneShared(source: string, target: string, columns: readonly SharedColumn[]): string {
  const names = columns.length > 0 ? `only ${columns.map(({ second }) => second).join(", ")}` : "no column";
  return `${source} and ${target} share ${names}: nothing can be transferred between them.`;
}

async function measure(bench: Bench, task: TransferTask): Promise<TransferResult[]> {
  const [from, to] = task.folders;
  const source = project((await bench.read(from)).dataset, task.columns, "first");
  const target = project((await bench.read(to)).dataset, task.columns, "second");
  return task.trainedOn === "source" ? fromSource(task, source, target) : fromTarget(task, target);
}

/** One fit on the source, with all its families, for all families of the target. */
async function fromSource(task: TransferTask, source: Dataset, target: Dataset): Promise<TransferResult[]> {
  const { seed, shots } = task;
  const rule = { seed, shots, split: task.split === "blocks" ? ("blocks" as const) : ("rows" as const) };
  const { fit } = splitDataset(source, { ...rule, holdOut: [], normalRows: CAPS.normalRows });
  const schema = fitSchema(fit);
  const side = trainingSide(fit, schema, seed);
  const fitted = await methodNamed(task.method).fit(side);
  const { heldOut } = splitDataset(target, { ...rule, holdOut: familiesOf(target) });
  const normal = evenly(
    heldOut.normal.map(({ rows }) => rows),
    CAPS.normalTest,
  );
  const unseen = task.sets.flat().map((group) => ({
    family: group.name,
    rows: encodeRows(schema, heldOut.columns, unseenRows(heldOut, group, CAPS.family)),
  }));
  return tested(fitted, side, encodeRows(schema, heldOut.columns, normal), unseen);
}

/** The benchmark's cells over the shared columns: a fit for each set of held-out families, or one without labels. */
async function fromTarget(task: TransferTask, target: Dataset): Promise<TransferResult[]> {
  const { split, seed, shots } = task;
  const base: Base = baseOf(target, { split, seed, shots, full: false });
  const method = methodNamed(task.method);
  const results: TransferResult[] = [];
  let once: Fitted | undefined;
  for (const set of task.sets) {
    const { side, test } = cellOf(base, set);
    const fitted = method.labels ? await method.fit(side) : (once ??= await method.fit(base.side));
    results.push(...tested(fitted, side, test.normal, test.unseen));
  }
  return results;
}

function tested(
  fitted: Fitted,
  side: TrainingSide,
  normal: Matrix,
  unseen: readonly { readonly family: string; readonly rows: Matrix }[],
): TransferResult[] {
  const validation = validationScores(fitted, side);
  const scores = scoresOf(fitted, [normal]);
  return unseen.flatMap(({ family, rows }) => {
    if (rows.rows < LEAST_TESTED) return [];
    const test = { normal: scores, unseen: scoresOf(fitted, [rows]), seen: new Float32Array() };
    const { aucRoc, budgets } = figuresOf({ validation, test }, fitted.probability === true);
    const { falsePositiveRate, recall } = budgets["0.01"];
    return { family, aucRoc, falsePositiveRate, recall };
  });
}
