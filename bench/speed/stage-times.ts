/** Microseconds of every instruction of a network by itself, the least of many rounds in turns. */
import type { NetworkShape, Tensor } from "../../model/artefact.ts";
import { type Instruction, Kernel, type Operation } from "../../model/kernel.ts";
import { openNetwork } from "../../model/open.ts";
import { Tape } from "../../model/tape.ts";
import { drawFor, unit } from "../../trainer/learn/draw.ts";
import { builtModule } from "../../trainer/learn/engine.ts";

/** Microseconds one measurement takes at least: short ones fit between what else the machine does. */
const LEAST = 300;

/** Least microseconds of one run of each, taken in turns. */
export function least(works: readonly (() => unknown)[], rounds: number): number[] {
  const timed = (work: () => unknown, times: number): number => {
    const start = performance.now();
    for (let i = 0; i < times; i++) work();
    return (1000 * (performance.now() - start)) / times;
  };
  for (const work of works) for (let i = 0; i < 50; i++) timed(work, 4);
  const times = works.map((work) => Math.max(1, Math.ceil(LEAST / timed(work, 4))));
  const best = works.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    for (const [i, work] of works.entries()) best[i] = Math.min(best[i], timed(work, times[i]));
  }
  return best;
}

export interface Stage {
  readonly operation: Operation;
  readonly flops: number;
  /** Microseconds a row for each batch. */
  readonly micros: readonly number[];
}

/** @param build score or score-relaxed */
export function stages(
  build: string,
  model: { network: NetworkShape; tensors: ReadonlyMap<string, Tensor> },
  batches: readonly number[],
  rounds: number,
): Stage[] {
  const kernel = new Kernel(builtModule(build));
  const draw = drawFor(5, 0);
  const { inputs } = model.network;
  const tape = new Tape(kernel, Math.max(...batches), { tracked: false });
  const x = tape.input(inputs);
  openNetwork(kernel, model, false)(tape, x);
  // Each stage writes elsewhere, so that none goes on upon its own results.
  const scratch = kernel.allocate(tape.rows * kernel.functions.stride(Math.max(inputs, ...tape.forward.map(widthOf))));
  const runs = tape.forward.map((instruction) => kernel.compile([elsewhere(instruction, scratch)]));
  const stride = kernel.functions.stride(inputs);
  for (let row = 0; row < tape.rows; row++) {
    kernel.floats(x.at + 4 * row * stride, inputs).forEach((_, i, all) => (all[i] = 4 * unit(draw) - 2));
  }
  const whole = kernel.compile(tape.forward);
  const micros = batches.map((batch) => {
    whole(batch);
    return least(
      runs.map((run) => () => run(batch)),
      rounds,
    ).map((time) => time / batch);
  });
  return tape.forward.map((instruction, i) => ({
    operation: instruction[0],
    flops: flopsOf(instruction),
    micros: micros.map((times) => times[i]),
  }));
}

function elsewhere([operation, ...args]: Instruction, scratch: number): Instruction {
  const place = { LINEAR: 4, LINEAR_FIXED: 5, GELU: 2, LAYER_NORM: 5 }[operation as string];
  return [operation, ...args.map((arg, i) => (i === place ? scratch : arg))];
}

/** Outputs of a product; 0 of all else. */
function widthOf([operation, ...args]: Instruction): number {
  if (operation === "LINEAR") return Number(args[5]);
  return operation === "LINEAR_FIXED" ? Number(args[6]) : 0;
}

function flopsOf(instruction: Instruction): number {
  const width = widthOf(instruction);
  return width > 0 ? 2 * Number(instruction[2]) * width : 0;
}
