/** What lies behind one row's score, read from the kernel: its standardised evidence. */
import { EVIDENCE, type EvidenceNetwork } from "./evidence.ts";
import type { Kernel } from "./kernel.ts";
import { Tape } from "./tape.ts";

/** From the inputs of one row, unpadded, to a copy of what is asked for. */
export type Probe = (x: Float32Array) => Float32Array;

/** Standardised evidence (kinds), in the order of EVIDENCE. */
export function evidenceProbe(kernel: Kernel, inputs: number, network: EvidenceNetwork): Probe {
  const tape = new Tape(kernel, 1, { tracked: false });
  const x = tape.input(inputs);
  const standard = network.standard(tape, x);
  const run = kernel.compile(tape.forward);
  return (values) => {
    kernel.floats(x.at, inputs).set(values);
    run(1);
    return kernel.floats(standard.at, EVIDENCE.length).slice();
  };
}
