/** The inference protocol's binary data extension: tensors behind the JSON of a body, as Triton and KServe define it. */
import { quote } from "../model/names.ts";
import type { Datatype, InferInput } from "./inference-schemas.ts";
import { Problem } from "./problem.ts";

/** Says how many bytes of a body are its JSON; without it all of them are. */
export const HEADER_LENGTH = "inference-header-content-length";

/** An input with its elements in one form or the other. */
export type Tensor = InferInput & { readonly binary?: Uint8Array };

/** A body's JSON and what stands behind it. @throws Problem 400 where the header does not fit the body */
export function splitBody(headers: Headers, body: Uint8Array): { json: Uint8Array; binary: Uint8Array } {
  const text = headers.get(HEADER_LENGTH) ?? String(body.length);
  const length = Number(text);
  if (!/^\d{1,9}$/.test(text) || length > body.length) {
    throw invalid(`${HEADER_LENGTH} is no number of bytes that the body of ${body.length} has.`);
  }
  return { json: body.subarray(0, length), binary: body.subarray(length) };
}

/**
 * Gives each input that states a binary_data_size its bytes, in the order of the inputs.
 *
 * @throws Problem 400 where an input has neither form or both, or the sizes do not come to the bytes there are
 */
export function withBinary(inputs: readonly InferInput[], binary: Uint8Array): Tensor[] {
  let at = 0;
  const tensors = inputs.map((input) => {
    const size = input.parameters?.binary_data_size;
    if ((size === undefined) === (input.data === undefined)) {
      throw invalid(`Input ${quote(input.name)} must have either data or the parameter binary_data_size.`);
    }
    if (size === undefined) return input;
    if (typeof size !== "number" || !Number.isInteger(size) || size < 0 || size > binary.length - at) {
      throw invalid(`The binary_data_size of input ${quote(input.name)} is no number of the bytes behind the JSON.`);
    }
    return { ...input, binary: binary.subarray(at, (at += size)) };
  });
  if (at === binary.length) return tensors;
  throw invalid(`${binary.length - at} bytes behind the JSON are no input's.`);
}

/**
 * The elements of a binary tensor, as JSON would have them.
 *
 * @throws Problem 400 where the bytes are not those of `many` elements
 */
export function binaryElements(name: string, datatype: Datatype, bytes: Uint8Array, many: number): unknown[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (datatype === "BYTES") return texts(name, bytes, view, many);
  const [size, at] = READ[datatype];
  if (bytes.length !== many * size) {
    throw invalid(`Input ${quote(name)} has ${bytes.length} bytes, its shape and datatype say ${many * size}.`);
  }
  return Array.from({ length: many }, (_, i) => at(view, i * size));
}

/** Bytes of an element, and how one is read. Integers of 64 bits are exact up to 2⁵³, as in JSON. */
const READ: Readonly<Record<Exclude<Datatype, "BYTES">, readonly [number, (view: DataView, at: number) => unknown]>> = {
  // what is neither 0 nor 1 stays a number, and so is refused
  BOOL: [1, (view, at) => [false, true][view.getUint8(at)] ?? view.getUint8(at)],
  UINT8: [1, (view, at) => view.getUint8(at)],
  UINT16: [2, (view, at) => view.getUint16(at, true)],
  UINT32: [4, (view, at) => view.getUint32(at, true)],
  UINT64: [8, (view, at) => Number(view.getBigUint64(at, true))],
  INT8: [1, (view, at) => view.getInt8(at)],
  INT16: [2, (view, at) => view.getInt16(at, true)],
  INT32: [4, (view, at) => view.getInt32(at, true)],
  INT64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  FP16: [2, (view, at) => view.getFloat16(at, true)],
  FP32: [4, (view, at) => view.getFloat32(at, true)],
  FP64: [8, (view, at) => view.getFloat64(at, true)],
};

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Strings, each behind its length of four bytes. */
function texts(name: string, bytes: Uint8Array, view: DataView, many: number): string[] {
  const found: string[] = [];
  let at = 0;
  try {
    for (; found.length < many; at += 4 + view.getUint32(at, true)) {
      const from = at + 4;
      const to = from + view.getUint32(at, true);
      if (to > bytes.length) break;
      found.push(UTF8.decode(bytes.subarray(from, to)));
    }
  } catch {
    throw invalid(`Element ${found.length} of input ${quote(name)} is cut off, or no UTF-8.`);
  }
  if (found.length === many && at === bytes.length) return found;
  throw invalid(`Input ${quote(name)} is not ${many} strings, each behind its length.`);
}

function invalid(detail: string): Problem {
  const remedy = `See docs/serving.md on ${HEADER_LENGTH}, or send the tensors as JSON.`;
  return new Problem(400, "request-invalid", detail, remedy);
}
