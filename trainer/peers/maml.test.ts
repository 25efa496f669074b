import { describe, expect, test } from "vitest";
import { drawFor, gaussian } from "../learn/draw.ts";
import { fomamlGradient } from "./fomaml.ts";
import { hessianVector, mamlGradient } from "./maml.ts";
import { type Episode, INNER_STEPS, innerPath, innerSteps, type Slope, slopeOn } from "./meta-learning.ts";
import { Mlp } from "./mlp.ts";
import { reptileGradient } from "./reptile.ts";
import { blob } from "./testing.ts";

const RATE = 0.05;

/** The Hessian of the quadratic ½·wᵀAw − bᵀw, and its b. */
const A = [
  [2, 0.5, -1],
  [0.5, 1, 0.25],
  [-1, 0.25, 3],
];
const B = [1, -2, 0.5];
const CENTRE = [0.3, -0.7, 1.1];
const START = Float32Array.of(0.5, 1.5, -1);

const times = (matrix: readonly number[][], v: ArrayLike<number>): number[] =>
  matrix.map((row) => row.reduce((sum, a, j) => sum + a * v[j], 0));
const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
};
const close = (found: ArrayLike<number>, wanted: ArrayLike<number>, digits: number): void => {
  expect(found).toHaveLength(wanted.length);
  for (let i = 0; i < wanted.length; i++) expect(found[i]).toBeCloseTo(wanted[i], digits);
};

/** Support ½·wᵀAw − bᵀw, query ½·‖w − c‖². */
const quadratic: Episode = {
  support: (w) => Float32Array.from(times(A, w), (x, i) => x - B[i]),
  query: (w) => w.map((x, i) => x - CENTRE[i]),
};

describe("Hessian-vector product", () => {
  test("a quadratic loss: A·v, whatever v's length", () => {
    for (const scale of [1e-3, 1, 1e3]) {
      const v = Float32Array.of(scale, -2 * scale, 0.5 * scale);
      const found = hessianVector(quadratic.support, START, v);
      close(
        found.map((x) => x / scale),
        times(A, [1, -2, 0.5]),
        3,
      );
    }
  });

  test("Σ w⁴/4: 3·w²·v", () => {
    const v = Float32Array.of(1, 2, -1);
    const found = hessianVector((w) => w.map((x) => x ** 3), START, v);
    close(
      found,
      START.map((w, i) => 3 * w * w * v[i]),
      2,
    );
  });

  test("nothing along nothing", () => {
    expect(hessianVector(quadratic.support, START, new Float32Array(3))).toEqual(new Float32Array(3));
  });
});

describe("outer gradients of a quadratic episode", () => {
  const end = innerPath(innerSteps(quadratic.support), START, RATE)[INNER_STEPS];
  const atEnd = [...end].map((x, i) => x - CENTRE[i]);

  test("MAML: (I − αA)^K·(θ_K − c)", () => {
    let wanted = atEnd;
    for (let k = 0; k < INNER_STEPS; k++) {
      const curved = times(A, wanted);
      wanted = wanted.map((x, i) => x - RATE * curved[i]);
    }
    close(mamlGradient(quadratic, START, RATE), wanted, 4);
  });

  test("FOMAML: θ_K − c", () => {
    close(fomamlGradient(quadratic, START, RATE), atEnd, 5);
  });

  test("Reptile: the sum of the gradients met on the way, the query's last", () => {
    const path = innerPath(innerSteps(quadratic.support), START, RATE);
    const wanted = atEnd.map((x, i) => path.slice(0, -1).reduce((sum, w) => sum + quadratic.support(w)[i], x));
    close(reptileGradient(quadratic, START, RATE), wanted, 4);
  });
});

test("on the net, MAML's gradient is the slope of the query's loss after adaptation; FOMAML's is not", () => {
  const net = new Mlp({ sizes: [6, 16, 2] }, drawFor(1, 1));
  const support = slopeOn(net, [blob(50, 6, 0, 1)], [blob(50, 6, 0.4, 2, 2)], 32, drawFor(2, 0));
  const query = slopeOn(net, [blob(50, 6, 0, 3)], [blob(50, 6, -0.4, 4, 2)], 32, drawFor(2, 1));
  // Steps as in use bend this small net's losses too little to tell the two apart: the support's loss counts tenfold.
  const steep: Slope = (weights) => support(weights).map((x) => 10 * x);
  const start = net.weights;
  const draw = drawFor(3, 0);
  const full = mamlGradient({ support: steep, query }, start, RATE);
  const first = fomamlGradient({ support: steep, query }, start, RATE);
  const length = Math.sqrt(dot(full, full));
  const ends = (at: Float32Array): Float32Array => innerPath(innerSteps(steep), at, RATE)[INNER_STEPS];
  const along = full.map((x) => x / length + 0.02 * gaussian(draw));
  const h = 2e-3;
  // dL_query(θ_K(θ + s·u))/ds = ∇L_query(θ_K)·dθ_K/ds, the last factor by finite differences of the whole inner loop
  const ahead = ends(start.map((w, i) => w + h * along[i]));
  const behind = ends(start.map((w, i) => w - h * along[i]));
  const turn = ahead.map((w, i) => (w - behind[i]) / (2 * h));
  const wanted = dot(query(ends(start)), turn);
  expect(Math.abs(dot(full, along) / wanted - 1)).toBeLessThan(0.02);
  expect(Math.abs(dot(first, along) / wanted - 1)).toBeGreaterThan(0.1);
});
