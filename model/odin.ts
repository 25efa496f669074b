/** The ODIN input step on the kernel, equation (3): x̃ = x + ε·sign(∇_x log S_ŷ(x; T)). */
import type { Address, Instruction, Kernel } from "./kernel.ts";
import type { Network } from "./network.ts";
import { Tape, type Value } from "./tape.ts";

export interface OdinStep {
  /** Where the caller writes x (rows, D). */
  readonly x: Value;
  /** ∇_x log S_ŷ(x; T) (rows, D) after a run. */
  readonly gradient: Address;
  readonly instructions: readonly Instruction[];
}

/**
 * Instructions for forward, gradient to the input and sign step, from a new input into `stepped`.
 *
 * @param temperature address of T
 * @param epsilon address of ε; the step *raises* the confidence of the current prediction
 * @param network its weights must hold packed transposes
 */
export function odinStep(
  kernel: Kernel,
  rows: number,
  network: Network,
  temperature: Address,
  epsilon: Address,
  stepped: Value,
): OdinStep {
  const tape = new Tape(kernel, rows);
  const x = tape.input(stepped.width, true);
  const logits = network(tape, x);
  const confidence: Instruction = ["CONFIDENCE_GRADIENT", logits.at, temperature, tape.gradient(logits)];
  const backward = tape.backward();
  const step: Instruction = ["SIGN_STEP", x.at, x.width, x.grad, epsilon, stepped.at];
  return { x, gradient: x.grad, instructions: [...tape.forward, confidence, ...backward, step] };
}
