/** The same model with its weights in another tier, and golden scores of that tier. */
import type { Artefact } from "../../model/artefact.ts";
import { inTier, type Tier } from "../../model/tier.ts";
import { rescored } from "./golden.ts";

/**
 * Stores the weights as f32, f16 or int16 and scores the golden rows anew, so that the self-test of who opens it holds
 * against what is stored. Thresholds stay: decisions hardly change (docs/tiers.md).
 *
 * @throws UnseenError as Scorer does
 */
export function quantise(artefact: Artefact, tier: Tier): Artefact {
  return rescored({ ...artefact, tensors: inTier(artefact.tensors, artefact.network, tier) });
}
