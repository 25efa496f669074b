/** DevNet (Pang et al. 2019): scores of normal rows agree with a Gaussian prior, those of anomalies deviate from it. */
import { drawFor, gaussian } from "../learn/draw.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import { BATCH, Mlp } from "./mlp.ts";
import { constantScores, drawInto, families, seenAuc, train } from "./training.ts";
import { normalRows } from "./training-rows.ts";
import { tunedClassifier } from "./tuned.ts";

/** l, reference scores a step draws from N(0, 1). */
const REFERENCES = 5000;
/** a, deviations that an anomaly keeps from the mean of the prior. */
const MARGIN = 5;
/** Hidden units, the authors' first, and their weight decay. */
const WIDTHS = [20, 100] as const;
const DECAY = 1e-2;
const STEPS = 800;
const RATE = 2e-3;
const DRAW = 4304;

export const devNet = tunedClassifier<number>({
  name: "devnet",
  title: "DevNet",
  source: "Pang, Shen, van den Hengel: Deep anomaly detection with deviation networks, 2019",
  group: "practice",
  settings: WIDTHS,
  prepare: (side) => (hidden) => fitDevNet(side, hidden),
});

/** Scores are φ(x), in standard deviations of the prior. */
function fitDevNet(side: EncodedSide, hidden: number): Fitted {
  if (side.seen.length === 0) return constantScores(false);
  const draw = drawFor(side.seed, DRAW);
  const net = new Mlp({ sizes: [side.width, hidden, 1], decay: DECAY }, draw);
  const normal = normalRows(side);
  const anomalies = families(side);
  const half = BATCH / 2;
  const x = new Float32Array(BATCH * side.width);
  const gradient = new Float32Array(BATCH);
  train({
    nets: [net],
    steps: STEPS,
    rate: RATE,
    gradients: () => {
      // As many anomalies as normal rows in a batch, as the authors draw them.
      drawInto([normal], half, draw, x);
      drawInto(anomalies, half, draw, x, half);
      const scores = net.forward(x, BATCH);
      let sum = 0;
      let squares = 0;
      for (let i = 0; i < REFERENCES; i++) {
        const reference = gaussian(draw);
        sum += reference;
        squares += reference * reference;
      }
      const mean = sum / REFERENCES;
      const deviation = Math.sqrt(squares / REFERENCES - mean * mean);
      for (let i = 0; i < BATCH; i++) {
        // dev(x) = (φ(x) − μ_R)/σ_R; L = (1 − y)·|dev(x)| + y·max(0, a − dev(x)): deviation and deviation loss
        const dev = (scores[i] - mean) / deviation;
        const slope = i < half ? Math.sign(dev) : dev < MARGIN ? -1 : 0;
        gradient[i] = slope / deviation / BATCH;
      }
      net.backward(gradient);
    },
    value: seenAuc(side, (rows) => net.apply(rows).data),
  });
  return { bytes: net.bytes, score: (rows) => net.apply(rows).data };
}
