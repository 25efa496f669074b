/** The pointer: which weights a model name stands for, now and before. The contract between publishing and serving. */

export interface Version {
  readonly version: number;
  /** Of the artefact's bytes; its KV key is `weights/{sha256}`. */
  readonly sha256: string;
  /** ISO 8601. */
  readonly publishedAt: string;
}

export interface Pointer {
  readonly name: string;
  readonly current: Version;
  /** Other versions that can be served again, newest first. */
  readonly history: readonly Version[];
}

/** Names of models: what may stand in a path and a key. */
export const MODEL_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export const pointerKey = (name: string): string => `models/${name}`;
export const weightsKey = (sha256: string): string => `weights/${sha256}`;

/** Reads a pointer from KV's text. @returns undefined where it is not one */
export function readPointer(text: string): Pointer | undefined {
  try {
    const pointer = JSON.parse(text) as Pointer;
    const { name, current, history } = pointer;
    const good = MODEL_NAME.test(name) && isVersion(current) && Array.isArray(history) && history.every(isVersion);
    return good ? pointer : undefined;
  } catch {
    return undefined;
  }
}

function isVersion(value: unknown): value is Version {
  if (typeof value !== "object" || value === null) return false;
  const { version, sha256, publishedAt } = value as Version;
  const dated = typeof publishedAt === "string" && !Number.isNaN(Date.parse(publishedAt));
  return Number.isSafeInteger(version) && version > 0 && /^[0-9a-f]{64}$/.test(String(sha256)) && dated;
}
