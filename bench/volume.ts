/**
 * Trains on a table too large to hold as objects, by the command line, and measures what it takes:
 *
 *     node bench/volume.ts [--rows 5000000] [--quick] [--json]
 *
 * Writes docs/volume.md; with --quick (200,000 rows) or --json it writes nothing, --json prints the figures.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, readdirSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { processor, today } from "./page-block.ts";

const { values: options } = parseArgs({
  options: { rows: { type: "string" }, quick: { type: "boolean" }, json: { type: "boolean" } },
});
const COLUMNS = 77;
const DOMAINS = 4;
const FAMILIES = 8;
/** Share of the rows that is anomalous. */
const ANOMALOUS = 0.2;
/** Peak memory that training must stay below, GiB. */
const LIMIT = 8;

const rows = Number(options.rows ?? (options.quick ? 200_000 : 5_000_000));
const sizes = [rows / 5, rows].map(Math.round);

/**
 * Writes rows of `COLUMNS` numbers that hang together by three hidden ones; each family is off in columns of its own. A
 * function of the row's number alone.
 */
async function write(folder: string, count: number): Promise<void> {
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  // Literals as doubles: DuckDB takes plain ones for decimals, which are slow.
  const double = (value: number): string => `CAST(${value.toFixed(4)} AS DOUBLE)`;
  const unit = (salt: number): string => `CAST(hash(i, ${salt}) & 65535 AS DOUBLE) / 65536`;
  const file = async (name: string, first: number, many: number, group: number, family: boolean): Promise<void> => {
    const columns = Array.from({ length: COLUMNS }, (_, c) => {
      const mix = [1, 2, 3].map((k) => `${double(Math.sin(c * k + k))} * h${k}`).join(" + ");
      const shift = family ? ((c + group) % FAMILIES === 0 ? 0.8 : 0) : 0.05 * group;
      return `${mix} + ${double(0.3)} * ${unit(c)} + ${double(shift)} AS c${c}`;
    });
    const hidden = [1, 2, 3].map((k) => `${unit(1000 + k)} AS h${k}`);
    await connection.run(`COPY (
      SELECT ${columns.join(", ")}
      FROM (SELECT i, ${hidden.join(", ")} FROM range(${first}, ${first + many}) AS numbers(i))
    ) TO '${join(folder, name)}.parquet' (FORMAT parquet, COMPRESSION snappy)`);
  };
  let first = 0;
  const normal = Math.floor((count * (1 - ANOMALOUS)) / DOMAINS);
  const anomalous = Math.floor((count * ANOMALOUS) / FAMILIES);
  for (let d = 0; d < DOMAINS; d++, first += normal) await file(`normal_site${d + 1}`, first, normal, d, false);
  for (let f = 0; f < FAMILIES; f++, first += anomalous) await file(`family${f + 1}`, first, anomalous, f, true);
  connection.closeSync();
  database.closeSync();
}

interface Taken {
  readonly rows: number;
  /** Of the files. */
  readonly gigabytes: number;
  /** From start to end, reading included. */
  readonly seconds: number;
  readonly trainingSeconds: number;
  /** Largest resident set, GiB. */
  readonly peak: number;
  readonly normalRows: number;
}

async function measure(count: number): Promise<Taken> {
  const folder = mkdtempSync(join(tmpdir(), "unseen-volume-"));
  try {
    const data = join(folder, "data");
    mkdirSync(data);
    await write(data, count);
    const usage = join(folder, "usage.json");
    // A program knows its own peak only: it writes it down as it ends.
    const hook = `import { writeFileSync } from "node:fs";
      process.on("exit", () => writeFileSync(${JSON.stringify(usage)}, JSON.stringify(process.resourceUsage())));`;
    const preload = `data:text/javascript,${encodeURIComponent(hook)}`;
    const bin = fileURLToPath(new URL("../trainer/bin.js", import.meta.url));
    const out = join(folder, "model.safetensors");
    const args = ["--import", preload, bin, "train", "--data", data, "--hold-out", "family1", "--json", "--out", out];
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    const seconds = (performance.now() - started) / 1000;
    if (status !== 0) throw new Error(`training on ${count} rows failed: ${stderr}`);
    const result = JSON.parse(stdout);
    const bytes = readdirSync(data).reduce((sum, name) => sum + statSync(join(data, name)).size, 0);
    return {
      rows: count,
      gigabytes: bytes / 1e9,
      seconds,
      trainingSeconds: result.seconds,
      peak: JSON.parse(readFileSync(usage, "utf8")).maxRSS / 2 ** 20,
      normalRows: result.training.normalRows,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const taken: Taken[] = [];
for (const count of sizes) taken.push(await measure(count));
const [last] = taken.slice(-1);
if (last.peak >= LIMIT) throw new Error(`training on ${last.rows} rows took ${last.peak.toFixed(1)} GiB`);

const table = [
  "| rows of 77 columns | files, GB | normal rows fitted on | reading, s | training, s | peak memory, GiB | bytes a row |",
  "|--:|--:|--:|--:|--:|--:|--:|",
  ...taken.map(
    ({ rows: count, gigabytes, normalRows, seconds, trainingSeconds, peak }) =>
      `| ${count.toLocaleString("en")} | ${gigabytes.toFixed(2)} | ${normalRows.toLocaleString("en")} | ${(seconds - trainingSeconds).toFixed(1)} | ${trainingSeconds.toFixed(1)} | ${peak.toFixed(2)} | ${Math.round((peak * 2 ** 30) / count)} |`,
  ),
];
if (options.json) console.log(JSON.stringify(taken));
else console.log(table.join("\n"));
if (!options.quick && !options.json) {
  writeFileSync(
    new URL("../docs/volume.md", import.meta.url),
    `# Training on millions of rows

Written by \`node bench/volume.ts\` on ${today()}: ${processor()}, ${cpus().length} cores, Node ${process.versions.node}. Rows of ${COLUMNS} numbers in Parquet files, ${DOMAINS} normal domains and ${FAMILIES} families, one held out; \`unseen train\` as a user runs it, its largest resident set by getrusage.

${table.join("\n")}

Rows are never objects: DuckDB streams each file, a column is one array of doubles (${COLUMNS * 8} bytes a row), typed and freed of duplicates in place. Splitting works on row hashes and places; what is copied out of the columns is the labels, and at most \`--normal-rows\` (100,000) normal rows and half as many for thresholds: those with the smallest hashes, a random draw that does not depend on the order of files. Test rows are copied when something looks at them, which training does not. So training itself takes as long for any number of rows, and memory grows with the columns alone.
`,
  );
}
