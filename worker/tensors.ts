/** Tensors of the Open Inference Protocol, to and from the rows and scores of a model. */
import { list, nearest, quote } from "../model/names.ts";
import type { Feature } from "../model/schema.ts";
import type { Scorer } from "../model/scorer.ts";
import { binaryElements, type Tensor } from "./binary-tensors.ts";
import type { Datatype } from "./inference-schemas.ts";
import { ROWS } from "./limits.ts";
import { checkEncoded } from "./predictions.ts";
import { Problem } from "./problem.ts";

/** The one tensor [n, inputs] that may stand for all features: rows as the network reads them. */
const ENCODED = "encoded";

/** What a feature's tensor is announced as; any other datatype whose values the feature takes will do. */
export function datatypeOf({ kind }: Feature): Datatype {
  return kind === "categorical" ? "BYTES" : kind === "boolean" ? "BOOL" : "FP64";
}

/**
 * Encoded rows (n, inputs) out of a request's tensors: one a feature, or `encoded`.
 *
 * @throws Problem 400 naming the tensor, 413; as checkEncoded and Scorer.encodeInto do
 */
export function encodeTensors(inputs: readonly Tensor[], scorer: Scorer): Float32Array {
  const [first] = inputs;
  const { features } = scorer.artefact.schema;
  if (first.name === ENCODED && inputs.length === 1 && !features.some(({ name }) => name === ENCODED)) {
    const rows = rowsOf(first, scorer.inputs);
    if (!first.datatype.startsWith("FP")) throw invalid(`Input "${ENCODED}" must be FP16, FP32 or FP64.`);
    const values = flatten(first, rows * scorer.inputs);
    checkElements(first, values, false);
    return checkEncoded(Float32Array.from(values as number[]), scorer);
  }
  const columns = featureColumns(inputs, features);
  const rows = rowsOf(first, 1);
  const encoded = new Float32Array(rows * scorer.inputs);
  const row = new Array<unknown>(features.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < row.length; j++) row[j] = columns[j][i];
    scorer.encodeInto(row, encoded, i * scorer.inputs, i);
  }
  return encoded;
}

/** Elements of each feature's tensor, in schema order; all of the same length. */
function featureColumns(inputs: readonly Tensor[], features: readonly Feature[]): (readonly unknown[])[] {
  const names = features.map(({ name }) => name);
  const byName = new Map<string, Tensor>();
  for (const input of inputs) {
    if (byName.has(input.name)) throw invalid(`Input ${quote(input.name)} is there twice.`);
    byName.set(input.name, input);
    if (names.includes(input.name)) continue;
    const near = nearest(input.name, names);
    const hint = near.length > 0 ? `Did you mean ${near.map(quote).join(" or ")}?` : undefined;
    throw invalid(`Input ${quote(input.name)} is no feature of the model.`, hint);
  }
  const missing = names.filter((name) => !byName.has(name));
  if (missing.length > 0) throw invalid(`Inputs are missing: ${list(missing, 5)}.`);
  const rows = rowsOf(inputs[0], 1);
  return names.map((name) => {
    const input = byName.get(name) ?? inputs[0];
    if (rowsOf(input, 1) !== rows) throw invalid(`Input ${quote(name)} has another number of rows than the first.`);
    const values = flatten(input, rows);
    checkElements(input, values, true);
    return values;
  });
}

/** How many rows of `width` elements a tensor has. @throws Problem 400 where its shape is another, 413 */
function rowsOf({ name, shape }: Tensor, width: number): number {
  const [rows, columns = 1] = shape;
  if (shape.length === 0 || shape.length > 2 || columns !== width || (shape.length === 1 && width !== 1)) {
    const wanted = width === 1 ? "[n] or [n, 1]" : `[n, ${width}]`;
    throw invalid(`Input ${quote(name)} has the shape [${shape.join(", ")}], not ${wanted}.`);
  }
  if (rows === 0) throw invalid(`Input ${quote(name)} has no rows.`);
  if (rows > ROWS) {
    const detail = `${rows} rows are over the limit of ${ROWS}.`;
    throw new Problem(413, "rows-too-many", detail, "Send them in several requests.");
  }
  return rows;
}

/** Elements in row-major order, given flat, nested as the shape says, or binary. */
function flatten({ name, shape, datatype, data = [], binary }: Tensor, many: number): readonly unknown[] {
  if (binary) return binaryElements(name, datatype, binary, many);
  if (datatype === "FP16")
    throw invalid(`Input ${quote(name)}: JSON has no form for FP16.`, "Send it binary, or as FP32.");
  const nested = shape.length === 2 && data.length === shape[0] && data.every((part) => Array.isArray(part));
  if (nested && !data.every((part) => (part as unknown[]).length === shape[1])) {
    throw invalid(`The data of input ${quote(name)} do not have its shape.`);
  }
  const values = nested ? data.flat() : data;
  if (values.length === many) return values;
  throw invalid(`Input ${quote(name)} has ${values.length} elements, its shape says ${many}.`);
}

function checkElements({ name, datatype }: Tensor, values: readonly unknown[], missing: boolean): void {
  const good = ELEMENT[datatype];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (good(value) || (missing && value === null)) continue;
    throw invalid(`Element ${i} of input ${quote(name)} is no ${datatype}.`);
  }
}

function float(largest: number): (value: unknown) => boolean {
  return (value) => typeof value === "number" && Math.abs(value) <= largest;
}

function whole(least: number, most: number): (value: unknown) => boolean {
  return (value) => typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

/** Which JSON values are elements of a datatype. Integers of 64 bits come as JSON numbers do, exact up to 2⁵³. */
const ELEMENT: Readonly<Record<Datatype, (value: unknown) => boolean>> = {
  BOOL: (value) => typeof value === "boolean",
  UINT8: whole(0, 2 ** 8 - 1),
  UINT16: whole(0, 2 ** 16 - 1),
  UINT32: whole(0, 2 ** 32 - 1),
  UINT64: whole(0, 2 ** 64),
  INT8: whole(-(2 ** 7), 2 ** 7 - 1),
  INT16: whole(-(2 ** 15), 2 ** 15 - 1),
  INT32: whole(-(2 ** 31), 2 ** 31 - 1),
  INT64: whole(-(2 ** 63), 2 ** 63),
  FP16: float(65_504),
  FP32: float(3.4028234663852886e38),
  FP64: float(Number.MAX_VALUE),
  BYTES: (value) => typeof value === "string",
};

function invalid(detail: string, remedy = "GET the model's metadata for names, datatypes and shapes."): Problem {
  return new Problem(400, "request-invalid", detail, remedy);
}
