/** API keys: made here, shown once, kept as SHA-256 in a record and in the Worker's secrets; nothing else knows them. */
import { hash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { UnseenError } from "../../model/errors.ts";
import { makeFolder, readText, writeWhole } from "../disk.ts";

export interface KeyEntry {
  /** Whose it is. */
  readonly name: string;
  readonly sha256: string;
  /** Whether it may give and read feedback. */
  readonly feedback: boolean;
  readonly madeAt: string;
  readonly revokedAt?: string;
}

const NAME = /^[\w.-]{1,64}$/;

/** A new key of 192 random bits, told from other tokens by its prefix, and its entry. */
export function makeKey(name: string, feedback: boolean): { key: string; entry: KeyEntry } {
  if (!NAME.test(name)) {
    const remedy = "Use letters, digits, dots, dashes and underscores, at most 64.";
    throw new UnseenError("option-invalid", `"${name}" is no name for a key.`, remedy);
  }
  const key = `unseen_${randomBytes(24).toString("base64url")}`;
  const sha256 = hash("sha256", key);
  return { key, entry: { name, sha256, feedback, madeAt: new Date().toISOString() } };
}

/** The record of keys; empty where there is none yet. @throws UnseenError data-unreadable */
export function readKeys(file: string): KeyEntry[] {
  if (!existsSync(file)) return [];
  const text = readText(file);
  try {
    const entries = JSON.parse(text) as KeyEntry[];
    if (entries.every(isEntry)) return entries;
  } catch {
    // Said below.
  }
  const remedy = "Restore the file, or delete it, make new keys and give them out.";
  throw new UnseenError("data-unreadable", `${file} is no record of keys.`, remedy, { file });
}

function isEntry({ name, sha256, madeAt, revokedAt = "" }: KeyEntry): boolean {
  const dated = [madeAt, revokedAt].every((date) => typeof date === "string");
  return dated && NAME.test(name) && /^[0-9a-f]{64}$/.test(sha256);
}

export function writeKeys(file: string, entries: readonly KeyEntry[]): void {
  makeFolder(dirname(file));
  writeWhole(file, `${JSON.stringify(entries, null, 2)}\n`);
}

/** @throws UnseenError option-invalid where a key of that name is in use already */
export function withKey(entries: readonly KeyEntry[], entry: KeyEntry): KeyEntry[] {
  if (entries.some(({ name, revokedAt }) => name === entry.name && !revokedAt)) {
    const remedy = "Choose another name, or revoke that key first.";
    throw new UnseenError("option-invalid", `There is a key named "${entry.name}".`, remedy);
  }
  return [...entries, entry];
}

/** @throws UnseenError option-invalid where no key of that name is in use */
export function withoutKey(entries: readonly KeyEntry[], name: string): KeyEntry[] {
  const used = entries.filter(({ revokedAt }) => !revokedAt).map((entry) => entry.name);
  if (!used.includes(name)) {
    const remedy = `There are: ${used.join(", ") || "none"}.`;
    throw new UnseenError("option-invalid", `There is no key named "${name}".`, remedy);
  }
  const revokedAt = new Date().toISOString();
  return entries.map((entry) => (entry.name === name && !entry.revokedAt ? { ...entry, revokedAt } : entry));
}

/** What a secret holds where no key is in use: no digest, so that nobody is let in. */
const NOBODY = "none";

const [SCORES, FEEDBACK] = ["API_KEY_SHA256", "FEEDBACK_KEY_SHA256"] as const;

/**
 * The Worker's secrets. The one for feedback is there once a key was made for it: then no other key may give any.
 *
 * @param strangers digests by secret that stay in force although the record does not know them
 */
export function secretsOf(
  entries: readonly KeyEntry[],
  strangers: Readonly<Record<string, readonly string[]>> = {},
): Record<string, string> {
  const digests = (secret: string, some: readonly KeyEntry[]): string => {
    const own = some.filter(({ revokedAt }) => !revokedAt).map(({ sha256 }) => sha256);
    return [...(strangers[secret] ?? []), ...own].join(",") || NOBODY;
  };
  const teachers = entries.filter(({ feedback }) => feedback);
  return {
    [SCORES]: digests(SCORES, entries),
    ...(teachers.length > 0 ? { [FEEDBACK]: digests(FEEDBACK, teachers) } : {}),
  };
}

/** Digests in variables of `wrangler dev` that the record does not know, by secret: of keys made by hand or elsewhere. */
export function strangersIn(text: string, entries: readonly KeyEntry[]): Record<string, string[]> {
  const known = new Set(entries.map(({ sha256 }) => sha256));
  const strangers = (secret: string): string[] => {
    // as in any file of variables, the last line counts
    const line = text.split("\n").findLast((each) => new RegExp(`^\\s*(export\\s+)?${secret}\\s*=`).test(each)) ?? "";
    const digests = line.toLowerCase().match(/\b[0-9a-f]{64}\b/g) ?? [];
    return [...new Set(digests)].filter((digest) => !known.has(digest));
  };
  return { [SCORES]: strangers(SCORES), [FEEDBACK]: strangers(FEEDBACK) };
}

/** Variables of `wrangler dev` (.dev.vars) with some set anew, all others and comments as they were. */
export function withVariables(text: string, variables: Readonly<Record<string, string>>): string {
  const lines = text.split("\n").filter((line) => !Object.keys(variables).some((name) => line.startsWith(`${name}=`)));
  while (lines.at(-1) === "") lines.pop();
  return [...lines, ...Object.entries(variables).map(([name, value]) => `${name}="${value}"`), ""].join("\n");
}
