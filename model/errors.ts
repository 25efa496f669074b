/** The one error class of the project: a stable code, what went wrong and where, and what to do about it. */

/** Stable codes; each is documented in docs/errors.md with its cause and remedy. */
export type ErrorCode =
  // rows and features
  | "feature-unknown"
  | "feature-missing"
  | "value-wrong-type"
  | "value-not-finite"
  | "row-wrong-shape"
  | "row-wrong-length"
  // schema and artefact
  | "schema-invalid"
  | "artefact-truncated"
  | "artefact-malformed"
  | "artefact-too-large"
  | "artefact-version"
  | "artefact-self-test"
  | "network-limits"
  | "threshold-unknown"
  | "reference-missing"
  // data sets
  | "data-not-found"
  | "data-unreadable"
  | "data-ragged"
  | "data-empty"
  | "data-too-small"
  | "data-changed"
  | "column-unknown"
  | "family-unknown"
  // commands and publishing
  | "option-invalid"
  | "build-missing"
  | "publish-failed"
  | "version-unknown"
  | "canary-impossible"
  | "calibration-refused"
  | "endpoint-failed"
  | "port-unavailable"
  | "checkpoint-mismatch"
  | "interrupted";

/** Where in the caller's input the fault lies; whatever is known is filled in. */
export interface ErrorPlace {
  file?: string;
  /** Zero-based index of the row in the request, or one-based data row of a file (header not counted). */
  row?: number;
  feature?: string;
}

/** What was thrown, in words. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Thrown for every fault the caller can do something about.
 *
 * `message` says what is wrong and where; `remedy` says what to do next, in one sentence.
 */
export class UnseenError extends Error {
  override readonly name = "UnseenError";
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly place: ErrorPlace;

  constructor(code: ErrorCode, message: string, remedy: string, place: ErrorPlace = {}) {
    super(message);
    this.code = code;
    this.remedy = remedy;
    this.place = place;
  }
}
