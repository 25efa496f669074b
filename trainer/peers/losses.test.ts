import { describe, expect, test } from "vitest";
import { coralLoss } from "./coral.ts";
import { binaryCrossEntropy, crossEntropy, softmax } from "./losses.ts";
import { mutualInformation } from "./renyi.ts";
import { blob } from "./testing.ts";

/** Compares a gradient with central differences of a loss over the same values. */
function check(values: Float32Array, gradient: Float32Array, loss: () => number): void {
  const h = 1e-2;
  for (let i = 0; i < values.length; i++) {
    const before = values[i];
    values[i] = before + h;
    const up = loss();
    values[i] = before - h;
    const down = loss();
    values[i] = before;
    const wanted = (up - down) / (2 * h);
    expect(Math.abs(gradient[i] - wanted)).toBeLessThan(2e-3 * Math.abs(wanted) + 2e-5);
  }
}

describe("gradients are those of finite differences", () => {
  const none = new Float32Array(200);

  test("binary cross-entropy, large logits included", () => {
    const logits = Float32Array.of(0.3, -2, 40, -60, 1.5);
    const targets = [1, 0, 1, 1, 0];
    const gradient = new Float32Array(5);
    expect(binaryCrossEntropy(logits, targets, gradient)).toBeCloseTo((0.554 + 0.127 + 0 + 60 + 1.701) / 5, 3);
    check(logits, gradient, () => binaryCrossEntropy(logits, targets, none));
  });

  test("softmax cross-entropy", () => {
    const logits = blob(4, 3, 0, 1).data;
    const targets = [0, 2, 1, 2];
    const gradient = new Float32Array(12);
    crossEntropy(logits, 3, targets, gradient);
    check(logits, gradient, () => crossEntropy(logits, 3, targets, none));
  });

  test("CORAL, on both domains; 0 where the covariances agree", () => {
    const a = blob(7, 4, 0, 1).data;
    const b = blob(5, 4, 1, 2, 2).data;
    const [da, db] = [new Float32Array(28), new Float32Array(20)];
    coralLoss(a, b, 4, 3, da, db);
    check(a, da, () => 3 * coralLoss(a, b, 4, 0, none, none));
    check(b, db, () => 3 * coralLoss(a, b, 4, 0, none, none));
    expect(
      coralLoss(
        a,
        a.map((value) => value + 2),
        4,
        1,
        da,
        da,
      ),
    ).toBeCloseTo(0, 10);
  });

  test("matrix-based mutual information", () => {
    const x = blob(9, 4, 0, 3).data;
    const z = blob(9, 3, 0, 4).data;
    const gradient = new Float32Array(27);
    mutualInformation(x, z, 9, 2, gradient);
    check(z, gradient, () => 2 * mutualInformation(x, z, 9, 0, none));
  });
});

test("rows know more of themselves than of other rows, at any scale; a constant knows nothing", () => {
  const none = new Float32Array(1000);
  const [x, other] = [blob(30, 4, 0, 5).data, blob(30, 4, 0, 6).data];
  const own = mutualInformation(x, x, 30, 0, none);
  expect(own).toBeGreaterThan(1.2 * mutualInformation(x, other, 30, 0, none));
  expect(
    mutualInformation(
      x,
      x.map((value) => 7 * value),
      30,
      0,
      none,
    ),
  ).toBeCloseTo(own, 4);
  expect(mutualInformation(x, new Float32Array(120).fill(3), 30, 0, none)).toBeCloseTo(0, 10);
});

test("softmax at a high temperature is nearly even, and does not overflow", () => {
  const out = new Float64Array(3);
  softmax([5, 900, 1000, -1000], 1, 3, 1, out);
  expect([...out]).toEqual([expect.closeTo(0), expect.closeTo(1), expect.closeTo(0)]);
  softmax([1, 2, 3], 0, 3, 1000, out);
  for (const share of out) expect(share).toBeCloseTo(1 / 3, 2);
});
