/** Request bodies: JSON, read no further than the limit. */
import { BODY_BYTES } from "./limits.ts";
import { Problem } from "./problem.ts";

/** @throws Problem 415, 413 (counted while reading), 400 saying where the JSON breaks */
export async function readJson(request: Request): Promise<unknown> {
  const type = (request.headers.get("content-type") ?? "").split(";", 1)[0].trim().toLowerCase();
  if (type !== "application/json") {
    throw new Problem(415, "media-type", `The body is ${type || "of no type"}.`, "Send application/json.");
  }
  const bytes = await readBytes(request);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new Problem(400, "body-malformed", "The body is not UTF-8.", "Send JSON in UTF-8.");
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The engine's message quotes the input; only the position is passed on.
    const at = /position (\d+)/.exec(cause instanceof Error ? cause.message : "")?.[1];
    const where = at === undefined ? (text.trim() === "" ? ": it is empty" : " at its end") : ` at character ${at}`;
    throw new Problem(400, "body-malformed", `The body is not JSON${where}.`, "Send one JSON object.");
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const tooLarge = (): Problem =>
    new Problem(413, "body-too-large", `The body is over ${BODY_BYTES} bytes.`, "Send fewer rows at a time.");
  if (Number(request.headers.get("content-length") ?? 0) > BODY_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > BODY_BYTES) {
      await reader.cancel();
      throw tooLarge();
    }
    chunks.push(value);
  }
  if (chunks.length === 1) return chunks[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}
