/** What lies behind one row's score, read from the kernel: the gradient to its inputs, and its standardised evidence. */
import { EVIDENCE, type EvidenceNetwork } from "./evidence.ts";
import type { Address, Instruction, Kernel } from "./kernel.ts";
import type { Network } from "./network.ts";
import { odinStep } from "./odin.ts";
import { Tape } from "./tape.ts";

/** From the inputs of one row, unpadded, to a copy of what is asked for. */
export type Probe = (x: Float32Array) => Float32Array;

/**
 * ∇ of the log odds (ℓ₁ − ℓ₀)/T to the inputs (inputs). With ε > 0 it is taken at x̃, where the row is scored: the step
 * moves x by a constant almost everywhere.
 *
 * @param network its weights must hold packed transposes
 */
export function gradientProbe(
  kernel: Kernel,
  inputs: number,
  network: Network,
  temperature: number,
  epsilon: number,
): Probe {
  const tape = new Tape(kernel, 1);
  const x = tape.input(inputs, true);
  const program: Instruction[] = [];
  let from: Address = x.at;
  if (epsilon > 0) {
    const scalars = kernel.allocate(2);
    kernel.floats(scalars, 2).set([temperature, epsilon]);
    const step = odinStep(kernel, 1, network, scalars, scalars + 4, x);
    from = step.x.at;
    program.push(...step.instructions);
  }
  const logits = network(tape, x);
  // A constant, unlike the gradient of the confidence, which vanishes as the score saturates.
  kernel.floats(tape.gradient(logits), 2).set([-1 / temperature, 1 / temperature]);
  program.push(...tape.forward, ...tape.backward());
  return probe(kernel, program, from, inputs, x.grad, inputs);
}

/** Standardised evidence (kinds), in the order of EVIDENCE. */
export function evidenceProbe(kernel: Kernel, inputs: number, network: EvidenceNetwork): Probe {
  const tape = new Tape(kernel, 1, { tracked: false });
  const x = tape.input(inputs);
  const standard = network.standard(tape, x);
  return probe(kernel, tape.forward, x.at, inputs, standard.at, EVIDENCE.length);
}

function probe(
  kernel: Kernel,
  program: readonly Instruction[],
  from: Address,
  inputs: number,
  to: Address,
  outputs: number,
): Probe {
  const run = kernel.compile(program);
  return (x) => {
    kernel.floats(from, inputs).set(x);
    run(1);
    return kernel.floats(to, outputs).slice();
  };
}
