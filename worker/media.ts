/** Media types: what a body is, and which form of an answer a caller accepts. */
import { Problem } from "./problem.ts";

export const JSON_TYPE = "application/json";
export const LINES_TYPE = "application/x-ndjson";
export const BINARY_TYPE = "application/octet-stream";

/** Content codings that are undone; `deflate` is zlib's format, as HTTP has it. */
export type Coding = "gzip" | "deflate";

/** How a body is compressed; undefined where it is not. @throws Problem 415 for any other coding, or several */
export function bodyCoding(headers: Headers): Coding | undefined {
  const coding = headers.get("content-encoding")?.trim().toLowerCase();
  if (!coding || coding === "identity") return undefined;
  if (coding === "deflate") return coding;
  // the old name means the same (RFC 9110, 8.4.1.3)
  if (coding === "gzip" || coding === "x-gzip") return "gzip";
  const detail = "The body is compressed in a way that this Worker does not undo.";
  const extra = { headers: { "accept-encoding": "gzip, deflate" } };
  throw new Problem(415, "content-encoding", detail, "Send it as gzip or deflate, or without content-encoding.", extra);
}

/** The type of a body, without its parameters. @throws Problem 415 where it is none of `known` */
export function bodyType(headers: Headers, known: readonly string[]): string {
  const type = (headers.get("content-type") ?? "").split(";", 1)[0].trim().toLowerCase();
  if (known.includes(type)) return type;
  const found = /^[\w.+-]{1,64}\/[\w.+-]{1,64}$/.test(type) ? type : "of no type";
  const extra = { headers: { "accept-post": known.join(", ") } };
  throw new Problem(415, "media-type", `The body is ${found}.`, `Send ${known.join(" or ")}.`, extra);
}

/**
 * The first of the types on offer that an accept header takes with its highest weight; the first one where there is none.
 *
 * @throws Problem 406 where it takes none of them
 */
export function answerType(accept: string | null, offers: readonly string[]): string {
  if (accept === null || accept.trim() === "") return offers[0];
  const ranges = accept.split(",", 64).map(readRange);
  let best: { readonly type: string; readonly weight: number } | undefined;
  for (const type of offers) {
    const weight = weightOf(type, ranges);
    if (weight > (best?.weight ?? 0)) best = { type, weight };
  }
  if (best) return best.type;
  const detail = "The accept header takes none of the forms this answer comes in.";
  throw new Problem(406, "not-acceptable", detail, `Accept ${offers.join(" or ")}.`);
}

interface Range {
  readonly type: string;
  readonly weight: number;
}

function readRange(text: string): Range {
  const [type, ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => /^q\s*=/.test(parameter))?.replace(/^q\s*=\s*/, "");
  const weight = q === undefined ? 1 : Number(q);
  return { type, weight: weight >= 0 && weight <= 1 ? weight : 0 };
}

/** The weight of the range that names a type most exactly (RFC 9110, 12.5.1); 0 where none does. */
function weightOf(type: string, ranges: readonly Range[]): number {
  for (const name of [type, `${type.split("/", 1)[0]}/*`, "*/*"]) {
    const range = ranges.find((each) => each.type === name);
    if (range) return range.weight;
  }
  return 0;
}
