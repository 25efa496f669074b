/** A small neural net on the labels, the practitioner's classifier: dropout on the inputs, balanced classes. */
import { drawFor, unit } from "../learn/draw.ts";
import { binaryCrossEntropy, probabilities } from "./losses.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import { BATCH, Mlp } from "./mlp.ts";
import { constantScores, drawInto, families, seenAuc, train } from "./training.ts";
import { normalRows } from "./training-rows.ts";
import { tunedClassifier } from "./tuned.ts";

/** Shares of inputs dropped in training; the first measured best for families without labels. */
const DROPOUTS = [0.3, 0, 0.6] as const;
const STEPS = 800;
const RATE = 1e-3;
const DRAW = 4301;

export const labelMlp = tunedClassifier<number>({
  name: "mlp",
  title: "MLP on labels",
  source: "Rumelhart, Hinton, Williams: Learning representations by back-propagating errors, 1986; input dropout",
  group: "practice",
  settings: DROPOUTS,
  prepare: (side) => (dropout) => fitLabelMlp(side, dropout),
});

/** D → 128 → 64 → 1 by binary cross-entropy, normal and anomalous rows half each. */
function fitLabelMlp(side: EncodedSide, dropout: number): Fitted {
  if (side.seen.length === 0) return constantScores(true);
  const draw = drawFor(side.seed, DRAW);
  const net = new Mlp({ sizes: [side.width, 128, 64, 1], decay: 1e-2 }, draw);
  const normal = normalRows(side);
  const anomalies = families(side);
  const half = BATCH / 2;
  const x = new Float32Array(BATCH * side.width);
  const labels = new Uint8Array(BATCH).fill(1, half);
  const gradient = new Float32Array(BATCH);
  train({
    nets: [net],
    steps: STEPS,
    rate: RATE,
    gradients: () => {
      drawInto([normal], half, draw, x);
      drawInto(anomalies, half, draw, x, half);
      for (let i = 0; i < x.length; i++) x[i] = unit(draw) < dropout ? 0 : x[i] / (1 - dropout);
      binaryCrossEntropy(net.forward(x, BATCH), labels, gradient);
      net.backward(gradient);
    },
    value: seenAuc(side, (rows) => net.apply(rows).data),
  });
  return { probability: true, bytes: net.bytes, score: (rows) => probabilities(net.apply(rows).data) };
}
