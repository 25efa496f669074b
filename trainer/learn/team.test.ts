import { describe, expect, test } from "vitest";
import { encoder, head, weightShapes } from "../../model/network.ts";
import { Parameters } from "../../model/parameters.ts";
import { Tape } from "../../model/tape.ts";
import { drawFor, gaussian } from "./draw.ts";
import { AdamW, trainKernel, TrainingPass } from "./engine.ts";

/** A net with every kind of layer and loss; `rows` and widths that no number of threads divides. */
function training(workers: number, shape = { inputs: 7, hidden: 37, blocks: 2, latent: 5 }, rows = 29) {
  const kernel = trainKernel(workers);
  const shapes = weightShapes(shape).set("g.w", [shape.inputs, shape.latent]).set("g.b", [shape.inputs]);
  const parameters = new Parameters(kernel, shapes, { gradients: true, transposes: true });
  const draw = drawFor(3, 0);
  for (const { name, n, k } of parameters) {
    const start = name.endsWith(".g") ? 1 : 0;
    parameters.load(
      name,
      Float32Array.from({ length: n * Math.max(1, k) }, () => start + 0.3 * gaussian(draw)),
    );
  }
  const tape = new Tape(kernel, rows);
  const x = tape.input(shape.inputs, true);
  const z = encoder(tape, x, shape, parameters, true);
  const pass = new TrainingPass(kernel, tape);
  const targets = pass.column();
  const weights = pass.column();
  const temperature = kernel.allocate(1);
  const logits = head(tape, z, parameters, true);
  pass.crossEntropy(logits, targets, weights, temperature, 1);
  pass.hingeMargin(logits, targets, temperature, 0.9, 0.7);
  pass.squaredError(tape.linear(tape.gelu(z), parameters.get("g.w"), parameters.get("g.b")), x, 1.5, weights);
  const optimiser = new AdamW(kernel, parameters);
  pass.run(0);
  kernel.floats(temperature, 1)[0] = 0.8;
  for (let i = 0; i < rows; i++) kernel.floats(targets.at, rows)[i] = i % 3 === 0 ? 0 : 1;
  kernel.floats(weights.at, rows).fill(1 / rows);
  const stride = kernel.functions.stride(shape.inputs);
  const step = (): number => {
    const input = kernel.floats(x.at, rows * stride);
    for (let i = 0; i < rows; i++) for (let j = 0; j < shape.inputs; j++) input[i * stride + j] = gaussian(draw);
    const { loss } = pass.run(rows);
    optimiser.step(1e-2, 1);
    return loss;
  };
  return { kernel, step, state: () => optimiser.save() };
}

describe("a team of threads", () => {
  test("losses, weights and moments are the same to the last bit for one thread, two and three", async () => {
    const run = async (workers: number) => {
      const { kernel, step, state } = training(workers);
      const losses = Array.from({ length: 40 }, step);
      const saved = state();
      await kernel.close();
      return { losses, ...saved };
    };
    const alone = await run(1);
    expect(alone.losses[39]).toBeLessThan(alone.losses[0]);
    expect(await run(2)).toEqual(alone);
    expect(await run(3)).toEqual(alone);
  });

  test("steps take no memory: the kernel's does not grow, and no garbage is left on the heap to speak of", async () => {
    const { kernel, step } = training(2);
    for (let i = 0; i < 200; i++) step();
    const { bytes } = kernel;
    const buffers = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1000; i++) step();
    expect(kernel.bytes).toBe(bytes);
    expect(process.memoryUsage().arrayBuffers - buffers).toBeLessThan(100_000);
    await kernel.close();
  });
});
