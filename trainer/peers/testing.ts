/** For tests of the peers: toy matrices, a training side made of matrices, and the reference protocol's rows. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Matrix } from "../data/matrix.ts";
import { drawFor, gaussian } from "../learn/draw.ts";
import type { EncodedSide, TrainingSide } from "./method.ts";

/** Rows of independent normal draws around `centre` in every column. */
export function blob(rows: number, cols: number, centre: number, seed: number, spread = 1): Matrix {
  const draw = drawFor(seed, 0);
  const data = Float32Array.from({ length: rows * cols }, () => centre + spread * gaussian(draw));
  return { rows, cols, data };
}

/** A matrix of these rows. */
export function matrixOf(rows: readonly (readonly number[])[]): Matrix {
  return { rows: rows.length, cols: rows[0].length, data: Float32Array.from(rows.flat()) };
}

/** A training side without the data set behind it: methods that read encoded rows alone need no more. */
export function sideOf(normal: Matrix, seen: readonly Matrix[] = [], seed = 1): TrainingSide {
  const none: Matrix = { rows: 0, cols: normal.cols, data: new Float32Array(0) };
  const side: EncodedSide = {
    width: normal.cols,
    normal: [{ domain: "all", train: normal, validation: none }],
    seen: seen.map((support, i) => ({ family: `family ${i}`, kin: `family ${i}`, support, validation: none })),
    seed,
  };
  return side as TrainingSide;
}

const PROJECT = resolve(import.meta.dirname, "../..");
const DATA = resolve(PROJECT, process.env["UNSEEN_DATA"] ?? "../shared/data");
const REFERENCE = resolve(PROJECT, "../shared/reference/peers.json");

/** One family held out by the protocol of the reference figures. */
export interface ReferenceCell {
  readonly family: string;
  readonly support: readonly Matrix[];
  /** Normal test rows followed by the family's. */
  readonly test: Matrix;
  readonly labels: Uint8Array;
  /** By the reference's names of the methods: AUC-ROC and average precision. */
  readonly figures: Readonly<Record<string, readonly [number, number]>>;
}

export interface ReferenceData {
  readonly train: Matrix;
  readonly cells: readonly ReferenceCell[];
  readonly macro: Readonly<Record<string, number>>;
}

interface PeersFile {
  readonly [data: string]: {
    readonly n_train_normal: number;
    readonly held_out: Readonly<
      Record<
        string,
        {
          readonly n_normal: number;
          readonly n_anomalous: number;
          readonly auc_roc_ap: Readonly<Record<string, readonly [number, number]>>;
        }
      >
    >;
    readonly macro_auc_roc: Readonly<Record<string, number>>;
  };
}

interface Meta {
  readonly normal_domains: readonly { readonly file: string }[];
  readonly families: readonly { readonly name: string; readonly file: string }[];
}

/** What is missing for comparing with the reference on a data set, in a word; undefined if nothing is. */
export function missingReference(name: string): string | undefined {
  return [REFERENCE, resolve(DATA, name)].find((path) => !existsSync(path));
}

/** Reads a data set by the protocol of ../shared/reference/README.md. @throws Error where row counts differ from it */
export function readReference(name: string): ReferenceData {
  const folder = resolve(DATA, name);
  const meta = JSON.parse(readFileSync(resolve(folder, "meta.json"), "utf8")) as Meta;
  const wanted = (JSON.parse(readFileSync(REFERENCE, "utf8")) as PeersFile)[name];
  const normal = meta.normal_domains.map(({ file }) => readTable(resolve(folder, file)));
  const train = normal.flatMap((rows) => rows.slice(0, Math.min(4000, Math.floor(0.6 * rows.length))));
  const test = normal.flatMap((rows) => {
    const start = Math.floor(0.8 * rows.length);
    return rows.slice(start, start + 1500);
  });
  if (train.length !== wanted.n_train_normal) throw new Error(`${name}: ${train.length} normal training rows`);
  const encode = encoderOf(train);
  const families = meta.families
    .map(({ name: family, file }) => ({ family, rows: readTable(resolve(folder, file)) }))
    .filter(({ rows }) => rows.length >= 300);
  const cells = families.map(({ family, rows }) => {
    const anomalous = rows.slice(200, 2200);
    const { n_normal, n_anomalous, auc_roc_ap: figures } = wanted.held_out[family];
    if (test.length !== n_normal || anomalous.length !== n_anomalous) throw new Error(`${name}, ${family}: test rows`);
    return {
      family,
      support: families.filter((other) => other.family !== family).map((other) => encode(other.rows.slice(0, 100))),
      test: encode([...test, ...anomalous]),
      labels: new Uint8Array(test.length + anomalous.length).fill(1, test.length),
      figures,
    };
  });
  return { train: encode(train), cells, macro: wanted.macro_auc_roc };
}

/** Numeric rows of a csv.gz in file order. */
function readTable(path: string): Float64Array[] {
  const lines = gunzipSync(readFileSync(path)).toString().trimEnd().split("\n").slice(1);
  return lines.map((line) => Float64Array.from(line.split(","), Number));
}

/** Signed log where training values pass 50, then standardised on the training rows, clipped to ±10. */
function encoderOf(train: readonly Float64Array[]): (rows: readonly Float64Array[]) => Matrix {
  const cols = train[0].length;
  const wide = Array.from({ length: cols }, (_, j) => train.some((row) => Math.abs(row[j]) > 50));
  const value = (x: number, j: number): number => (wide[j] ? Math.sign(x) * Math.log1p(Math.abs(x)) : x);
  const scales = Array.from({ length: cols }, (_, j) => {
    const mean = train.reduce((sum, row) => sum + value(row[j], j), 0) / train.length;
    const variance = train.reduce((sum, row) => sum + (value(row[j], j) - mean) ** 2, 0) / train.length;
    return { mean, deviation: variance < 1e-6 ? 1 : Math.sqrt(variance) };
  });
  return (rows) => {
    const data = new Float32Array(rows.length * cols);
    for (let i = 0, at = 0; i < rows.length; i++) {
      for (let j = 0; j < cols; j++, at++) {
        const { mean, deviation } = scales[j];
        data[at] = Math.min(10, Math.max(-10, (value(rows[i][j], j) - mean) / deviation));
      }
    }
    return { rows: rows.length, cols, data };
  };
}
