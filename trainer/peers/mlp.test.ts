import { describe, expect, test } from "vitest";
import { drawFor, gaussian } from "../learn/draw.ts";
import { Mlp } from "./mlp.ts";
import { blob } from "./testing.ts";

const ROWS = 9;

function weightsOf(count: number): Float32Array {
  const draw = drawFor(5, 1);
  return Float32Array.from({ length: count }, () => gaussian(draw));
}

describe("fully connected net", () => {
  test.each([
    { sizes: [7, 18, 5, 3], output: "linear", bias: true },
    { sizes: [7, 18, 5], output: "gelu", bias: true },
    { sizes: [6, 20, 2], output: "linear", bias: false },
    { sizes: [7, 3], output: "linear", bias: true },
  ] as const)("$sizes, $output, bias $bias: every gradient is that of finite differences", (shape) => {
    const net = new Mlp({ ...shape, batch: ROWS + 3, inputGradient: true }, drawFor(1, 0));
    const x = blob(ROWS, shape.sizes[0], 0.3, 2).data;
    // Loss: Σ c·y + ½·y², whose gradient is c + y.
    const c = weightsOf(ROWS * net.outputs);
    const loss = (): number => net.forward(x, ROWS).reduce((sum, y, i) => sum + c[i] * y + 0.5 * y * y, 0);
    net.clear();
    const inputGradient = net.backward(net.forward(x, ROWS).map((y, i) => c[i] + y)).slice();
    const h = 2e-3;
    const check = (values: Float32Array, gradient: Float32Array, write: (v: Float32Array) => void): void => {
      expect(gradient).toHaveLength(values.length);
      for (let i = 0; i < values.length; i += Math.max(1, Math.floor(values.length / 99))) {
        const at = (shift: number): number => {
          write(values.map((value, j) => (i === j ? value + shift : value)));
          return loss();
        };
        const wanted = (at(h) - at(-h)) / (2 * h);
        write(values);
        expect(Math.abs(gradient[i] - wanted)).toBeLessThan(5e-3 * (1 + Math.abs(wanted)));
      }
    };
    check(net.weights, net.gradients, (values) => (net.weights = values));
    check(x.slice(), inputGradient, (values) => x.set(values));
  });

  test("gradients gather until a step, which clears them and lowers the loss", () => {
    const net = new Mlp({ sizes: [4, 16, 1], batch: 32 }, drawFor(1, 0));
    const x = blob(32, 4, 0, 3);
    const descend = (): number => {
      const y = net.forward(x.data, 32);
      const gradient = y.map((value, i) => (value - x.data[4 * i]) / 32);
      net.backward(gradient);
      return gradient.reduce((sum, value) => sum + value * value, 0);
    };
    descend();
    const once = net.gradients;
    descend();
    for (const [i, value] of net.gradients.entries()) expect(value).toBeCloseTo(2 * once[i], 5);
    const before = descend();
    net.step(1e-2);
    expect(net.gradients.every((value) => value === 0)).toBe(true);
    for (let i = 0; i < 200; i++) {
      descend();
      net.step(1e-2);
    }
    expect(descend()).toBeLessThan(before / 20);
  });

  test("many rows in blocks are those rows one by one; a saved state comes back", () => {
    const net = new Mlp({ sizes: [5, 12, 3], batch: 8 }, drawFor(4, 0));
    const rows = blob(21, 5, 0, 6);
    const { data, cols } = net.apply(rows);
    expect(cols).toBe(3);
    for (let i = 0; i < rows.rows; i++) {
      const one = net.forward(rows.data.subarray(5 * i, 5 * i + 5), 1);
      for (let j = 0; j < 3; j++) expect(data[3 * i + j]).toBeCloseTo(one[j], 5);
    }
    const state = net.save();
    net.forward(rows.data.subarray(0, 40), 8);
    net.backward(new Float32Array(24).fill(1));
    net.step(0.1);
    expect(net.apply(rows).data).not.toEqual(data);
    net.restore(state);
    expect(net.apply(rows).data).toEqual(data);
    expect(net.bytes).toBe(4 * (5 * 12 + 12 + 12 * 3 + 3));
  });
});
