/** A denoising autoencoder of the normal rows: the inner loop's reconstruction term, kept as evidence. */
import type { Matrix } from "../../data/matrix.ts";
import { Mlp } from "../mlp.ts";
import { below, type Draw, gaussian } from "../draw.ts";
import { cosine } from "../engine.ts";

const WIDE = 96;
const STEPS = 800;
const BATCH = 256;
const RATE = 3e-3;
const NOISE = 0.1;

/** D → 96 → code → 96 → D, GELU behind the wide layers; `code` is a third of the inputs, 3 to 24. */
export interface Rebuilder {
  readonly wide: number;
  readonly code: number;
  readonly narrow: Mlp;
  readonly widen: Mlp;
}

/** Trains on normal rows with noise to rebuild them without: mean squared error, 800 steps of 256 rows. */
export function fitRebuilder(normal: Matrix, draw: Draw): Rebuilder {
  const { cols } = normal;
  const code = Math.max(3, Math.min(24, Math.floor(cols / 3)));
  const narrow = new Mlp({ sizes: [cols, WIDE, code] }, draw);
  const widen = new Mlp({ sizes: [code, WIDE, cols], inputGradient: true }, draw);
  const clean = new Float32Array(BATCH * cols);
  const noisy = new Float32Array(BATCH * cols);
  const gradient = new Float32Array(BATCH * cols);
  const noise = noiseTable(draw);
  for (let step = 0; step < STEPS; step++) {
    for (let i = 0; i < BATCH; i++) {
      const from = below(draw, normal.rows) * cols;
      const start = below(draw, noise.length - cols);
      for (let j = 0; j < cols; j++) {
        clean[i * cols + j] = normal.data[from + j];
        noisy[i * cols + j] = normal.data[from + j] + noise[start + j];
      }
    }
    const again = widen.forward(narrow.forward(noisy, BATCH), BATCH);
    for (let at = 0; at < gradient.length; at++) gradient[at] = (2 * (again[at] - clean[at])) / gradient.length;
    narrow.backward(widen.backward(gradient));
    const rate = cosine(step, STEPS, RATE, 20);
    narrow.step(rate);
    widen.step(rate);
  }
  return { wide: WIDE, code, narrow, widen };
}

/** ln(1 + mean squared residual) of every row. */
export function residuals({ narrow, widen }: Rebuilder, rows: Matrix): Float32Array {
  const again = widen.apply(narrow.apply(rows));
  return Float32Array.from({ length: rows.rows }, (_, i) => {
    let sum = 0;
    for (let j = 0, at = i * rows.cols; j < rows.cols; j++, at++) sum += (rows.data[at] - again.data[at]) ** 2;
    return Math.log1p(sum / rows.cols);
  });
}

/** Noise drawn once and read from random places: drawing it anew would cost more than the network. */
function noiseTable(draw: Draw): Float32Array {
  return Float32Array.from({ length: 1 << 16 }, () => NOISE * gaussian(draw));
}
