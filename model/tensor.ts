/** Tensors as a file holds them: element types, sizes, and their values as 32-bit floats. */
import type { Tensor } from "./artefact.ts";
import { UnseenError } from "./errors.ts";

/** Bytes of one element. */
export const ELEMENT_BYTES: Readonly<Record<Tensor["dtype"], number>> = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  I16: 2,
  I8: 1,
  U8: 1,
};

/** Elements of a shape, 1 for []; undefined where that is no safe integer. */
export function elementCount(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    count *= size;
    if (count > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return count;
}

/** A tensor over 32-bit floats, sharing their memory. */
export function floatTensor(values: Float32Array, shape: readonly number[]): Tensor {
  if (elementCount(shape) !== values.length) {
    throw new RangeError(`${values.length} values do not fill [${shape.join(", ")}]`);
  }
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { dtype: "F32", shape, bytes };
}

/**
 * Values of an F32 or F16 tensor, row-major: a view of an F32 tensor's bytes where they lie on a multiple of four
 * (so do not write to it), else a copy. Every platform this runs on is little-endian, as the file is.
 *
 * @throws UnseenError artefact-malformed for another element type
 */
export function tensorValues({ dtype, bytes }: Tensor): Float32Array {
  if (dtype === "F32") {
    const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
    return new Float32Array(buffer, byteOffset, bytes.length / 4);
  }
  if (dtype === "F16") return widened(bytes);
  throw new UnseenError(
    "artefact-malformed",
    `a tensor of ${dtype} stands where floats are needed`,
    "Write weights as F32 or F16.",
  );
}

/** IEEE 754 binary16 to binary32, exactly. */
function widened(bytes: Uint8Array): Float32Array {
  // in machine code where the platform has half floats: browsers of before 2025 do not
  if (typeof Float16Array === "function") return new Float32Array(new Float16Array(new Uint8Array(bytes).buffer));
  const halves = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Float32Array(bytes.length / 2);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < values.length; i++) {
    const bits = halves.getUint16(2 * i, true);
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    // a subnormal half is a normal float; infinity and NaN keep their exponent of ones
    if (exponent === 0) values[i] = fraction * 2 ** -24;
    else words[i] = ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
    words[i] |= (bits & 0x8000) << 16;
  }
  return values;
}
