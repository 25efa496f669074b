/** An autoencoder over normal rows: what it cannot rebuild is anomalous. */
import type { Matrix } from "../data/matrix.ts";
import { drawFor } from "../learn/draw.ts";
import { gather } from "../learn/judge.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import { BATCH, Mlp } from "./mlp.ts";
import { drawInto, train } from "./training.ts";
import { normalRows } from "./training-rows.ts";
import { tunedDetector } from "./tuned.ts";

const STEPS = 1000;
const RATE = 2e-3;
const JUDGING_ROWS = 2000;
const DRAW = 4302;

export const autoencoder = tunedDetector({
  name: "autoencoder",
  title: "Autoencoder",
  source: "Hawkins, He, Williams, Baxter: Outlier detection using replicator neural networks, 2002",
  group: "practice",
  settings: [1 / 4, 1 / 8, 1 / 2],
  prepare: (side) => (share) => fitAutoencoder(side, share),
});

/** D → 128 → bottleneck → 128 → D by mean squared error; stopped by that error on normal validation rows. */
function fitAutoencoder(side: EncodedSide, share: number): Fitted {
  const { width, normal: domains } = side;
  const draw = drawFor(side.seed, DRAW);
  const net = new Mlp({ sizes: [width, 128, bottleneck(width, share), 128, width] }, draw);
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

/** That share of the inputs, at least 2 and at most 24 for a quarter. */
function bottleneck(width: number, share: number): number {
  return Math.min(96 * share, Math.max(2, Math.round(width * share)));
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
