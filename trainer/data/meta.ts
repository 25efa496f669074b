/** meta.json beside the files of a folder: kinds of columns, names, official sides and blocks; never trusted. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { messageOf, UnseenError } from "../../model/errors.ts";
import { readText } from "../disk.ts";
import type { ColumnKind } from "./dataset.ts";

/** What meta.json says of one file; null where it says nothing usable. */
export interface MetaFile {
  readonly role: "normal" | "anomaly";
  /** Name of the normal domain, or a title of the family (an alias: the family's name is the file's stem). */
  readonly title: string | null;
  /** The group of families it belongs to, e.g. "DoS". */
  readonly kin: string | null;
  readonly side: "train" | "test" | null;
  /** Consecutive rows of one block, in file order; `name` is set where blocks are shared between files (patients). */
  readonly blocks: readonly MetaBlock[] | null;
}

export interface MetaBlock {
  readonly name: string | null;
  readonly rows: number;
}

export interface Meta {
  readonly name: string | null;
  readonly kinds: ReadonlyMap<string, ColumnKind>;
  /** By path relative to the folder, with forward slashes. */
  readonly files: ReadonlyMap<string, MetaFile>;
  readonly sha256: ReadonlyMap<string, string>;
  /** Official sides of shared blocks, from `patient_split`. */
  readonly blockSides: ReadonlyMap<string, "train" | "test">;
  /** Best AUC-ROC of any single column against normal rows, by anomaly file, from `difficulty`. */
  readonly bestColumn: ReadonlyMap<string, number>;
  /** Entries that were not understood and so ignored. */
  readonly notes: readonly string[];
}

const LARGEST_BYTES = 16 << 20;
const LONGEST_NAME = 200;

/**
 * Reads `folder`/meta.json; null when there is none.
 *
 * Nothing in it is opened, run or believed beyond its meaning: paths serve only to look files up that were found on
 * disk, entries of the wrong shape are ignored with a note. Throws `data-unreadable` when it is no JSON object or
 * larger than 16 MiB.
 */
export function readMeta(folder: string): Meta | null {
  const path = join(folder, "meta.json");
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return null;
  const fault = (what: string): UnseenError =>
    new UnseenError("data-unreadable", `meta.json ${what}.`, "Correct it, or remove it to read the folder without.", {
      file: "meta.json",
    });
  if (size > LARGEST_BYTES) throw fault("is larger than 16 MiB");
  let json: unknown;
  try {
    json = JSON.parse(readText(path));
  } catch (cause) {
    throw fault(`is not JSON: ${messageOf(cause)}`);
  }
  if (!isRecord(json)) throw fault("is not a JSON object");
  const notes: string[] = [];
  return {
    name: nameOf(json["name"]),
    kinds: new Map([
      ...namesIn(json["numeric_columns"]).map((name) => [name, "numeric"] as const),
      ...namesIn(json["boolean_columns"]).map((name) => [name, "boolean"] as const),
      ...namesIn(json["categorical_columns"]).map((name) => [name, "categorical"] as const),
    ]),
    files: new Map([
      ...fileEntries(json["normal_domains"], "normal", notes),
      ...fileEntries(json["families"], "anomaly", notes),
    ]),
    sha256: new Map(
      Object.entries(isRecord(json["sha256"]) ? json["sha256"] : {}).flatMap(([file, hash]) =>
        typeof hash === "string" ? [[file, hash.toLowerCase()] as const] : [],
      ),
    ),
    blockSides: new Map(patientSides(json["patient_split"])),
    bestColumn: new Map(bestColumns(json["difficulty"])),
    notes,
  };
}

function fileEntries(list: unknown, role: MetaFile["role"], notes: string[]): [string, MetaFile][] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown): [string, MetaFile][] => {
    const file = isRecord(entry) ? nameOf(entry["file"]) : null;
    if (!isRecord(entry) || file === null) {
      notes.push(
        `meta.json: an entry among the ${role === "normal" ? "normal domains" : "families"} names no file and is ignored.`,
      );
      return [];
    }
    const side = entry["split"];
    const blocks = blockList(entry);
    if (blocks === "wrong") notes.push(`meta.json: the block list of ${file} has the wrong shape and is ignored.`);
    return [
      [
        file,
        {
          role,
          title: nameOf(role === "normal" ? entry["domain"] : entry["name"]),
          kin: role === "anomaly" ? nameOf(entry["group"]) : null,
          side: side === "train" || side === "test" ? side : null,
          blocks: blocks === "wrong" ? null : blocks,
        },
      ],
    ];
  });
}

/** `runs: [rows]`, `records: [[name, rows]]`, `segments: [{part, rows}]` or `blocks: [{name, rows}]`. */
function blockList(entry: Readonly<Record<string, unknown>>): MetaBlock[] | null | "wrong" {
  const list = entry["records"] ?? entry["blocks"] ?? entry["runs"] ?? entry["segments"];
  if (list === undefined) return null;
  if (!Array.isArray(list)) return "wrong";
  const blocks = list.map((item: unknown): MetaBlock | null => {
    if (typeof item === "number") return { name: null, rows: item };
    if (Array.isArray(item)) return { name: nameOf(item[0]), rows: Number(item[1]) };
    return isRecord(item) ? { name: nameOf(item["name"]), rows: Number(item["rows"]) } : null;
  });
  const sound = blocks.filter(
    (block): block is MetaBlock => block !== null && Number.isSafeInteger(block.rows) && block.rows >= 0,
  );
  return sound.length === list.length ? sound : "wrong";
}

/** Lists of patients under `train` and `test`, or under DS1 and DS2 (de Chazal's training and test patients). */
function patientSides(split: unknown): [string, "train" | "test"][] {
  if (!isRecord(split)) return [];
  const side = (keys: readonly string[], name: "train" | "test"): [string, "train" | "test"][] =>
    keys.flatMap((key) => namesIn(split[key]).map((patient): [string, "train" | "test"] => [patient, name]));
  return [...side(["train", "DS1"], "train"), ...side(["test", "DS2"], "test")];
}

function bestColumns(difficulty: unknown): [string, number][] {
  if (!isRecord(difficulty) || !isRecord(difficulty["families"])) return [];
  return Object.entries(difficulty["families"]).flatMap(([file, entry]): [string, number][] => {
    const auc = isRecord(entry) ? entry["best_column_auc"] : undefined;
    return typeof auc === "number" && auc >= 0 && auc <= 1 ? [[file, auc]] : [];
  });
}

function namesIn(list: unknown): string[] {
  return Array.isArray(list) ? list.flatMap((item: unknown) => nameOf(item) ?? []) : [];
}

function nameOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" && value.length <= LONGEST_NAME ? value : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
