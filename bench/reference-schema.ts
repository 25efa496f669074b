/** The schema of the reference network: features that go into it as they are. */
import type { Schema } from "../model/schema.ts";

export function referenceSchema(inputs: number): Schema {
  const features = Array.from({ length: inputs }, (_, i) => ({
    kind: "numeric" as const,
    name: `f${i}`,
    impute: 0,
    signedLog: false,
    center: 0,
    scale: 1,
    clip: 10,
  }));
  return { features };
}
