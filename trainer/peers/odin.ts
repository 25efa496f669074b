/** ODIN (Liang et al. 2018): a trained softmax classifier, read after a small step of the input and at a high temperature. */
import type { Matrix } from "../data/matrix.ts";
import { drawFor } from "../learn/draw.ts";
import { crossEntropy, softmax } from "./losses.ts";
import type { Fitted, Method, TrainingSide } from "./method.ts";
import { BATCH, Mlp } from "./mlp.ts";
import { constantScores, copyRow, drawInto, families, seenAuc, train } from "./training.ts";
import { normalRows } from "./training-rows.ts";

/** The authors' temperatures, thinned, and step sizes around theirs, in units of the encoded inputs. */
const TEMPERATURES = [1, 2, 5, 10, 100, 1000];
const EPSILONS = [0, 0.001, 0.0014, 0.002, 0.004, 0.01, 0.02, 0.05, 0.1];
/** What the authors settle on without a search. */
const DEFAULTS = { temperature: 1000, epsilon: 0.0014 };
const STEPS = 800;
const RATE = 1e-3;
const DRAW = 4315;

export const odin: Method = {
  name: "odin",
  title: "ODIN",
  source:
    "Liang, Li, Srikant: Enhancing the reliability of out-of-distribution image detection in neural networks, 2018",
  group: "paper",
  labels: true,
  fit: fitOdin,
};

/**
 * The classes are *normal* (all domains) and each seen family. The authors score 1 − max_i S_i(x̃; T), which would take
 * a row of a seen family for in-distribution; anomalies being what is out of distribution here, the score is
 * 1 − S_normal(x̃; T): for rows the classifier calls normal the same number. With two classes T would only rescale the
 * logit; over the families it weighs how sure each of them is.
 */
function fitOdin(side: TrainingSide): Fitted {
  if (side.seen.length === 0) return constantScores(false);
  const draw = drawFor(side.seed, DRAW);
  const anomalies = families(side);
  const classes = 1 + anomalies.length;
  const net = new Mlp({ sizes: [side.width, 128, 64, classes], inputGradient: true }, draw);
  const normal = normalRows(side);
  const half = BATCH / 2;
  const x = new Float32Array(BATCH * side.width);
  const targets = Int32Array.from({ length: BATCH }, (_, i) => (i < half ? 0 : 1 + (i % anomalies.length)));
  const gradient = new Float32Array(BATCH * classes);
  const judge = (temperature: number, epsilon: number): (() => number) | undefined =>
    seenAuc(side, (rows) => odinScores(net, rows, temperature, epsilon));
  train({
    nets: [net],
    steps: STEPS,
    rate: RATE,
    gradients: () => {
      drawInto([normal], half, draw, x);
      for (let i = half; i < BATCH; i++) drawInto([anomalies[targets[i] - 1]], 1, draw, x, i);
      crossEntropy(net.forward(x, BATCH), classes, targets, gradient);
      net.backward(gradient);
    },
    value: judge(1, 0),
  });

  let best = { ...DEFAULTS, value: -1 };
  for (const temperature of TEMPERATURES) {
    for (const epsilon of EPSILONS) {
      const value = judge(temperature, epsilon)?.() ?? -1;
      if (value > best.value) best = { temperature, epsilon, value };
    }
  }
  return { bytes: net.bytes + 8, score: (rows) => odinScores(net, rows, best.temperature, best.epsilon) };
}

/** 1 − S₀(x̃; T) of every row, class 0 being normal. */
function odinScores(net: Mlp, rows: Matrix, temperature: number, epsilon: number): Float64Array {
  const { outputs: classes, inputs, batch } = net;
  const scores = new Float64Array(rows.rows);
  const x = new Float32Array(batch * inputs);
  const gradient = new Float32Array(batch * classes);
  const shares = new Float64Array(classes);
  for (let first = 0; first < rows.rows; first += batch) {
    const many = Math.min(batch, rows.rows - first);
    for (let i = 0; i < many; i++) copyRow(rows, first + i, x, i);
    let logits = net.forward(x, many);
    if (epsilon > 0) {
      for (let i = 0; i < many; i++) {
        softmax(logits, i * classes, classes, temperature, shares);
        const predicted = shares.indexOf(Math.max(...shares));
        // ∂ log S_ŷ/∂ℓ without its factor 1/T, which does not change a sign
        for (let j = 0; j < classes; j++) gradient[i * classes + j] = (j === predicted ? 1 : 0) - shares[j];
      }
      const slope = net.backward(gradient);
      // (2): x̃ = x − ε·sign(−∇_x log S_ŷ(x; T))
      for (let i = 0; i < slope.length; i++) x[i] += epsilon * Math.sign(slope[i]);
      logits = net.forward(x, many);
    }
    for (let i = 0; i < many; i++) {
      // (1): S_i(x; T), and 1 − S₀ as the sum of the others, which keeps small scores apart
      softmax(logits, i * classes, classes, temperature, shares);
      for (let j = 1; j < classes; j++) scores[first + i] += shares[j];
    }
  }
  net.clear();
  return scores;
}
