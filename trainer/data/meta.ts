/** meta.json beside the files of a folder: kinds of columns, names, official sides and blocks; never trusted. */
import { join } from "node:path";
import { messageOf, UnseenError } from "../../model/errors.ts";
import { readText } from "../disk.ts";
import type { ColumnKind } from "./dataset.ts";
import { statOf } from "./files.ts";

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

type Entries = Readonly<Record<string, unknown>>;

/** Notes that what is called so is there and means nothing. */
type Wrong = (what: string) => void;

/**
 * Reads `folder`/meta.json; null when there is none.
 *
 * Nothing in it is opened, run or believed beyond its meaning: paths serve only to look files up that were found on
 * disk, entries of the wrong shape are ignored with a note. Throws `data-unreadable` when it is no JSON object or
 * larger than 16 MiB.
 */
export function readMeta(folder: string): Meta | null {
  const path = join(folder, "meta.json");
  const size = statOf(path)?.size;
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
  const wrong: Wrong = (what) => notes.push(`meta.json: ${what} has the wrong shape and is ignored.`);
  const columns = (kind: ColumnKind): [string, ColumnKind][] =>
    namesIn(json[`${kind}_columns`], `${kind}_columns`, wrong).map((name) => [name, kind]);
  return {
    name: nameIn(json["name"], "name", wrong),
    kinds: new Map([...columns("numeric"), ...columns("boolean"), ...columns("categorical")]),
    files: new Map([
      ...fileEntries(json, "normal_domains", "normal", notes, wrong),
      ...fileEntries(json, "families", "anomaly", notes, wrong),
    ]),
    sha256: new Map(hashes(recordIn(json["sha256"], "sha256", wrong), wrong)),
    blockSides: new Map(patientSides(recordIn(json["patient_split"], "patient_split", wrong), wrong)),
    bestColumn: new Map(bestColumns(recordIn(json["difficulty"], "difficulty", wrong), wrong)),
    notes,
  };
}

function fileEntries(
  json: Entries,
  key: string,
  role: MetaFile["role"],
  notes: string[],
  wrong: Wrong,
): [string, MetaFile][] {
  const list = json[key] ?? [];
  if (!Array.isArray(list)) {
    wrong(key);
    return [];
  }
  return list.flatMap((entry: unknown): [string, MetaFile][] => {
    const file = isRecord(entry) ? nameOf(entry["file"]) : null;
    if (!isRecord(entry) || file === null) {
      notes.push(
        `meta.json: an entry among the ${role === "normal" ? "normal domains" : "families"} names no file and is ignored.`,
      );
      return [];
    }
    const named = (field: string): string | null => nameIn(entry[field], `the ${field} of ${file}`, wrong);
    const title = named(role === "normal" ? "domain" : "name");
    const side = named("split");
    if (side !== null && side !== "train" && side !== "test") wrong(`the split of ${file}`);
    const kin = role === "anomaly" ? named("group") : null;
    const blocks = blockList(entry);
    if (blocks === "wrong") wrong(`the block list of ${file}`);
    return [
      [
        file,
        {
          role,
          title,
          kin,
          side: side === "train" || side === "test" ? side : null,
          blocks: blocks === "wrong" ? null : blocks,
        },
      ],
    ];
  });
}

/** `runs: [rows]`, `records: [[name, rows]]`, `segments: [{part, rows}]` or `blocks: [{name, rows}]`. */
function blockList(entry: Entries): MetaBlock[] | null | "wrong" {
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

function hashes(json: Entries, wrong: Wrong): [string, string][] {
  const all = Object.entries(json);
  const texts = all.flatMap(([file, hash]): [string, string][] =>
    typeof hash === "string" ? [[file, hash.toLowerCase()]] : [],
  );
  if (texts.length < all.length) wrong("part of sha256");
  return texts;
}

/** Lists of patients under `train` and `test`, or under DS1 and DS2 (de Chazal's training and test patients). */
function patientSides(split: Entries, wrong: Wrong): [string, "train" | "test"][] {
  const side = (keys: readonly string[], name: "train" | "test"): [string, "train" | "test"][] =>
    keys
      .flatMap((key) => namesIn(split[key], `patient_split.${key}`, wrong))
      .map((patient): [string, "train" | "test"] => [patient, name]);
  return [...side(["train", "DS1"], "train"), ...side(["test", "DS2"], "test")];
}

function bestColumns(difficulty: Entries, wrong: Wrong): [string, number][] {
  const families = Object.entries(recordIn(difficulty["families"], "difficulty", wrong));
  const given = families.map(([file, entry]) => [file, isRecord(entry) ? (entry["best_column_auc"] ?? null) : ""]);
  const sound = given.filter(
    (pair): pair is [string, number] => typeof pair[1] === "number" && pair[1] >= 0 && pair[1] <= 1,
  );
  if (sound.length < given.filter(([, auc]) => auc !== null).length) wrong("part of difficulty");
  return sound;
}

/** A record; an empty one where there is none. */
function recordIn(value: unknown, what: string, wrong: Wrong): Entries {
  if (isRecord(value)) return value;
  if (isThere(value)) wrong(what);
  return {};
}

/** The names in a list. */
function namesIn(list: unknown, what: string, wrong: Wrong): string[] {
  if (!Array.isArray(list)) {
    if (isThere(list)) wrong(what);
    return [];
  }
  const names = list.flatMap((item: unknown) => nameOf(item) ?? []);
  if (names.length < list.length) wrong(`part of ${what}`);
  return names;
}

/** A name, or null where there is none. */
function nameIn(value: unknown, what: string, wrong: Wrong): string | null {
  const name = nameOf(value);
  if (name === null && isThere(value) && value !== "") wrong(what);
  return name;
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function nameOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" && value.length <= LONGEST_NAME ? value : null;
}

function isRecord(value: unknown): value is Entries {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
