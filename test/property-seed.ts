/** Gives every property test the run's seed, so a run that passed passes again. */
import fc from "fast-check";
import { inject } from "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    propertySeed: number;
  }
}

fc.configureGlobal({ seed: inject("propertySeed") });
