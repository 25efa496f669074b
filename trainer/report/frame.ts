/** Results as a frame of tasks × methods: only what all methods were measured on, means over seeds. */
import { type ResultLine, type Setting, settingOf } from "../benchmark/line.ts";
import type { Method } from "../peers/method.ts";
import { recallAt } from "./curves.ts";

/** A data set and a family held out of it. */
export interface Target {
  readonly data: string;
  readonly family: string;
}

export function keyOf({ data, family }: Target): string {
  return JSON.stringify([data, family]);
}

export type MethodInfo = Pick<Method, "name" | "title" | "group" | "labels">;

export interface Frame {
  readonly setting: Setting;
  /** Those measured on (nearly) everything, best mean AUC-ROC first. */
  readonly methods: readonly MethodInfo[];
  /** The others, which means would not be fair to. */
  readonly incomplete: readonly { readonly method: string; readonly lines: number; readonly of: number }[];
  /** Every method in `methods` was measured on each of them, with the same seeds. */
  readonly targets: readonly Target[];
  readonly data: readonly string[];
  readonly seeds: readonly number[];
  /** Lines of a method on a target, one a seed, by seed. */
  lines(method: string, target: Target): readonly ResultLine[];
}

export type Figure = (line: ResultLine) => number;

export const aucOf: Figure = (line) => line.aucRoc;

/**
 * Recall where 1 % of the test's own normal rows are flagged, read off the recorded points of the ROC curve: what the
 * ranking is worth there, wherever the budget's threshold came to lie.
 */
export const recallAtTrueOnePercent: Figure = ({ curve }) => recallAt(curve, 0.01);

/** A method needs this share of all lines for the comparison to be cut down to what it was measured on. */
const COMPLETE = 0.9;

/** One frame for each setting in the lines, those with most lines first. */
export function framesOf(lines: readonly ResultLine[], known: readonly MethodInfo[]): Frame[] {
  const bySetting = Map.groupBy(lines, (line) => JSON.stringify(settingOf(line)));
  return [...bySetting.values()]
    .sort((a, b) => b.length - a.length || b[0].shots - a[0].shots)
    .map((group) => frameOf(group, known));
}

function frameOf(lines: readonly ResultLine[], known: readonly MethodInfo[]): Frame {
  const taskOf = ({ data, family, seed }: ResultLine): string => JSON.stringify([data, family, seed]);
  const tasks = new Set(lines.map(taskOf));
  const byMethod = Map.groupBy(lines, ({ method }) => method);
  const complete = [...byMethod].filter(([, own]) => own.length >= COMPLETE * tasks.size);
  const measured = complete.map(([, own]) => new Set(own.map(taskOf)));
  const kept = new Set([...tasks].filter((task) => measured.every((own) => own.has(task))));
  const used = complete.flatMap(([, own]) => own.filter((line) => kept.has(taskOf(line))));
  const key = (method: string, { data, family }: Target): string => JSON.stringify([method, data, family]);
  const cells = Map.groupBy(
    used.toSorted((a, b) => a.seed - b.seed),
    (line) => key(line.method, line),
  );
  const targets = new Map(used.map(({ data, family }) => [keyOf({ data, family }), { data, family }]));
  const frame: Frame = {
    setting: settingOf(lines[0]),
    methods: complete.map(([name]) => infoOf(name, known)),
    incomplete: [...byMethod]
      .filter(([, own]) => own.length < COMPLETE * tasks.size)
      .map(([method, own]) => ({ method, lines: own.length, of: tasks.size })),
    targets: [...targets.values()].sort((a, b) => order(a.data, b.data) || order(a.family, b.family)),
    data: [...new Set(used.map(({ data }) => data))].sort(),
    seeds: [...new Set(used.map(({ seed }) => seed))].sort((a, b) => a - b),
    lines: (method, target) => cells.get(key(method, target)) ?? [],
  };
  const auc = new Map(frame.methods.map(({ name }) => [name, macro(frame, name, aucOf).mean]));
  const methods = frame.methods.toSorted((a, b) => (auc.get(b.name) ?? 0) - (auc.get(a.name) ?? 0));
  return { ...frame, methods };
}

/** Mean over seeds of a figure of a method on a target. */
export function valueOf(frame: Frame, method: string, target: Target, figure: Figure): number {
  return mean(frame.lines(method, target).map(figure));
}

export interface Macro {
  readonly mean: number;
  /** Standard deviation of the mean over those seeds that all data sets have; NaN with fewer than two of them. */
  readonly deviation: number;
}

/**
 * Mean over data sets of the mean over their families, so that a data set with many families does not weigh more, nor one
 * with more seeds.
 */
export function macro(frame: Frame, method: string, figure: Figure, data?: string): Macro {
  const wanted = data === undefined ? frame.data : [data];
  const known = (values: readonly number[]): number[] => values.filter((value) => !Number.isNaN(value));
  // (data sets, seeds); NaN where there is nothing
  const means = wanted
    .map((name) => {
      const targets = frame.targets.filter((target) => target.data === name);
      const lines = targets.flatMap((target) => frame.lines(method, target));
      return frame.seeds.map((seed) => mean(known(lines.filter((line) => line.seed === seed).map(figure))));
    })
    .filter((bySeed) => known(bySeed).length > 0);
  const bySeed = frame.seeds.map((_, i) => mean(means.map((own) => own[i])));
  return { mean: mean(means.map((own) => mean(known(own)))), deviation: spreadOf(known(bySeed)).deviation };
}

/** Mean and standard deviation of a sample; the latter NaN of fewer than two values. */
export function spreadOf(values: readonly number[]): Macro {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { mean: centre, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : Number.NaN };
}

/** NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function infoOf(name: string, known: readonly MethodInfo[]): MethodInfo {
  const method = known.find((one) => one.name === name);
  return method ?? { name, title: name, group: "practice", labels: true };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
