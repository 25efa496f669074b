/** Columns that two data sets share: by name, by the two naming schemes of CICFlowMeter, or by what the user says. */
import type { ColumnKind, ColumnSpec, Dataset } from "../data/dataset.ts";

export interface SharedColumn {
  /** Names in the first and in the second data set; the second's is what both are called. */
  readonly first: string;
  readonly second: string;
  readonly kind: ColumnKind;
}

/** CICFlowMeter's names before version 4 and since, where they differ by more than letters' case and separators. */
const CIC_FLOW_METER: Readonly<Record<string, string>> = {
  "Total Fwd Packets": "Tot Fwd Pkts",
  "Total Backward Packets": "Tot Bwd Pkts",
  "Total Length of Fwd Packets": "TotLen Fwd Pkts",
  "Total Length of Bwd Packets": "TotLen Bwd Pkts",
  "Fwd Packet Length Max": "Fwd Pkt Len Max",
  "Fwd Packet Length Min": "Fwd Pkt Len Min",
  "Fwd Packet Length Mean": "Fwd Pkt Len Mean",
  "Fwd Packet Length Std": "Fwd Pkt Len Std",
  "Bwd Packet Length Max": "Bwd Pkt Len Max",
  "Bwd Packet Length Min": "Bwd Pkt Len Min",
  "Bwd Packet Length Mean": "Bwd Pkt Len Mean",
  "Bwd Packet Length Std": "Bwd Pkt Len Std",
  "Flow Bytes/s": "Flow Byts/s",
  "Flow Packets/s": "Flow Pkts/s",
  "Fwd IAT Total": "Fwd IAT Tot",
  "Bwd IAT Total": "Bwd IAT Tot",
  "Fwd Header Length": "Fwd Header Len",
  "Bwd Header Length": "Bwd Header Len",
  "Fwd Packets/s": "Fwd Pkts/s",
  "Bwd Packets/s": "Bwd Pkts/s",
  "Min Packet Length": "Pkt Len Min",
  "Max Packet Length": "Pkt Len Max",
  "Packet Length Mean": "Pkt Len Mean",
  "Packet Length Std": "Pkt Len Std",
  "Packet Length Variance": "Pkt Len Var",
  "FIN Flag Count": "FIN Flag Cnt",
  "SYN Flag Count": "SYN Flag Cnt",
  "RST Flag Count": "RST Flag Cnt",
  "PSH Flag Count": "PSH Flag Cnt",
  "ACK Flag Count": "ACK Flag Cnt",
  "URG Flag Count": "URG Flag Cnt",
  "ECE Flag Count": "ECE Flag Cnt",
  "Average Packet Size": "Pkt Size Avg",
  "Avg Fwd Segment Size": "Fwd Seg Size Avg",
  "Avg Bwd Segment Size": "Bwd Seg Size Avg",
  "Subflow Fwd Packets": "Subflow Fwd Pkts",
  "Subflow Fwd Bytes": "Subflow Fwd Byts",
  "Subflow Bwd Packets": "Subflow Bwd Pkts",
  "Subflow Bwd Bytes": "Subflow Bwd Byts",
  Init_Win_bytes_forward: "Init Fwd Win Byts",
  Init_Win_bytes_backward: "Init Bwd Win Byts",
  act_data_pkt_fwd: "Fwd Act Data Pkts",
  min_seg_size_forward: "Fwd Seg Size Min",
  "Destination Port": "Dst Port",
};

const SHORT = new Map(Object.entries(CIC_FLOW_METER).map(([long, short]) => [plain(long), plain(short)]));

/** @param map other pairs of names, in either direction; they come before any other match */
export function sharedColumns(
  first: readonly ColumnSpec[],
  second: readonly ColumnSpec[],
  map: ReadonlyMap<string, string> = new Map(),
): SharedColumn[] {
  const turned = new Map([...map].map(([a, b]) => [b, a]));
  const byName = new Map(second.map((column) => [column.name, column]));
  const byMeaning = new Map(second.map((column) => [meaning(column.name), column]));
  const told = (name: string): ColumnSpec | undefined =>
    byName.get(map.get(name) ?? "") ?? byName.get(turned.get(name) ?? "");
  const taken = new Set(first.flatMap(({ name }) => told(name)?.name ?? []));
  const shared: SharedColumn[] = [];
  for (const column of first) {
    const given = told(column.name);
    const found = given ?? byMeaning.get(meaning(column.name));
    if (found === undefined || (given === undefined && taken.has(found.name))) continue;
    const kind = kindOf(column.kind, found.kind);
    if (kind === null) continue;
    taken.add(found.name);
    shared.push({ first: column.name, second: found.name, kind });
  }
  return shared;
}

/** The data set with the shared columns alone, both data sets' in the same order and under the same names. */
export function project(dataset: Dataset, shared: readonly SharedColumn[], side: "first" | "second"): Dataset {
  const order = shared.map((column) => dataset.columns.findIndex(({ name }) => name === column[side]));
  return {
    ...dataset,
    columns: shared.map(({ second: name, kind }) => ({ name, kind })),
    groups: dataset.groups.map((group) => ({ ...group, cells: order.map((at) => group.cells[at]) })),
  };
}

/** Numbers and booleans may meet, as numbers. */
function kindOf(a: ColumnKind, b: ColumnKind): ColumnKind | null {
  if (a === b) return a;
  return a === "categorical" || b === "categorical" ? null : "numeric";
}

function meaning(name: string): string {
  return SHORT.get(plain(name)) ?? plain(name);
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ")
    .trim();
}
