/** What the artefact keeps of the rows its head was fitted on: their evidence, thinned out evenly. */
import { type Memory, memoryOf, type Remembered } from "../../../model/memory.ts";
import type { Normals } from "./head.ts";
import { type Table, thinned } from "./rows-of-evidence.ts";

/** Normal rows kept at the most that set thresholds, and that serve the head alone. */
const MOST_NORMAL = 4_000;
/** Labels kept at the most of a family, and of all together. */
const MOST_LABELS = 100;
const MOST_OF_ALL = 4_000;

export interface RememberedTables {
  readonly normals: Normals;
  /** Each family's labels as the parts that never saw it put them. */
  readonly fit: ReadonlyMap<string, Table>;
  /** Labels that no part was fitted on. */
  readonly check: ReadonlyMap<string, Table>;
}

export function remember({ normals, fit, check }: RememberedTables): Memory {
  const groups = (role: "fit" | "check", tables: ReadonlyMap<string, Table>): Remembered[] => {
    const most = Math.min(MOST_LABELS, Math.floor(MOST_OF_ALL / Math.max(1, tables.size)));
    return [...tables].map(([family, table]) => ({ role, family, ...thinned(table, most) }));
  };
  return memoryOf([
    { role: "threshold", family: "", ...thinned(normals.known, MOST_NORMAL) },
    { role: "normal", family: "", ...thinned(normals.strange, MOST_NORMAL) },
    ...groups("fit", fit),
    ...groups("check", check),
  ]);
}
