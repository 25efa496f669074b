/** Writes a simulation as a data folder: one compressed file per group, and meta.json that says it is synthetic. */

import { hash } from "node:crypto";
import { renameSync, rmSync } from "node:fs";
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { UnseenError } from "../../../model/errors.ts";
import { cleanedUp } from "../../cleaned-up.ts";
import { makeFolder, unwritable } from "../../disk.ts";
import { columns } from "./features.ts";
import { simulate, type SimulatedGroup, type SimulationOptions } from "./simulate.ts";

/** Raised whenever the same seed would give other rows than before. */
const GENERATOR_VERSION = 1;

const GENERATOR = "unseen simulate";

export interface WriteOptions extends SimulationOptions {
  /** Replace the folder even if it holds something other than a simulation. */
  readonly force?: boolean;
}

export interface WrittenSimulation {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** File names inside it, meta.json last. */
  readonly files: readonly string[];
  readonly normalRows: number;
  readonly anomalyRows: number;
}

/**
 * Simulates and writes `normal_<domain>.csv.gz`, `<family>.csv.gz` and `meta.json`; the same options give the same
 * bytes. Everything is written beside the target first and moved into place whole.
 *
 * @throws UnseenError option-invalid when the folder holds anything but an earlier simulation (see `force`);
 *   data-unreadable when the folder cannot be written
 */
export async function writeSimulation(dir: string, options: WriteOptions): Promise<WrittenSimulation> {
  const folder = resolve(dir);
  const found = await whatIsAt(folder);
  if (found === "file" || (found === "other" && options.force !== true)) {
    throw new UnseenError(
      "option-invalid",
      found === "file" ? `${folder} is a file, not a folder.` : `${folder} holds something other than a simulation.`,
      found === "file"
        ? "Name another folder."
        : "Name a new folder, or let `unseen simulate --force` replace this one and all it holds.",
      { file: folder },
    );
  }
  const groups = simulate(options);
  const files = groups.map((group) => ({ name: fileOf(group), bytes: compress(toCsv(group)) }));
  const meta = `${JSON.stringify(describe(groups, files, options.seed), null, 1)}\n`;
  const partial = `${folder}.partial-${process.pid}`;
  const previous = `${folder}.previous-${process.pid}`;
  makeFolder(dirname(folder));
  const clean = (): void => rmSync(partial, { recursive: true, force: true, maxRetries: 3 });
  await cleanedUp(clean, async () => {
    await mkdir(partial);
    for (const { name, bytes } of files) await writeFile(join(partial, name), bytes);
    await writeFile(join(partial, "meta.json"), meta);
    if (found === "nothing") await rename(partial, folder);
    else replace(folder, partial, previous);
  }).catch((cause: unknown) => {
    throw unwritable(folder, cause);
  });
  const rows = (role: SimulatedGroup["role"]) =>
    groups.reduce((sum, group) => sum + (group.role === role ? group.count : 0), 0);
  return {
    folder,
    files: [...files.map(({ name }) => name), "meta.json"],
    normalRows: rows("normal"),
    anomalyRows: rows("anomaly"),
  };
}

/** Swaps the new folder in; if that fails the old one stays. At one go, so that Ctrl-C leaves one of the two in place. */
function replace(folder: string, partial: string, previous: string): void {
  renameSync(folder, previous);
  try {
    renameSync(partial, folder);
  } catch (cause) {
    renameSync(previous, folder);
    throw cause;
  }
  rmSync(previous, { recursive: true, force: true });
}

/** A simulation is a folder whose meta.json we wrote and that holds no file it does not name. */
async function whatIsAt(folder: string): Promise<"nothing" | "file" | "simulation" | "other"> {
  const status = await stat(folder).catch(() => undefined);
  if (status === undefined) return "nothing";
  if (!status.isDirectory()) return "file";
  const entries = await readdir(folder);
  if (entries.length === 0) return "simulation";
  const text = await readFile(join(folder, "meta.json"), "utf8").catch(() => "null");
  const named = filesNamedIn(text);
  return named !== undefined && entries.every((entry) => named.has(entry)) ? "simulation" : "other";
}

/** Whether there is no meta.json, or one of ours that names a file that is not there. */
export async function lacksFiles(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, "meta.json"), "utf8").catch(() => undefined);
  if (text === undefined) return true;
  const entries = await readdir(folder);
  return [...(filesNamedIn(text) ?? [])].some((name) => !entries.includes(name));
}

function filesNamedIn(text: string): Set<string> | undefined {
  try {
    const meta: unknown = JSON.parse(text);
    if (typeof meta !== "object" || meta === null) return undefined;
    if (!("generator" in meta && "sha256" in meta)) return undefined;
    const { generator, sha256 } = meta;
    if (typeof generator !== "object" || generator === null || !("name" in generator)) return undefined;
    if (generator.name !== GENERATOR || typeof sha256 !== "object" || sha256 === null) return undefined;
    return new Set([...Object.keys(sha256), "meta.json"]);
  } catch {
    return undefined;
  }
}

function fileOf({ role, name }: SimulatedGroup): string {
  return role === "normal" ? `normal_${name}.csv.gz` : `${name}.csv.gz`;
}

function toCsv({ cells, count }: SimulatedGroup): string {
  const lines = [columns.map(({ name }) => name).join(",")];
  for (let row = 0; row < count; row++) lines.push(cells.map((column) => column[row]).join(","));
  return `${lines.join("\n")}\n`;
}

/** Gzip with no time stamp (Node writes none) and no operating system, so that every machine writes the same header. */
function compress(text: string): Buffer {
  const bytes = gzipSync(text, { level: 6 });
  bytes[9] = 255;
  return bytes;
}

function describe(
  groups: readonly SimulatedGroup[],
  files: readonly { readonly name: string; readonly bytes: Buffer }[],
  seed: number,
): Record<string, unknown> {
  const named = (kind: string) => columns.flatMap((column) => (column.kind === kind ? [column.name] : []));
  const entries = (role: SimulatedGroup["role"], key: string) =>
    groups
      .filter((group) => group.role === role)
      .map((group) => ({
        file: fileOf(group),
        [key]: group.name,
        rows: group.count,
        description: group.description,
      }));
  return {
    name: "simulated_flows",
    title: "Synthetic network flows (simulated, no captured traffic)",
    synthetic: true,
    licence: "MIT",
    generator: { name: GENERATOR, version: GENERATOR_VERSION },
    seed,
    n_features: columns.length,
    columns: columns.map(({ name }) => name),
    categorical_columns: named("categorical"),
    boolean_columns: named("boolean"),
    numeric_columns: named("numeric"),
    normal_domains: entries("normal", "domain"),
    families: entries("anomaly", "name"),
    notes: [
      "Every row is drawn by a program from simple traffic models; none was captured on a network.",
      "Times are in microseconds, lengths in bytes of payload; window sizes are -1 where no TCP window was seen.",
      "Results on these rows say that a method works as meant, not how well it does on real traffic.",
    ],
    sha256: Object.fromEntries(files.map(({ name, bytes }) => [name, hash("sha256", bytes)])),
  };
}
