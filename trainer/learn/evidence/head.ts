/** The head over evidence: weights ≥ 0, fitted where the evidence was blind to the family, drawn towards their shares. */
import { counted } from "../../../model/evidence.ts";
import { plattLine, sigmoid } from "../../evaluate/calibrate.ts";
import { backward, cholesky, forward } from "../cholesky.ts";
import { joined, type Table } from "./rows-of-evidence.ts";

/** How strongly weights are drawn to their shares. Chosen among .0001 to .3 by families hidden in turn, on five data sets. */
const RIDGE = 0.001;
const ROUNDS = 60;
/** Share of strange rows among the normal ones. Half of it makes distances useless; none, and they are trusted blindly. */
const STRANGE = 0.1;
/** Where evidence says nothing, or the wrong thing, weights are drawn to this. */
const LEAST_WEIGHT = 0.02;
const TOLERANCE = 1e-7;
/** T stays inside these. */
const TEMPERATURES = [0.1, 10] as const;

/** Normal rows that the head is fitted beside. */
export interface Normals {
  readonly known: Table;
  /** Of domains kept from the parts that judge them: how a new domain would look. They count a tenth, known rows the rest. */
  readonly strange: Table;
}

/** How kinds of evidence are weighed. */
export interface Weighing {
  /** What each kind counts against the others, 0 for one that gets no weight. */
  readonly shares: readonly number[];
  /** Whether the weights are learned, drawn to the shares; else they are as the shares. */
  readonly learned: boolean;
}

/** Weights learned, drawn to equal ones for the kinds that are used. */
export function equally(used: readonly boolean[]): Weighing {
  return { shares: used.map(Number), learned: true };
}

export interface Head {
  readonly weights: Float64Array;
  readonly bias: number;
  /** From which z on each kind counts more, in a head that ships. */
  readonly far?: ArrayLike<number>;
}

/**
 * Logistic regression of the families against the normal rows: normal and anomalous half each, families alike, each
 * weight ≥ 0 and drawn to its share. What is far counts once here: families that a kind tells from far off would take weight
 * from it where it has to tell others. Unconstrained weights hurt: kinds of evidence are correlated. Without families, weights
 * are the shares.
 */
export function fitHead(
  normal: Normals,
  families: ReadonlyMap<string, Table>,
  { shares: given, learned }: Weighing,
): Head {
  const tables = [...families.values()];
  const sum = given.reduce((all, share) => all + share, 0);
  const shares = Float64Array.from(given, (share) => share / (sum || 1));
  if (tables.length === 0 || normal.known.rows === 0) return headOfShares(normal.known, shares);
  return learned ? regress(normal, tables, shares) : regressAsOne(normal, tables, shares);
}

/** What the head says of rows, before the temperature. */
export function headLogits({ weights, bias, far }: Head, { rows, data }: Table): number[] {
  const values = far ? data.map((z, at) => counted(z, far[at % weights.length])) : data;
  return Array.from({ length: rows }, (_, i) => dot(values, i * weights.length, weights) + bias);
}

/**
 * Temperature and bias that make the confidence of the whole model a probability on validation rows, normal ones and
 * labels of seen families that no part was fitted on (Platt 1999); labels alike, normal and anomalous rows half each.
 */
export function calibrate(head: Head, normal: Table, seen: readonly Table[]): { temperature: number; shift: number } {
  if (seen.length === 0 || normal.rows === 0) return { temperature: 1, shift: 0 };
  const logits = [normal, ...seen].flatMap((rows) => headLogits(head, rows));
  const labels = new Uint8Array(logits.length).fill(1, normal.rows);
  const { slope, intercept } = plattLine(labels, logits);
  if (!(slope > 0)) return { temperature: 1, shift: 0 };
  const temperature = Math.min(TEMPERATURES[1], Math.max(TEMPERATURES[0], 1 / slope));
  return { temperature, shift: intercept / slope };
}

/** Weights as the shares; the boundary where one normal row in a hundred lies beyond. */
function headOfShares(normal: Table, shares: Float64Array): Head {
  const { rows, data } = asOne(normal, shares);
  const sums = data.toSorted();
  return { weights: shares, bias: rows > 0 ? -sums[Math.floor(0.99 * (rows - 1))] : 0 };
}

/** The kinds as one, their mean by shares. */
function asOne({ rows, data }: Table, shares: Float64Array): Table {
  return { rows, data: Float64Array.from({ length: rows }, (_, i) => dot(data, i * shares.length, shares)) };
}

/** One weight for the mean by shares. */
function regressAsOne({ known, strange }: Normals, tables: readonly Table[], shares: Float64Array): Head {
  const one = (table: Table): Table => asOne(table, shares);
  const { weights, bias } = regress({ known: one(known), strange: one(strange) }, tables.map(one), Float64Array.of(1));
  const weight = Math.max(LEAST_WEIGHT, weights[0]);
  return { weights: shares.map((share) => weight * share), bias };
}

/** The weights that kinds would have if they had their shares of one: what the ridge draws to, in the evidence's own unit. */
function priorOf(normal: Table, tables: readonly Table[], shares: Float64Array): Float64Array {
  const all = joined([normal, ...tables].map((table) => asOne(table, shares)));
  const labels = new Uint8Array(all.rows).fill(1, normal.rows);
  const { slope } = plattLine(labels, all.data);
  return shares.map((share) => (share > 0 ? Math.max(LEAST_WEIGHT, slope * share) : 0));
}

/** Projected Newton: weights at 0 that would fall further are left out of the step, which is halved until the loss falls. */
function regress(normal: Normals, tables: readonly Table[], shares: Float64Array): Head {
  const kinds = shares.length;
  const size = kinds + 1;
  const prior = priorOf(normal.known, tables, shares);
  let point = Float64Array.of(...prior, -1);
  let now = lossAt(normal, tables, point, prior);
  for (let round = 0; round < ROUNDS; round++) {
    const { gradient, curvature } = now;
    const free = Array.from({ length: size }, (_, j) => j).filter(
      (j) => j === kinds || (prior[j] > 0 && (point[j] > 0 || gradient[j] < 0)),
    );
    const n = free.length;
    const matrix = Float64Array.from({ length: n * n }, (_, at) => {
      const [a, b] = [free[Math.floor(at / n)], free[at % n]];
      return curvature[a * size + b] + (a === b ? 1e-9 : 0);
    });
    const step = Float64Array.from(free, (j) => gradient[j]);
    const lower = cholesky(matrix, n);
    forward(lower, n, step);
    backward(lower, n, step);
    let length = 1;
    let next = now;
    let moved = point;
    for (; length > 1e-4; length /= 2) {
      moved = point.slice();
      for (const [i, j] of free.entries()) {
        const value = point[j] - length * step[i];
        moved[j] = j === kinds ? value : Math.max(0, value);
      }
      next = lossAt(normal, tables, moved, prior);
      if (next.loss < now.loss) break;
    }
    if (!(next.loss < now.loss - TOLERANCE)) break;
    point = moved;
    now = next;
  }
  return { weights: point.slice(0, kinds), bias: point[kinds] };
}

interface Loss {
  readonly loss: number;
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
}

function lossAt({ known, strange }: Normals, tables: readonly Table[], point: Float64Array, prior: Float64Array): Loss {
  const kinds = prior.length;
  const size = kinds + 1;
  const gradient = new Float64Array(size);
  const curvature = new Float64Array(size * size);
  let loss = 0;
  const add = ({ rows, data }: Table, label: number, weight: number): void => {
    for (let i = 0; i < rows; i++) {
      const at = i * kinds;
      const u = dot(data, at, point, kinds) + point[kinds];
      const p = sigmoid(u);
      loss += weight * (Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u))) - label * u);
      const slope = weight * (p - label);
      const curve = weight * p * (1 - p);
      for (let j = 0; j < size; j++) {
        const x = j < kinds ? data[at + j] : 1;
        gradient[j] += slope * x;
        for (let k = 0; k <= j; k++) curvature[j * size + k] += curve * x * (k < kinds ? data[at + k] : 1);
      }
    }
  };
  const share = strange.rows > 0 ? STRANGE : 0;
  add(known, 0, (0.5 * (1 - share)) / known.rows);
  add(strange, 0, (0.5 * share) / strange.rows);
  for (const table of tables) add(table, 1, 0.5 / (tables.length * table.rows));
  for (let j = 0; j < kinds; j++) {
    if (prior[j] === 0) continue;
    const off = point[j] / prior[j] - 1;
    loss += RIDGE * off * off;
    gradient[j] += (2 * RIDGE * off) / prior[j];
    curvature[j * size + j] += (2 * RIDGE) / prior[j] ** 2;
  }
  for (let j = 0; j < size; j++) for (let k = 0; k < j; k++) curvature[k * size + j] = curvature[j * size + k];
  return { loss, gradient, curvature };
}

function dot(data: Float64Array, at: number, weights: Float64Array, kinds = weights.length): number {
  let sum = 0;
  for (let j = 0; j < kinds; j++) sum += data[at + j] * weights[j];
  return sum;
}
