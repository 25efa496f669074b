/** From an artefact's tensors to a network in the kernel. */
import type { Artefact } from "./artefact.ts";
import { evidenceNetwork, type EvidenceNetwork, isEvidence } from "./evidence.ts";
import type { Kernel } from "./kernel.ts";
import { type Network, residualNetwork, weightShapes } from "./network.ts";
import { loadedParameters } from "./parameters.ts";
import { fixedValues, weightValues } from "./tier.ts";

/**
 * Packs an artefact's weights into the kernel, each in the tier it is stored in.
 *
 * @param transposes keep what the gradient to the input needs; for networks that have one
 * @throws UnseenError artefact-malformed where sums of an int16 matrix could leave 32 bits
 */
export function openNetwork(
  kernel: Kernel,
  { network, tensors }: Pick<Artefact, "network" | "tensors">,
  transposes: boolean,
): Network | EvidenceNetwork {
  const values = (name: string): Float32Array => weightValues(tensors, name);
  const fixed = (name: string): ReturnType<typeof fixedValues> => fixedValues(tensors, name);
  if (isEvidence(network)) return evidenceNetwork(kernel, network, values, fixed);
  return residualNetwork(network, loadedParameters(kernel, weightShapes(network), { values, fixed }, transposes));
}
