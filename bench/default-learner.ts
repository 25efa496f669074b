/** A model of the default learner for timing: 77 inputs as the reference network, correlated columns, six seen families. */
import type { Artefact } from "../model/artefact.ts";
import { FORESTS, weighedKinds } from "../model/evidence.ts";
import { weightValues } from "../model/tier.ts";
import { splitDataset } from "../trainer/data/split.ts";
import { datasetOf, type GroupSketch } from "../trainer/data/testing.ts";
import { drawFor, gaussian } from "../trainer/learn/draw.ts";
import { train } from "../trainer/learn/train.ts";

/** Normal rows; few of them give a network of nearly the same size sooner. */
const NORMALS = 10_000;
const FEW_NORMALS = 1500;
const FAMILIES = 6;
const LABELS = 100;
/**
 * Families are off in every sixth column, each in its own, and all of them in every eleventh: without those, no tree tells
 * of a family it has not seen, the head gives trees no weight, and the kernel leaves out what has none.
 */
const COMMON = 11;

/** @throws Error where the head gives a kind of trees no weight: ours would not walk them, and its peers would */
export async function defaultLearner(inputs: number, quick: boolean): Promise<Artefact> {
  const draw = drawFor(7, 0);
  const group = (
    name: string,
    role: GroupSketch["role"],
    rows: number,
    shifted: (column: number) => number,
  ): GroupSketch => {
    const cells = Array.from({ length: inputs }, () => new Float64Array(rows));
    for (let i = 0; i < rows; i++) {
      const common = gaussian(draw);
      for (let j = 0; j < inputs; j++) cells[j][i] = 0.6 * common + gaussian(draw) + shifted(j);
    }
    return { name, role, cells };
  };
  const columns = Array.from({ length: inputs }, (_, j) => ({ name: `c${j}`, kind: "numeric" as const }));
  const dataset = datasetOf(columns, [
    group("normal", "normal", quick ? FEW_NORMALS : NORMALS, () => 0),
    ...Array.from({ length: FAMILIES }, (_, k) =>
      group(`family-${k}`, "anomaly", LABELS, (column) => (column % FAMILIES === k || column % COMMON === 0 ? 1 : 0)),
    ),
  ]);
  const { fit } = splitDataset(dataset, { seed: 1, holdOut: [], shots: LABELS, split: "rows" });
  const data = { name: "timing", files: [], roles: {} };
  const { artefact } = await train(fit, { seed: 1, split: "rows", shots: LABELS, heldOut: [], data, createdAt: "" });
  const weighed = weighedKinds(weightValues(artefact.tensors, "head.w"));
  const idle = FORESTS.filter((name) => !weighed.includes(name));
  if (idle.length > 0) throw new Error(`the model to be timed leaves out ${idle.join(", ")}`);
  return artefact;
}
