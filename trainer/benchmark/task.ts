/** A task of the benchmark: one method fitted once (without labels), or once per set of held-out families (with). */
import type { Matrix } from "../data/matrix.ts";
import type { Fitted, Method, TrainingSide } from "../peers/method.ts";
import { processorSeconds } from "../peers/shared.ts";
import type { Base, Cell } from "./cell.ts";
import type { HeldGroup } from "./families.ts";
import { type ResultLine, type Setting, settingOf } from "./line.ts";
import { figuresOf, type Scores, together } from "./measure.ts";

export interface Task extends Setting {
  readonly folder: string;
  readonly data: string;
  readonly method: string;
  readonly seed: number;
  /** Families to hold out, together within a set; a method with labels has one set. */
  readonly sets: readonly (readonly HeldGroup[])[];
  /** Those among them that are measured already, beside one that is not. */
  readonly done?: readonly string[];
}

/** Fewer rows of a held-out family say nothing, and are not measured. */
export const LEAST_TESTED = 10;

/** What is said of such a family. */
export function fewRows(family: string): string {
  return `${family} has fewer than ${LEAST_TESTED} rows to test on and is left out.`;
}

/** Where a task finds its rows; the worker keeps the last few. */
export interface Sides {
  readonly base: Base;
  cell(holdOut: readonly HeldGroup[]): Cell;
}

/** Fits and measures: one line for each held-out family with enough rows to test on. @throws what the method throws */
export async function runTask(task: Task, method: Method, sides: Sides): Promise<ResultLine[]> {
  const { base } = sides;
  const lines: ResultLine[] = [];
  let once: FittedMethod | undefined;
  for (const holdOut of task.sets) {
    const cell = sides.cell(holdOut);
    if (!cell.test.unseen.some((held) => isDue(task, held))) continue;
    const fitted = method.labels
      ? await FittedMethod.fit(method, cell.side)
      : (once ??= await FittedMethod.fit(method, base.side));
    lines.push(...measureCell(task, fitted, base, cell, method.labels));
  }
  return lines;
}

function isDue({ done = [] }: Task, { family, rows }: Cell["test"]["unseen"][number]): boolean {
  return rows.rows >= LEAST_TESTED && !done.includes(family);
}

function measureCell(
  task: Task,
  fitted: FittedMethod,
  base: Base,
  { side, test }: Cell,
  labels: boolean,
): ResultLine[] {
  const rows = (matrices: readonly Matrix[]): number => matrices.reduce((sum, matrix) => sum + matrix.rows, 0);
  const validation = {
    normal: fitted.scoreAll(side.normal.map((domain) => domain.validation)),
    seen: fitted.scoreAll(side.seen.map((family) => family.validation)),
  };
  const normal = fitted.score(test.normal);
  const seen = fitted.score(test.seen);
  const all = labels ? side.fit.labels : validation.seen.length;
  const { data, method, seed } = task;
  return test.unseen.flatMap((held) => {
    if (!isDue(task, held)) return [];
    const { family, rows: anomalous } = held;
    const scored = { validation, test: { normal, unseen: fitted.score(anomalous), seen } };
    return {
      data,
      family,
      method,
      seed,
      ...settingOf(task),
      heldOut: test.unseen.map((other) => other.family),
      domain: base.domain,
      ...figuresOf(scored, fitted.probability, fitted.thresholds),
      labels: { fit: labels ? all : 0, all },
      rows: {
        train: rows(side.normal.map((domain) => domain.train)),
        validation: validation.normal.length,
        normal: normal.length,
        anomalous: anomalous.rows,
        seen: seen.length,
      },
      fitSeconds: Number(fitted.seconds.toPrecision(4)),
      microsecondsPerRow: Number(fitted.microsecondsPerRow(test.normal).toPrecision(4)),
      bytes: fitted.bytes,
    };
  });
}

/**
 * A fitted method with its times; rows scored once are not scored again. A worker does one task at a time, so that its
 * processor time is the task's, and what else the machine does counts little.
 */
class FittedMethod {
  readonly #fitted: Fitted;
  readonly #name: string;
  readonly seconds: number;

  private constructor(name: string, fitted: Fitted, seconds: number) {
    this.#name = name;
    this.#fitted = fitted;
    this.seconds = seconds;
  }

  static async fit(method: Method, side: TrainingSide): Promise<FittedMethod> {
    const started = processorSeconds();
    const fitted = await method.fit(side);
    return new FittedMethod(method.name, fitted, processorSeconds() - started);
  }

  get probability(): boolean {
    return this.#fitted.probability === true;
  }

  get thresholds(): Fitted["thresholds"] {
    return this.#fitted.thresholds;
  }

  get bytes(): number {
    return this.#fitted.bytes;
  }

  score(rows: Matrix): Scores {
    return this.#scored(rows).scores;
  }

  scoreAll(parts: readonly Matrix[]): Scores {
    return together(parts.filter(({ rows }) => rows > 0).map((rows) => this.score(rows)));
  }

  microsecondsPerRow(rows: Matrix): number {
    return (1e6 * this.#scored(rows).seconds) / rows.rows;
  }

  #scored(rows: Matrix): { readonly scores: Scores; readonly seconds: number } {
    const kept = keptScores(this.#fitted);
    const known = kept.get(rows);
    if (known !== undefined) return known;
    const started = processorSeconds();
    // Copied: a method may reuse its array for the next call.
    const scores = rows.rows > 0 ? this.#fitted.score(rows).slice() : new Float32Array(0);
    const seconds = processorSeconds() - started;
    this.#check(scores, rows.rows);
    const result = { scores, seconds };
    kept.set(rows, result);
    return result;
  }

  #check(scores: Scores, rows: number): void {
    const fault = (what: string): RangeError => new RangeError(`${this.#name} gave ${what}`);
    if (scores.length !== rows) throw fault(`${scores.length} scores for ${rows} rows`);
    for (const score of scores) {
      if (!Number.isFinite(score)) throw fault(`a score of ${score}`);
      if (this.probability && (score < 0 || score > 1)) throw fault(`a probability of ${score}`);
    }
  }
}

/** Scores of rows, which a fit that serves several cells gives once. */
type KeptScores = WeakMap<Matrix, { readonly scores: Scores; readonly seconds: number }>;
const KEPT = new WeakMap<Fitted, KeptScores>();

function keptScores(fitted: Fitted): KeptScores {
  const kept = KEPT.get(fitted) ?? new WeakMap();
  KEPT.set(fitted, kept);
  return kept;
}
