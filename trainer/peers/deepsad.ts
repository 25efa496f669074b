/** Deep SAD (Ruff et al. 2020): normal rows near a centre, labelled anomalies far from it by inverse distance. */
import type { Matrix } from "../data/matrix.ts";
import { below, drawFor, type Draw } from "../learn/draw.ts";
import { columnMeans } from "../learn/distances.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import { BATCH, Mlp } from "./mlp.ts";
import { copyRow, drawInto, seenAuc, train } from "./training.ts";
import { anomalousRows, normalRows } from "./training-rows.ts";
import { tunedClassifier } from "./tuned.ts";

const LATENT = 32;
const PRETRAINING_STEPS = 200;
const STEPS = 500;
const RATE = 1e-3;
/** η, the weight of labelled rows, the authors' first, and their guard against a division by 0. */
const ETAS = [1, 10] as const;
const GUARD = 1e-6;
/** The authors keep the centre's coordinates this far from 0, where a net without biases has its trivial solution. */
const OFF_ZERO = 0.1;
const DRAW = 4303;

export const deepSad = tunedClassifier<number>({
  name: "deepsad",
  title: "Deep SAD",
  source: "Ruff, Vandermeulen, Görnitz, Binder, Müller, Müller, Kloft: Deep semi-supervised anomaly detection, 2020",
  group: "practice",
  settings: ETAS,
  prepare: (side) => (eta) => fitDeepSad(side, eta),
});

/** Scores are ‖φ(x) − c‖. Without labels it is Deep SVDD (Ruff et al. 2018). */
function fitDeepSad(side: EncodedSide, eta: number): Fitted {
  const draw = drawFor(side.seed, DRAW);
  const { width } = side;
  // No biases: with them φ(x) = c for every x would solve the task of one class.
  const net = new Mlp({ sizes: [width, 128, LATENT], bias: false, decay: 1e-3 }, draw);
  const normal = normalRows(side);
  const anomalies = anomalousRows(side);
  pretrain(net, normal, draw);
  const centre = columnMeans(net.apply(normal));
  for (const [j, c] of centre.entries()) if (Math.abs(c) < OFF_ZERO) centre[j] = c < 0 ? -OFF_ZERO : OFF_ZERO;

  const x = new Float32Array(BATCH * width);
  const gradient = new Float32Array(BATCH * LATENT);
  train({
    nets: [net],
    steps: STEPS,
    rate: RATE,
    gradients: () => {
      const labelled = new Uint8Array(BATCH);
      for (let i = 0; i < BATCH; i++) {
        // The objective's sums run over all n + m rows: a batch draws from them evenly.
        const row = below(draw, normal.rows + anomalies.rows);
        labelled[i] = row < normal.rows ? 0 : 1;
        copyRow(labelled[i] ? anomalies : normal, row - (labelled[i] ? normal.rows : 0), x, i);
      }
      const z = net.forward(x, BATCH);
      for (let i = 0; i < BATCH; i++) {
        let squared = GUARD;
        for (let j = 0; j < LATENT; j++) squared += (z[i * LATENT + j] - centre[j]) ** 2;
        // 1/(n+m)·Σ ‖φ(x) − c‖² + η/(n+m)·Σ (‖φ(x̃) − c‖²)^ỹ with ỹ = −1: the Deep SAD objective
        const slope = labelled[i] ? -eta / squared ** 2 : 1;
        for (let j = 0; j < LATENT; j++) {
          gradient[i * LATENT + j] = (2 * slope * (z[i * LATENT + j] - centre[j])) / BATCH;
        }
      }
      net.backward(gradient);
    },
    value: seenAuc(side, (rows) => distances(net, centre, rows)),
  });
  return { bytes: net.bytes + 4 * LATENT, score: (rows) => distances(net, centre, rows) };
}

/** The authors start φ as the encoder of an autoencoder on the same rows. */
function pretrain(encoder: Mlp, normal: Matrix, draw: Draw): void {
  const width = encoder.inputs;
  const decoder = new Mlp({ sizes: [LATENT, 128, width], bias: false, inputGradient: true }, draw);
  const x = new Float32Array(BATCH * width);
  const gradient = new Float32Array(x.length);
  train({
    nets: [encoder, decoder],
    steps: PRETRAINING_STEPS,
    rate: RATE,
    gradients: () => {
      drawInto([normal], BATCH, draw, x);
      const again = decoder.forward(encoder.forward(x, BATCH), BATCH);
      for (let i = 0; i < x.length; i++) gradient[i] = (2 * (again[i] - x[i])) / x.length;
      encoder.backward(decoder.backward(gradient));
    },
  });
}

function distances(net: Mlp, centre: Float64Array, rows: Matrix): Float64Array {
  const { data } = net.apply(rows);
  const result = new Float64Array(rows.rows);
  for (let i = 0, at = 0; i < rows.rows; i++) {
    let squared = 0;
    for (let j = 0; j < LATENT; j++, at++) squared += (data[at] - centre[j]) ** 2;
    result[i] = Math.sqrt(squared);
  }
  return result;
}
