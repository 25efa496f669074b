/** The pointer: which weights a model name stands for, now and before. The contract between publishing and serving. */

export interface Version {
  readonly version: number;
  /** Of the artefact's bytes; its KV key is `weights/{sha256}`. */
  readonly sha256: string;
  /** ISO 8601. */
  readonly publishedAt: string;
  /** A canary that was given up: it can be asked for by its number, but nothing falls back to it. */
  readonly abandoned?: boolean;
  /** It was served and rolled back from: no further rollback goes to it, unless by its number. */
  readonly rolledBack?: boolean;
}

/** A version on trial. */
export interface Canary extends Version {
  /** Share of callers it answers, in percent, above 0 to 100. */
  readonly percent: number;
}

export interface Pointer {
  readonly name: string;
  readonly current: Version;
  /** Answers a share of the callers in the current version's stead. */
  readonly canary?: Canary;
  /** Other versions that can be served again, the last served first. */
  readonly history: readonly Version[];
  /** ISO 8601; KV may give an older value after a newer one, and this tells them apart. */
  readonly writtenAt?: string;
}

/** The pointer's format that this program writes and reads. */
const FORMAT = 2;

/** Names of models: what may stand in a path and a key. */
export const MODEL_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export const pointerKey = (name: string): string => `models/${name}`;
export const weightsKey = (sha256: string): string => `weights/${sha256}`;

/** Reads a pointer from KV's text. @returns undefined where it is not one, or one of a later format */
export function readPointer(text: string): Pointer | undefined {
  try {
    const { format, name, current, canary, history, writtenAt } = JSON.parse(text) as Pointer & { format?: number };
    if (format !== FORMAT) return undefined;
    if (!MODEL_NAME.test(name) || !Array.isArray(history)) return undefined;
    if (![current, ...history].every(isVersion)) return undefined;
    if (writtenAt !== undefined && !isDate(writtenAt)) return undefined;
    const pointer = { name, current, history, ...(writtenAt === undefined ? {} : { writtenAt }) };
    if (canary === undefined) return pointer;
    return isVersion(canary) && canary.percent > 0 && canary.percent <= 100 ? { ...pointer, canary } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a text that reads as no pointer was written by a later release. */
export function isOfLaterFormat(text: string): boolean {
  try {
    const { format } = JSON.parse(text) as { format?: unknown };
    return typeof format === "number" && format > FORMAT;
  } catch {
    return false;
  }
}

/** The pointer as KV keeps it. */
export function writtenPointer({ name, current, canary, history, writtenAt }: Pointer): string {
  return JSON.stringify({ format: FORMAT, name, current, canary, history, writtenAt });
}

/** Whether a pointer was written before another; of those that do not say when, none was. */
export function isOlder({ writtenAt: one }: Pointer, { writtenAt: other }: Pointer): boolean {
  return one !== undefined && other !== undefined && Date.parse(one) < Date.parse(other);
}

/** Every version a pointer knows: the current one, the canary, and those that can be served again. */
export function versionsOf({ current, canary, history }: Pointer): Version[] {
  return [current, ...(canary ? [canary] : []), ...history];
}

/** The version that was served before the current one, of those that nobody has given up or rolled back from. */
export function servedBefore({ history }: Pick<Pointer, "history">): Version | undefined {
  return history.find(({ abandoned, rolledBack }) => !abandoned && !rolledBack);
}

/**
 * The version that answers a caller: the canary for its share of the callers, the current one for all others and for who
 * does not say who they are. The same caller gets the same answer as long as the canary runs, also when its share grows;
 * another canary draws other callers.
 */
export function versionFor({ name, current, canary }: Pointer, caller: string | undefined): Version {
  if (!canary || caller === undefined) return current;
  return (hash(`${name}@${canary.version} ${caller}`) / 2 ** 32) * 100 < canary.percent ? canary : current;
}

/** FNV-1a over UTF-16 units, then MurmurHash3's finaliser, without which like names fall together. @returns 32 bits */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function isVersion(value: unknown): value is Version {
  if (typeof value !== "object" || value === null) return false;
  const { version, sha256, publishedAt, abandoned, rolledBack } = value as Version;
  const whole = Number.isSafeInteger(version) && version > 0;
  const named = whole && /^[0-9a-f]{64}$/.test(String(sha256));
  return (
    named && isDate(publishedAt) && [abandoned, rolledBack].every((mark) => [undefined, true, false].includes(mark))
  );
}

function isDate(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}
