/** PReNet (Pang et al. 2023): learns of pairs of rows how many of the two are anomalies. */
import type { Matrix } from "../data/matrix.ts";
import { drawFor } from "../learn/draw.ts";
import { columnMeans } from "../learn/distances.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import { BATCH, Mlp } from "./mlp.ts";
import { constantScores, drawInto, families, seenAuc, train } from "./training.ts";
import { stacked } from "../learn/select.ts";
import { normalRows } from "./training-rows.ts";
import { tunedClassifier } from "./tuned.ts";

/** Ordinal targets of the pairs anomaly–anomaly, anomaly–normal and normal–normal. */
const BOTH = 8;
const ONE = 4;
const NEITHER = 0;
/** Feature units, the authors' first. */
const WIDTHS = [20, 100] as const;
const STEPS = 800;
const RATE = 2e-3;
const DRAW = 4305;

export const preNet = tunedClassifier<number>({
  name: "prenet",
  title: "PReNet",
  source: "Pang, Shen, Jin, van den Hengel: Deep weakly-supervised anomaly detection, 2023",
  group: "practice",
  settings: WIDTHS,
  prepare: (side) => (units) => fitPreNet(side, units),
});

/** η(ψ(x_i), ψ(x_j)): shared features ψ, then one linear unit η on the two side by side. */
function fitPreNet(side: EncodedSide, units: number): Fitted {
  if (side.seen.length === 0) return constantScores(false);
  const { width } = side;
  const draw = drawFor(side.seed, DRAW);
  const pairs = BATCH / 2;
  const features = new Mlp({ sizes: [width, units], output: "gelu", decay: 1e-2 }, draw);
  const relation = new Mlp({ sizes: [2 * units, 1], batch: pairs, decay: 1e-2, inputGradient: true }, draw);
  const normal = normalRows(side);
  const anomalies = families(side);
  // Rows 2i and 2i + 1 of a batch are a pair, so ψ of a batch is η's input as it lies.
  const x = new Float32Array(BATCH * width);
  const gradient = new Float32Array(pairs);
  let references = meanFeatures();
  const judge = seenAuc(side, score);
  train({
    nets: [features, relation],
    steps: STEPS,
    rate: RATE,
    gradients: () => {
      for (let i = 0; i < pairs; i++) {
        // Half of the pairs of two normal rows, a quarter each of one anomaly and of two, as the authors draw them.
        drawInto(i % 4 < 2 ? [normal] : anomalies, 1, draw, x, 2 * i);
        drawInto(i % 4 < 3 ? [normal] : anomalies, 1, draw, x, 2 * i + 1);
      }
      const y = relation.forward(features.forward(x, BATCH), pairs);
      // L = |y − η(ψ(x_i), ψ(x_j))|, its mean
      for (let i = 0; i < pairs; i++) gradient[i] = Math.sign(y[i] - target(i)) / pairs;
      features.backward(relation.backward(gradient));
    },
    value:
      judge &&
      ((): number => {
        references = meanFeatures();
        return judge();
      }),
  });
  references = meanFeatures();
  return { bytes: features.bytes + relation.bytes + 8 * units, score };

  function meanFeatures(): Float64Array[] {
    return [stacked(anomalies, width), normal].map((rows) => columnMeans(features.apply(rows)));
  }

  /**
   * The authors pair a row with 30 random anomalies, which come first, and 30 random normal rows, which come second,
   * and take the mean. η being linear, the mean over *all* references is η at their mean features.
   */
  function score(rows: Matrix): Float64Array {
    const z = features.apply(rows);
    const scores = new Float64Array(rows.rows);
    const paired = new Float32Array(2 * z.data.length);
    for (const [second, reference] of references.entries()) {
      for (let i = 0; i < rows.rows; i++) {
        const at = 2 * i * units;
        paired.set(reference, at + second * units);
        paired.set(z.data.subarray(i * units, (i + 1) * units), at + (1 - second) * units);
      }
      const { data } = relation.apply({ rows: rows.rows, cols: 2 * units, data: paired });
      for (let i = 0; i < rows.rows; i++) scores[i] += data[i] / 2;
    }
    return scores;
  }
}

/** Target of pair i of a batch. */
function target(i: number): number {
  const kind = i % 4;
  return kind < 2 ? NEITHER : kind === 2 ? ONE : BOTH;
}
