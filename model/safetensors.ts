/** The safetensors format: u64 header length, JSON header, tensor bytes. The reader trusts nothing it reads. */
import type { Tensor } from "./artefact.ts";
import { type ErrorCode, UnseenError } from "./errors.ts";
import { JsonValue } from "./json-value.ts";
import { quote } from "./names.ts";
import { ELEMENT_BYTES, elementCount } from "./tensor.ts";

/**
 * Most bytes of a header: 4096 features (the most a network has) with names of 100 letters, and 16 golden rows of
 * them, take under 3 MiB. Parsed, a hostile header of this size stays well within the 128 MB of an isolate.
 */
const HEADER_CAP = 4 * 2 ** 20;
/** Most tensors; the largest network within LIMITS has 136. */
const TENSOR_CAP = 1024;
/** Most dimensions of a tensor. */
const RANK_CAP = 32;
/** The header's one entry that is no tensor. */
const METADATA = "__metadata__";
/** Tensor bytes begin on a multiple of this, so that elements of every type are aligned in the file. */
const ALIGNMENT = 8;

const REMEDIES = {
  "artefact-truncated": "The file is cut short: copy, download or publish it again.",
  "artefact-malformed": "The file is damaged or no safetensors file: train or publish it again.",
  "artefact-too-large": "The file is larger than a model may be: use fewer features or golden rows.",
} satisfies Partial<Record<ErrorCode, string>>;

function fault(code: keyof typeof REMEDIES, message: string): UnseenError {
  return new UnseenError(code, message, REMEDIES[code]);
}

function malformed(message: string): UnseenError {
  return fault("artefact-malformed", message);
}

/** What a safetensors file holds. */
export interface Safetensors {
  /** Without a prototype, so that every name is harmless. */
  readonly metadata: Record<string, string>;
  /** In the order of their bytes, which they share with the file. */
  readonly tensors: Map<string, Tensor>;
}

/**
 * Reads a file and checks every invariant of the format: sizes, UTF-8, JSON without duplicate names, element types,
 * shapes that fit their bytes, byte ranges that follow one another without overlap or hole to the end of the file.
 *
 * @throws UnseenError artefact-truncated, artefact-malformed, artefact-too-large
 * @see https://github.com/huggingface/safetensors#format
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  const { header, data } = split(bytes);
  const metadata: Record<string, string> = Object.create(null);
  const spans: { name: string; entry: JsonValue; begin: number; end: number }[] = [];
  for (const [name, entry] of header.entries()) {
    if (!name.isWellFormed()) throw malformed(`the tensor name ${quote(name)} is not Unicode`);
    if (name === METADATA) {
      for (const [key, value] of entry.entries()) {
        if (!key.isWellFormed()) throw malformed(`the metadata name ${quote(key)} is not Unicode`);
        metadata[key] = value.text();
      }
      continue;
    }
    const { data_offsets: offsets } = entry.fields("dtype", "shape", "data_offsets");
    const [begin, end] = offsets.items(2).map((item) => item.integer());
    if (end === undefined) throw offsets.wrong("two numbers");
    spans.push({ name, entry, begin, end });
    checkCount(spans.length);
  }
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, Tensor>();
  let position = 0;
  for (const { name, entry, begin, end } of spans) {
    const where = `tensor ${quote(name)}`;
    if (begin < position) throw malformed(`${where} overlaps the bytes before ${position}`);
    if (begin > position) throw malformed(`bytes ${position} to ${begin} before ${where} are unused`);
    if (end < begin) throw malformed(`${where} ends at ${end}, before it begins`);
    if (end > data.length) {
      throw fault("artefact-truncated", `${where} ends at byte ${end} of ${data.length}`);
    }
    tensors.set(name, readTensor(entry, data.subarray(begin, end), where));
    position = end;
  }
  if (position < data.length) {
    throw malformed(`${data.length - position} bytes follow the last tensor`);
  }
  return { metadata, tensors };
}

function split(bytes: Uint8Array): { header: JsonValue; data: Uint8Array } {
  if (bytes.length < 8) {
    throw fault("artefact-truncated", `the file has ${bytes.length} bytes, fewer than a header`);
  }
  const words = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const length = words.getUint32(0, true) + words.getUint32(4, true) * 2 ** 32;
  if (length > HEADER_CAP) {
    if (length > bytes.length) throw malformed("header: no safetensors file begins like this");
    throw fault("artefact-too-large", `header: ${length} bytes; at most ${HEADER_CAP} are read`);
  }
  if (8 + length > bytes.length) {
    throw fault("artefact-truncated", `header: ${length} bytes announced, ${bytes.length - 8} there`);
  }
  if (bytes[8] !== 0x7b || length === 0) throw malformed("header: does not begin with {");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes.subarray(8, 8 + length));
  } catch {
    throw malformed("header: not UTF-8");
  }
  return { header: JsonValue.parse(text, "header", malformed), data: bytes.subarray(8 + length) };
}

function readTensor(entry: JsonValue, bytes: Uint8Array, where: string): Tensor {
  const fields = entry.at(where).fields("dtype", "shape", "data_offsets");
  const dtype = fields.dtype.oneOf(...(Object.keys(ELEMENT_BYTES) as Tensor["dtype"][]));
  const shape = fields.shape.items(RANK_CAP).map((size) => size.integer());
  const needed = byteLength(dtype, shape);
  if (needed !== bytes.length) {
    throw malformed(`${where} has ${bytes.length} bytes, its shape takes ${needed ?? "more than can be counted"}`);
  }
  return { dtype, shape, bytes };
}

/** Bytes of a tensor; undefined where that is no safe integer. */
function byteLength(dtype: Tensor["dtype"], shape: readonly number[]): number | undefined {
  const length = (elementCount(shape) ?? Infinity) * ELEMENT_BYTES[dtype];
  return Number.isSafeInteger(length) ? length : undefined;
}

/**
 * Writes a file. The same tensors and metadata give the same bytes whatever their order: metadata by name, tensors by
 * element size (largest first, which keeps each aligned) and then by name, the header padded with spaces.
 *
 * @throws UnseenError artefact-malformed where a tensor's bytes do not fit its shape or a name cannot be written,
 * artefact-too-large
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  checkCount(tensors.size);
  const ordered = [...tensors].toSorted(
    ([a, { dtype: x }], [b, { dtype: y }]) => ELEMENT_BYTES[y] - ELEMENT_BYTES[x] || (a < b ? -1 : 1),
  );
  // written name by name: an object would reorder names like "0" and choke on "__proto__"
  const entries: string[] = [];
  const notes = Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (notes.length > 0) {
    const pairs = notes.map(([key, value]) => `${written(key)}:${written(value)}`);
    entries.push(`"${METADATA}":{${pairs.join(",")}}`);
  }
  let position = 0;
  for (const [name, { dtype, shape, bytes }] of ordered) {
    if (name === METADATA) throw malformed(`no tensor may be named ${METADATA}`);
    if (byteLength(dtype, shape) !== bytes.length || shape.length > RANK_CAP) {
      throw malformed(`tensor ${quote(name)} of ${dtype} [${shape.join(", ")}] has ${bytes.length} bytes`);
    }
    const end = position + bytes.length;
    entries.push(`${written(name)}:${JSON.stringify({ dtype, shape, data_offsets: [position, end] })}`);
    position = end;
  }
  const text = new TextEncoder().encode(`{${entries.join(",")}}`);
  const length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  if (length > HEADER_CAP) {
    throw fault("artefact-too-large", `header: ${length} bytes; at most ${HEADER_CAP} are read`);
  }
  const file = new Uint8Array(8 + length + position);
  new DataView(file.buffer).setUint32(0, length, true);
  file.set(text, 8);
  file.fill(0x20, 8 + text.length, 8 + length);
  let at = 8 + length;
  for (const [, { bytes }] of ordered) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

function checkCount(tensors: number): void {
  if (tensors <= TENSOR_CAP) return;
  throw fault("artefact-too-large", `${tensors} tensors; at most ${TENSOR_CAP} are read`);
}

function written(text: string): string {
  if (!text.isWellFormed()) throw malformed(`the name or value ${quote(text)} is not Unicode`);
  return JSON.stringify(text);
}
