/** An autoencoder over normal rows: what it cannot rebuild is anomalous. */
import type { Matrix } from "../data/matrix.ts";
import { drawFor } from "../learn/draw.ts";
import { gather } from "../learn/judge.ts";
import type { Fitted, Method, TrainingSide } from "./method.ts";
import { BATCH, Mlp } from "../learn/mlp.ts";
import { drawInto, train } from "./training.ts";
import { normalRows } from "./training-rows.ts";

const STEPS = 1000;
const RATE = 2e-3;
const JUDGING_ROWS = 2000;
const DRAW = 4302;

export const autoencoder: Method = {
  name: "autoencoder",
  title: "Autoencoder",
  source: "Hawkins, He, Williams, Baxter: Outlier detection using replicator neural networks, 2002",
  group: "practice",
  labels: false,
  fit: fitAutoencoder,
};

/** D → 128 → bottleneck → 128 → D by mean squared error; stopped by that error on normal validation rows. */
function fitAutoencoder(side: TrainingSide): Fitted {
  const { width, normal: domains } = side;
  const draw = drawFor(side.seed, DRAW);
  const net = new Mlp({ sizes: [width, 128, bottleneck(width), 128, width] }, draw);
  const normal = normalRows(side);
  const validation = gather(
    domains.map((domain) => domain.validation),
    JUDGING_ROWS,
    width,
  );
  const x = new Float32Array(BATCH * width);
  const gradient = new Float32Array(x.length);
  train({
    nets: [net],
    steps: STEPS,
    rate: RATE,
    gradients: () => {
      drawInto([normal], BATCH, draw, x);
      const again = net.forward(x, BATCH);
      for (let i = 0; i < x.length; i++) gradient[i] = (2 * (again[i] - x[i])) / x.length;
      net.backward(gradient);
    },
    value: validation.rows > 0 ? () => -mean(errors(net, validation)) : undefined,
  });
  return { bytes: net.bytes, score: (rows) => errors(net, rows) };
}

/** A quarter of the inputs, at least 2 and at most 24. */
function bottleneck(width: number): number {
  return Math.min(24, Math.max(2, Math.round(width / 4)));
}

/** ‖x − x̂‖²/D of every row. */
function errors(net: Mlp, rows: Matrix): Float64Array {
  const { data } = net.apply(rows);
  const result = new Float64Array(rows.rows);
  for (let i = 0, at = 0; i < rows.rows; i++) {
    for (let j = 0; j < rows.cols; j++, at++) result[i] += (data[at] - rows.data[at]) ** 2 / rows.cols;
  }
  return result;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
