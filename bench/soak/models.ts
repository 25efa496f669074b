/** Two versions of a model as `unseen train` makes them, on simulated flows, with rows neither has trained on. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArtefact } from "../../model/artefact.ts";
import { trainOn } from "../../trainer/learn/train-on.ts";
import { readDataset } from "../../trainer/data/read.ts";
import { type PositionalRow, rowAt } from "../../trainer/data/rows.ts";
import { writeSimulation } from "../../trainer/data/simulate/write.ts";
import { splitDataset } from "../../trainer/data/split.ts";

const SPLIT = { holdOut: ["port_scan", "exfiltration"], shots: 50, seed: 1, split: "rows" } as const;
/** Rows to ask about. */
const ROWS = 2000;

export async function simulatedModels(): Promise<{ versions: [Uint8Array, Uint8Array]; rows: PositionalRow[] }> {
  const folder = mkdtempSync(join(tmpdir(), "unseen-soak-"));
  try {
    const flows = join(folder, "flows");
    await writeSimulation(flows, { seed: 1, rows: 500, anomalies: 150 });
    const dataset = await readDataset(flows);
    const first = await trainOn(dataset, SPLIT);
    const second = await trainOn(dataset, { ...SPLIT, seed: 2 });
    const { heldOut } = splitDataset(dataset, SPLIT);
    const parts = [...heldOut.normal, ...heldOut.unseen].map(({ rows }) => rows);
    const rows = parts.flatMap((part) => Array.from({ length: part.count }, (_, i) => rowAt(part, i, heldOut.columns)));
    return { versions: [writeArtefact(first.artefact), writeArtefact(second.artefact)], rows: rows.slice(0, ROWS) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
