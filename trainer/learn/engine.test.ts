import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { encoder, head, isHead, weightShapes } from "../../model/network.ts";
import { Parameters } from "../../model/parameters.ts";
import { Tape, type Value } from "../../model/tape.ts";
import { AdamW, cosine, type TrainKernel, trainKernel, TrainingPass } from "./engine.ts";

const reference = new URL("../../../shared/reference/network.json", import.meta.url);

function fill(kernel: TrainKernel, value: Value, rows: number[][]): void {
  const stride = kernel.functions.stride(value.width);
  const view = kernel.floats(value.at, rows.length * stride);
  for (const [i, row] of rows.entries()) view.set(row, i * stride);
}

/** Checks each weight's gradient, and the input's, against central differences of the loss. */
function checkGradients(
  kernel: TrainKernel,
  pass: TrainingPass,
  rows: number,
  parameters: Parameters,
  input?: Value,
): void {
  kernel.floats(parameters.grad, parameters.length).fill(0);
  pass.run(rows);
  const loss = (): number => pass.run(rows).loss;
  const check = (at: number, gradient: number, label: string): void => {
    const h = 2e-3;
    const before = kernel.floats(at, 1)[0];
    kernel.floats(at, 1)[0] = before + h;
    for (const { name } of parameters) parameters.transpose(name);
    const up = loss();
    kernel.floats(at, 1)[0] = before - h;
    const down = loss();
    kernel.floats(at, 1)[0] = before;
    const wanted = (up - down) / (2 * h);
    expect(Math.abs(gradient - wanted), label).toBeLessThan(2e-3 * (1 + Math.abs(wanted)));
  };
  const gradients = kernel.floats(parameters.grad, parameters.length).slice();
  const inputGradient = input ? kernel.floats(input.grad, kernel.functions.stride(input.width)).slice() : undefined;
  for (const { name, at, n, k } of parameters) {
    const offset = (at - parameters.at) / 4;
    for (let row = 0; row < n; row += Math.max(1, Math.floor(n / 3))) {
      for (let i = 0; i < Math.max(1, k); i += Math.max(1, Math.floor(k / 3))) {
        const place = k ? (row >> 4) * k * 16 + i * 16 + (row & 15) : row;
        check(at + place * 4, gradients[offset + place], `${name}[${row},${i}]`);
      }
    }
  }
  if (input && inputGradient) {
    for (let i = 0; i < input.width; i++) check(input.at + i * 4, inputGradient[i], `x[0,${i}]`);
  }
}

describe("training engine", () => {
  const shape = { inputs: 7, hidden: 18, blocks: 2, latent: 5 };

  test.each(["crossEntropy κ=1", "crossEntropy κ=0", "hingeMargin", "squaredError"])(
    "%s: every gradient is that of finite differences",
    (kind) => {
      const kernel = trainKernel();
      const shapes = weightShapes(shape).set("g.w", [7, 5]).set("g.b", [7]);
      const parameters = new Parameters(kernel, shapes, { gradients: true, transposes: true });
      let state = 3;
      const next = (): number => {
        state = (state * 48271) % 2147483647;
        return state / 2147483647 - 0.5;
      };
      for (const { name, n, k } of parameters) {
        parameters.load(
          name,
          Float32Array.from({ length: n * Math.max(1, k) }, () => (name.endsWith(".g") ? 1 : 0) + next()),
        );
      }
      const tape = new Tape(kernel, 9);
      const x = tape.input(7, true);
      const z = encoder(tape, x, shape, parameters, true);
      const logits = head(tape, z, parameters, true);
      const pass = new TrainingPass(kernel, tape);
      const targets = pass.column();
      const weights = pass.column();
      const temperature = kernel.allocate(1);
      if (kind === "crossEntropy κ=1") pass.crossEntropy(logits, targets, weights, temperature, 1);
      if (kind === "crossEntropy κ=0") pass.crossEntropy(logits, targets, weights, temperature, 0);
      if (kind === "hingeMargin") pass.hingeMargin(logits, targets, temperature, 0.9, 0.7);
      if (kind === "squaredError") {
        const back = tape.linear(tape.gelu(z), parameters.get("g.w"), parameters.get("g.b"));
        pass.squaredError(back, x, 1.5, weights);
      }
      pass.run(0);
      kernel.floats(temperature, 1)[0] = 0.8;
      kernel.floats(targets.at, 9).set([1, 1, 0, 1, 0, 0, 1, 1, 0]);
      kernel.floats(weights.at, 9).set([0.3, 0.1, 0.2, 0.1, 0.4, 0.2, 0.1, 0.3, 0.2]);
      fill(
        kernel,
        x,
        Array.from({ length: 9 }, () => Array.from({ length: 7 }, () => 4 * next())),
      );
      checkGradients(kernel, pass, 9, parameters, x);
    },
  );

  test("the slope to T is that of finite differences", () => {
    const kernel = trainKernel();
    const tape = new Tape(kernel, 3);
    const logits = tape.input(2, true);
    const pass = new TrainingPass(kernel, tape);
    const targets = pass.column();
    const weights = pass.column();
    const temperature = kernel.allocate(1);
    pass.crossEntropy(logits, targets, weights, temperature, 1);
    pass.hingeMargin(logits, targets, temperature, 3, 0.5);
    pass.run(0);
    kernel.floats(targets.at, 3).set([1, 0, 1]);
    kernel.floats(weights.at, 3).fill(1);
    fill(kernel, logits, [
      [1.2, -0.3],
      [0.4, 0.9],
      [-0.7, 0.2],
    ]);
    const at = (t: number): { loss: number; temperatureSlope: number } => {
      kernel.floats(temperature, 1)[0] = t;
      return pass.run(3);
    };
    const { temperatureSlope } = at(0.7);
    expect(temperatureSlope).toBeCloseTo((at(0.701).loss - at(0.699).loss) / 0.002, 3);
  });

  test("cosine schedule warms up, then falls to a twentieth", () => {
    expect(cosine(0, 100, 1, 10)).toBeCloseTo(0.1);
    expect(cosine(10, 110, 1, 10)).toBeCloseTo(1);
    expect(cosine(110, 110, 1, 10)).toBeCloseTo(0.05);
  });
});

describe.skipIf(!existsSync(reference))("against torch in float64 (../shared/reference/network.json)", () => {
  test("loss, every gradient and five AdamW steps agree", () => {
    const oracle = JSON.parse(readFileSync(reference, "utf8"));
    const { D: inputs, H: hidden, blocks, Z: latent, batch } = oracle.sizes;
    const shape = { inputs, hidden, blocks, latent };
    const kernel = trainKernel();
    const parameters = new Parameters(kernel, weightShapes(shape), { gradients: true, transposes: true });
    for (const { name } of parameters) {
      parameters.load(name, Float32Array.from([oracle.weights[name]].flat(2) as number[]));
    }
    const tape = new Tape(kernel, batch);
    const x = tape.input(inputs);
    const z = encoder(tape, x, shape, parameters, true);
    const logits = head(tape, z, parameters, true);
    const pass = new TrainingPass(kernel, tape);
    const targets = pass.column();
    const weights = pass.column();
    const temperature = kernel.allocate(1);
    pass.crossEntropy(logits, targets, weights, temperature, 0);
    pass.hingeMargin(logits, targets, temperature, oracle.loss.margin, oracle.loss.alpha);
    const { lr, betas, eps, weight_decay: decay } = oracle.adamw;
    const optimiser = new AdamW(kernel, parameters, { beta1: betas[0], beta2: betas[1], epsilon: eps, decay });
    pass.run(0);
    kernel.floats(temperature, 1)[0] = oracle.temperature;
    kernel.floats(targets.at, batch).set(oracle.loss.target_normal);
    kernel.floats(weights.at, batch).fill(1 / batch);
    fill(kernel, x, oracle.x);
    const losses: number[] = [];
    for (let step = 0; step < 5; step++) {
      losses.push(pass.run(batch).loss);
      if (step === 0) {
        for (const { name } of parameters) {
          const wanted = [oracle.gradients[name]].flat(2) as number[];
          const got = parameters.read(name, parameters.grad);
          for (const [i, value] of wanted.entries()) expect(Math.abs(got[i] - value), name).toBeLessThan(1e-5);
        }
        const stride = kernel.functions.stride(latent);
        for (let i = 0; i < batch; i++) {
          const row = kernel.floats(z.at + i * stride * 4, latent);
          for (let j = 0; j < latent; j++) expect(row[j]).toBeCloseTo(oracle.z[i][j], 5);
        }
      }
      optimiser.step(lr);
    }
    for (const [i, loss] of losses.entries()) expect(loss).toBeCloseTo(oracle.adamw.losses[i], 4);
    for (const { name } of parameters) {
      const wanted = [oracle.adamw.weights_after_5[name]].flat(2) as number[];
      const got = parameters.read(name);
      for (const [i, value] of wanted.entries()) expect(Math.abs(got[i] - value), name).toBeLessThan(1e-4);
    }
    expect([...parameters].filter(({ name }) => isHead(name))).toHaveLength(4);
  });
});
