/** Reading and splitting of real data sets, where they are at hand (UNSEEN_DATA, else ../shared/data). */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { Dataset, Rows } from "./dataset.ts";
import { fitSchema } from "./fit-schema.ts";
import { columnsOf, encodeRows } from "./matrix.ts";
import { neighbourNotes } from "./neighbours.ts";
import { readDataset } from "./read.ts";
import { rowHashes } from "./row-hash.ts";
import { splitDataset, type Split } from "./split.ts";

const ROOT = resolve(import.meta.dirname, "../..", process.env["UNSEEN_DATA"] ?? "../shared/data");

interface Entry {
  readonly file: string;
  readonly rows: number;
  readonly records?: readonly [string, number][];
}

interface Meta {
  readonly columns: readonly string[];
  readonly categorical_columns: readonly string[];
  readonly normal_domains: readonly Entry[];
  readonly families: readonly Entry[];
  readonly sha256: Readonly<Record<string, string>>;
}

function onData(name: string, run: (folder: string, meta: Meta) => Promise<void>): void {
  const folder = resolve(ROOT, name);
  const here = existsSync(folder);
  test.skipIf(!here)(`${name}${here ? "" : ` (skipped: no data at ${folder})`}`, async () => {
    await run(folder, JSON.parse(readFileSync(resolve(folder, "meta.json"), "utf8")) as Meta);
  });
}

/** What holds for every data set: rows, files and columns as meta.json has them, every row in at most one part. */
function checkAgainst(dataset: Dataset, meta: Meta): void {
  const stated = [...meta.normal_domains, ...meta.families];
  expect(new Map(dataset.files.map(({ path, rows }) => [path, rows]))).toEqual(
    new Map(stated.map(({ file, rows }) => [file, rows])),
  );
  expect(Object.fromEntries(dataset.files.map(({ path, sha256 }) => [path, sha256]))).toEqual(meta.sha256);
  expect(dataset.columns.map((column) => column.name)).toEqual(meta.columns);
  const categorical = dataset.columns.filter((column) => column.kind === "categorical");
  expect(categorical.map((column) => column.name)).toEqual(meta.categorical_columns);
  const kept = dataset.groups.reduce((sum, group) => sum + group.count, 0);
  const repeated = /^(\d+) rows repeat/m.exec(dataset.notes.join("\n"))?.[1] ?? 0;
  expect(kept + Number(repeated)).toBe(stated.reduce((sum, entry) => sum + entry.rows, 0));
}

/** No row of fitting's normals or labels is a test row of the same role. */
function checkDisjoint({ fit, heldOut }: Split): void {
  const hashes = (parts: readonly Rows[]): number[] => parts.flatMap((rows) => [...rowHashes(rows, 0)]);
  const normal = new Set(hashes(fit.normal.flatMap(({ train, validation }) => [train, validation])));
  const labels = new Set(hashes(fit.seen.flatMap(({ support, validation }) => [support, validation])));
  expect(hashes(heldOut.normal.map(({ rows }) => rows)).filter((hash) => normal.has(hash))).toEqual([]);
  expect(
    hashes([...heldOut.seen, ...heldOut.unseen].map(({ rows }) => rows)).filter((hash) => labels.has(hash)),
  ).toEqual([]);
}

describe("real data", () => {
  onData("cicids2017", async (folder, meta) => {
    const started = performance.now();
    const dataset = await readDataset(folder);
    expect(performance.now() - started).toBeLessThan(10_000); // about one second on an idle machine
    checkAgainst(dataset, meta);
    expect(dataset.groups.find((group) => group.name === "portscan")?.count).toBe(277); // as the data's notes say
    const split = splitDataset(dataset, { seed: 1, holdOut: ["bot", "PortScan"], shots: 100, split: "rows" });
    checkDisjoint(split);
    expect(split.heldOut.unseen.map((family) => family.family)).toEqual(["bot", "portscan"]);
    expect(split.fit.labels).toBe(4 * 100 + 36 + 11);
    const schema = fitSchema(split.fit);
    for (const { train } of split.fit.normal) {
      const { data } = encodeRows(schema, dataset.columns, train);
      expect(data.every((x) => Math.abs(x) <= 10)).toBe(true);
    }
    const again = await readDataset(folder, { columns: columnsOf(schema) });
    expect(again.groups.map((group) => group.count)).toEqual(dataset.groups.map((group) => group.count));
  });

  onData("nsl_kdd", async (folder, meta) => {
    const dataset = await readDataset(folder);
    checkAgainst(dataset, meta);
    const split = splitDataset(dataset, { seed: 1, holdOut: ["DoS"], shots: 20, split: "rows" });
    checkDisjoint(split);
    const unseen = split.heldOut.unseen.map((family) => family.family);
    expect(unseen).toEqual(expect.arrayContaining(["neptune", "smurf", "apache2", "snmpguess"]));
    expect(split.fit.seen.every(({ family }) => !unseen.includes(family))).toBe(true);
    expect(split.heldOut.normal.reduce((sum, { rows }) => sum + rows.count, 0)).toBe(
      dataset.groups.reduce(
        (sum, group) => sum + (group.role === "normal" && group.side === "test" ? group.count : 0),
        0,
      ),
    );
  });

  onData("mitbih_features", async (folder, meta) => {
    const dataset = await readDataset(folder);
    checkAgainst(dataset, meta);
    for (const entry of [...meta.normal_domains, ...meta.families]) {
      const group = dataset.groups.find(({ name }) => entry.file.endsWith(`${name}.csv.gz`));
      const counts = new Map<string, number>();
      for (const block of group?.block ?? []) {
        const name = group?.blockNames[block] ?? "";
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      expect([...counts]).toEqual(entry.records);
    }
    const split = splitDataset(dataset, { seed: 1, holdOut: ["v_premature_ventricular"], shots: 100, split: "blocks" });
    checkDisjoint(split);
    // the patients of DS2 are the test patients, those of DS1 are not
    expect(split.fit.normal.map(({ domain }) => domain)).not.toContain("n_ds2");
    expect(split.heldOut.normal.map(({ domain }) => domain)).not.toContain("n_ds1");
  });

  onData("skab", async (folder, meta) => {
    const dataset = await readDataset(folder);
    checkAgainst(dataset, meta);
    expect(dataset.groups.map((group) => group.blockNames.length)).toEqual([
      20, 14, 16, 4, 1, 1, 4, 1, 1, 1, 1, 1, 1, 16, 4, 1, 1,
    ]);
    checkDisjoint(splitDataset(dataset, { seed: 2, holdOut: ["valve1_closing"], shots: 50, split: "blocks" }));
  });

  onData("cse_cic_ids2018_mini", async (folder, meta) => {
    const dataset = await readDataset(folder);
    checkAgainst(dataset, meta);
    const split = splitDataset(dataset, { seed: 1, holdOut: ["Brute Force -Web", "bot"], shots: 5, split: "rows" });
    checkDisjoint(split);
    expect(split.heldOut.unseen.map((family) => family.family)).toEqual(["bot", "brute_force_web"]);
    expect(fitSchema(split.fit).features).toHaveLength(78);
  });

  // in time order, or shuffled, as their meta.json says
  for (const [name, notes] of Object.entries({ tep: 1, skab: 1, cicids2017: 1, mscad: 0, shuttle: 0 })) {
    onData(name, async (folder) => {
      expect(neighbourNotes(await readDataset(folder))).toHaveLength(notes);
    });
  }
});
