/** A small neural net on the labels, the practitioner's classifier: dropout on the inputs, balanced classes. */
import { drawFor, unit } from "../learn/draw.ts";
import { binaryCrossEntropy, probabilities } from "./losses.ts";
import type { Fitted, Method, TrainingSide } from "./method.ts";
import { BATCH, Mlp } from "../learn/mlp.ts";
import { constantScores, drawInto, families, seenAuc, train } from "./training.ts";
import { normalRows } from "./training-rows.ts";

/** Share of inputs dropped in training; what measured best for families without labels. */
const DROPOUT = 0.3;
const STEPS = 800;
const RATE = 1e-3;
const DRAW = 4301;

export const labelMlp: Method = {
  name: "mlp",
  title: "MLP on labels",
  source: "Rumelhart, Hinton, Williams: Learning representations by back-propagating errors, 1986; input dropout .3",
  group: "practice",
  labels: true,
  fit: fitLabelMlp,
};

/** D → 128 → 64 → 1 by binary cross-entropy, normal and anomalous rows half each. */
function fitLabelMlp(side: TrainingSide): Fitted {
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
      for (let i = 0; i < x.length; i++) x[i] = unit(draw) < DROPOUT ? 0 : x[i] / (1 - DROPOUT);
      binaryCrossEntropy(net.forward(x, BATCH), labels, gradient);
      net.backward(gradient);
    },
    value: seenAuc(side, (rows) => net.apply(rows).data),
  });
  return { probability: true, bytes: net.bytes, score: (rows) => probabilities(net.apply(rows).data) };
}
