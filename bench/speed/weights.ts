/** Where kernels keep the reference network's weights, to be read there. */
import { Kernel } from "../../model/kernel.ts";
import { weightShapes } from "../../model/network.ts";
import { loadedParameters } from "../../model/parameters.ts";
import { fixedValues, weightValues } from "../../model/tier.ts";
import { builtModule } from "../../trainer/learn/engine.ts";
import { REFERENCE, referenceModel } from "../reference-network.ts";

/** Kernels that are looked at. */
const KERNELS = 5;

/** A kernel's memory and its run of weights, a multiple of 128 bytes. */
export interface Weights {
  readonly memory: WebAssembly.Memory;
  readonly at: number;
  readonly end: number;
}

export function weightsInKernels(): Weights[] {
  const { tensors } = referenceModel();
  const stored = {
    values: (name: string) => weightValues(tensors, name),
    fixed: (name: string) => fixedValues(tensors, name),
  };
  return Array.from({ length: KERNELS }, () => {
    const kernel = new Kernel(builtModule("score"));
    const { at, length } = loadedParameters(kernel, weightShapes(REFERENCE), stored);
    return { memory: kernel.functions.memory, at, end: at + 4 * length - ((4 * length) % 128) };
  });
}
