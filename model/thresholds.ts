/** Decision thresholds by name: "f1", "fpr=0.01" (or "fpr=1%"), or a number to compare scores with. */
import type { Artefact } from "./artefact.ts";
import { UnseenError } from "./errors.ts";
import { quote } from "./names.ts";

/** What everybody uses where nothing is asked for: one false alarm in a hundred normal rows. */
export const DEFAULT_THRESHOLD = "fpr=0.01";

/** Budgets written in different ways count as one within this relative difference: 1 % is 0.01. */
const SAME = 1e-9;

/** No two ways to match one text: a caller's may be megabytes. */
const NUMBER = /^(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/;

/**
 * The threshold τ on the anomaly score that a spec stands for: a row is anomalous when s ≥ τ.
 *
 * @param spec "f1"; "fpr=" and a false-positive budget, as a share or in percent; or τ itself in [0, 1]
 * @throws UnseenError threshold-unknown, naming those the model has
 */
export function resolveThreshold({ thresholds }: Pick<Artefact, "thresholds">, spec: string | number): number {
  const wanted = String(spec).trim().toLowerCase();
  if (wanted === "f1") return thresholds.f1;
  const budget = /^fpr\s*=(.*)$/.exec(wanted);
  const threshold = budget ? byBudget(thresholds.fpr, budget[1].trim()) : inRange(number(wanted));
  if (threshold !== undefined) return threshold;
  const available = ["f1", ...Object.keys(thresholds.fpr).map((name) => `fpr=${name}`)];
  throw new UnseenError(
    "threshold-unknown",
    `no threshold ${quote(wanted)}; this model has ${available.join(", ")}`,
    "Ask for one of these, or give a number from 0 to 1.",
  );
}

function byBudget(fpr: Readonly<Record<string, number>>, text: string): number | undefined {
  const wanted = text.endsWith("%") ? number(text.slice(0, -1).trim()) / 100 : number(text);
  const found = Object.entries(fpr).find(([name]) => Math.abs(Number(name) - wanted) <= SAME * wanted);
  return found?.[1];
}

function inRange(value: number): number | undefined {
  return value >= 0 && value <= 1 ? value : undefined;
}

function number(text: string): number {
  return NUMBER.test(text) ? Number(text) : NaN;
}

/** A false-positive budget as the file has it, in percent: `7 %` of `0.07`, which as a product is a little more. */
export function budgetText(budget: string): string {
  return `${Number((100 * Number(budget)).toPrecision(12))} %`;
}
