/** The memory: evidence of rows the head was fitted on and judged by, so that it can be fitted again without them. */
import type { NetworkShape } from "./artefact.ts";
import { EVIDENCE, isEvidence } from "./evidence.ts";
import type { JsonValue } from "./json-value.ts";

/**
 * What a group of rows is for:
 * - threshold: normal rows that were not fitted; they set thresholds and are the head's normal rows;
 * - normal: normal rows kept out of the parts by turns, for the head, and by blocks for thresholds as well; those that
 *   callers found normal, under the family TOLD, for the head alone;
 * - fit: a family's labels, as the parts that never saw the family put them;
 * - check: a family's labels that no part was fitted on, as the whole model puts them.
 */
const ROLES = ["threshold", "normal", "fit", "check"] as const;

export interface MemoryGroup {
  readonly role: (typeof ROLES)[number];
  /** Of the family; empty for normal rows, but for those of feedback. */
  readonly family: string;
  readonly rows: number;
}

/** Standardised evidence, a number a kind and row, in place of the row's values. */
export interface Memory {
  readonly groups: readonly MemoryGroup[];
  /** 16-bit little-endian integers, (rows of all groups, kinds of evidence), in base64: evidence times UNIT. */
  readonly evidence: string;
}

/** The family of normal rows that came as feedback. */
export const TOLD = "feedback";

/** Steps of one unit of evidence; ±32 can be kept. */
const UNIT = 1024;
/** Rows of a memory at the most. */
export const ROWS_CAP = 20_000;

/** A value of evidence as it is kept, in steps. */
export function stepsOf(value: number): number {
  return Math.round(Math.max(-32, Math.min(32767 / UNIT, value)) * UNIT);
}

/** @throws UnseenError artefact-malformed naming the place */
export function readMemory(json: JsonValue, network: NetworkShape): Memory {
  if (!isEvidence(network)) throw json.wrong("left out: the network weighs no evidence");
  const given = json.fields("groups", "evidence");
  const groups = given.groups.items(ROWS_CAP).map((group): MemoryGroup => {
    const { role, family, rows } = group.fields("role", "family", "rows");
    return { role: role.oneOf(...ROLES), family: family.text(), rows: rows.integer(1, ROWS_CAP) };
  });
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows > ROWS_CAP) throw given.groups.wrong(`groups of at most ${ROWS_CAP} rows`);
  const evidence = given.evidence.text();
  const bytes = 2 * rows * EVIDENCE.length;
  const padding = (3 - (bytes % 3)) % 3;
  const whole = evidence.length === 4 * Math.ceil(bytes / 3) && /^[A-Za-z0-9+/]*={0,2}$/.test(evidence);
  if (!whole || evidence.endsWith("=".repeat(padding + 1)) || !evidence.endsWith("=".repeat(padding))) {
    throw given.evidence.wrong(`${bytes} bytes in base64`);
  }
  return { groups, evidence };
}

/** Evidence of one group of rows, (rows, kinds). */
export interface Remembered extends MemoryGroup {
  readonly data: Float64Array;
}

/** The groups with their evidence. */
export function remembered({ groups, evidence }: Memory): Remembered[] {
  const text = atob(evidence);
  const words = new DataView(Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer);
  let at = 0;
  return groups.map((group) => {
    const data = Float64Array.from({ length: group.rows * EVIDENCE.length }, (_, i) => {
      return words.getInt16(2 * (at + i), true) / UNIT;
    });
    at += data.length;
    return { ...group, data };
  });
}

/** A memory of groups of rows, their evidence rounded to a thousandth. */
export function memoryOf(groups: readonly Remembered[]): Memory {
  const filled = groups.filter(({ rows }) => rows > 0);
  const length = filled.reduce((sum, { data }) => sum + data.length, 0);
  const words = new DataView(new ArrayBuffer(2 * length));
  let at = 0;
  for (const { data } of filled) {
    for (const value of data) words.setInt16(2 * at++, stepsOf(value), true);
  }
  const text = Array.from(new Uint8Array(words.buffer), (byte) => String.fromCharCode(byte)).join("");
  return { groups: filled.map(({ role, family, rows }) => ({ role, family, rows })), evidence: btoa(text) };
}
