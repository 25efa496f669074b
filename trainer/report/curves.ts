/** Curves and histograms of a method on a target, means over seeds. */
import type { ResultLine } from "../benchmark/line.ts";

export interface CurvePoint {
  readonly falsePositiveRate: number;
  readonly recall: number;
  /** With normal and anomalous rows weighing half each. */
  readonly precision: number;
}

const POINTS = 60;

/** Recall as a mean over lines at the same false-positive rates, which lie closer together near 0. */
export function meanCurve(lines: readonly ResultLine[]): CurvePoint[] {
  if (lines.length === 0) return [];
  return Array.from({ length: POINTS + 1 }, (_, i) => {
    const falsePositiveRate = (i / POINTS) ** 2;
    const recall = lines.reduce((sum, { curve }) => sum + recallAt(curve, falsePositiveRate), 0) / lines.length;
    const alarms = recall + falsePositiveRate;
    return { falsePositiveRate, recall, precision: alarms > 0 ? recall / alarms : 1 };
  });
}

/** Linear between points; at a step of the curve its upper end. */
export function recallAt(curve: ResultLine["curve"], rate: number): number {
  const next = curve.findIndex(([x]) => x > rate);
  if (next === -1) return curve[curve.length - 1][1];
  const [[x0, y0], [x1, y1]] = [curve[next - 1], curve[next]];
  return y0 + ((y1 - y0) * (rate - x0)) / (x1 - x0);
}

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly kind: "normal" | "anomalous";
  /** Share of the rows of its kind. */
  readonly share: number;
}

/** Confidence of normal and anomalous test rows, as shares; none where there is no confidence. */
export function meanHistogram(lines: readonly ResultLine[]): Bin[] {
  return (["normal", "anomalous"] as const).flatMap((kind) => {
    const counts = lines.flatMap(({ histogram }) => (histogram ? [histogram[kind]] : []));
    if (counts.length === 0) return [];
    const bins = counts[0].map((_, bin) => counts.reduce((sum, own) => sum + own[bin], 0));
    const total = bins.reduce((sum, count) => sum + count, 0);
    return bins.map((count, bin) => ({
      from: bin / bins.length,
      to: (bin + 1) / bins.length,
      kind,
      share: count / total,
    }));
  });
}
