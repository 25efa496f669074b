/** Growing one tree on histograms: the leaf whose best split gains most is split next, until there are enough leaves. */
import type { Binned } from "./bins.ts";

export interface GrowthOptions {
  /** Most leaves a tree. */
  readonly leaves: number;
  /** Fewest rows a leaf. */
  readonly leastRows: number;
  /** Ridge on leaf values. */
  readonly l2: number;
  /** Shrinks leaf values. */
  readonly rate: number;
}

/** Nodes in one run, the root first; several trees may share it. */
export interface Nodes {
  /** The column a node splits, −1 in a leaf. */
  readonly column: number[];
  /** Rows with values up to this go low; in a leaf, what it adds to the logit. */
  readonly value: number[];
  /** Low child; the high one is the node after it. */
  readonly low: number[];
}

/** Fewest summed second derivatives a side of a split. */
const LEAST_CURVATURE = 1e-3;

/** A leaf that may yet be split: rows `order[start…end)`, sums of the derivatives, and its best split. */
interface Leaf {
  readonly node: number;
  readonly start: number;
  readonly end: number;
  readonly slope: number;
  readonly curve: number;
  histogram: Float64Array | undefined;
  gain: number;
  column: number;
  bin: number;
  lowSlope: number;
  lowCurve: number;
  lowRows: number;
}

/**
 * Grows trees on one binned table by second-order steps (Friedman 2001; Chen and Guestrin 2016). Histograms are made
 * for the smaller child of a split only: its sibling's is what is left of the parent's (Ke et al. 2017).
 */
export class TreeGrower {
  readonly #table: Binned;
  readonly #options: GrowthOptions;
  /** Where each column starts in a histogram of (slope, curvature, rows) triples. */
  readonly #starts: Int32Array;
  readonly #order: Int32Array;
  readonly #scratch: Int32Array;
  readonly #memberSlopes: Float32Array;
  readonly #memberCurves: Float32Array;
  readonly #pool: Float64Array[] = [];

  constructor(table: Binned, options: GrowthOptions) {
    this.#table = table;
    this.#options = options;
    this.#starts = new Int32Array(table.edges.length + 1);
    for (const [j, edges] of table.edges.entries()) this.#starts[j + 1] = this.#starts[j] + 3 * (edges.length + 1);
    this.#order = new Int32Array(table.rows);
    this.#scratch = new Int32Array(table.rows);
    this.#memberSlopes = new Float32Array(table.rows);
    this.#memberCurves = new Float32Array(table.rows);
  }

  /**
   * Appends one tree to `nodes` and adds its answers to `logits`.
   *
   * @param slopes first derivatives of the loss by the logit, per row
   * @param curves second derivatives
   * @param columns the columns it may split
   */
  grow(nodes: Nodes, slopes: Float32Array, curves: Float32Array, columns: Int32Array, logits: Float64Array): void {
    const n = this.#table.rows;
    for (let i = 0; i < n; i++) this.#order[i] = i;
    const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);
    const root = leafOf(addNode(nodes), 0, n, sum(slopes), sum(curves));
    if (this.#splittable(root)) {
      root.histogram = this.#histogram(root, slopes, curves, columns);
      this.#findSplit(root, columns);
    }
    const leaves = [root];
    while (leaves.length < this.#options.leaves) {
      const parent = leaves.reduce((best, leaf) => (leaf.gain > best.gain ? leaf : best));
      if (parent.gain <= 0) break;
      const [low, high] = this.#split(nodes, parent);
      leaves[leaves.indexOf(parent)] = low;
      leaves.push(high);
      if (leaves.length === this.#options.leaves) this.#release(parent);
      else this.#prepare(parent, low, high, slopes, curves, columns);
    }
    for (const leaf of leaves) {
      this.#release(leaf);
      const value = -this.#options.rate * this.#step(leaf.slope, leaf.curve);
      nodes.value[leaf.node] = value;
      for (let i = leaf.start; i < leaf.end; i++) logits[this.#order[i]] += value;
    }
  }

  #splittable({ start, end, curve }: Leaf): boolean {
    return end - start >= 2 * this.#options.leastRows && curve >= 2 * LEAST_CURVATURE;
  }

  /** Newton's step G/(H + l2), downhill with a minus. */
  #step(slope: number, curve: number): number {
    return slope / (curve + this.#options.l2 + 1e-15);
  }

  /** Histograms and best splits of both children, from the parent's histogram. */
  #prepare(parent: Leaf, low: Leaf, high: Leaf, slopes: Float32Array, curves: Float32Array, columns: Int32Array): void {
    const rest = parent.histogram;
    if (!rest || (!this.#splittable(low) && !this.#splittable(high))) return this.#release(parent);
    parent.histogram = undefined;
    const [small, large] = low.end - low.start < high.end - high.start ? [low, high] : [high, low];
    const part = this.#histogram(small, slopes, curves, columns);
    for (const j of columns) {
      for (let at = this.#starts[j], end = this.#starts[j + 1]; at < end; at++) rest[at] -= part[at];
    }
    small.histogram = part;
    large.histogram = rest;
    for (const leaf of [low, high]) {
      if (this.#splittable(leaf)) this.#findSplit(leaf, columns);
      if (leaf.gain <= 0) this.#release(leaf);
    }
  }

  #histogram(leaf: Leaf, slopes: Float32Array, curves: Float32Array, columns: Int32Array): Float64Array {
    const histogram = this.#pool.pop() ?? new Float64Array(this.#starts[this.#starts.length - 1]);
    const { bins, rows } = this.#table;
    const count = leaf.end - leaf.start;
    const members = this.#order.subarray(leaf.start, leaf.end);
    const [memberSlopes, memberCurves] = [this.#memberSlopes, this.#memberCurves];
    for (let i = 0; i < count; i++) {
      memberSlopes[i] = slopes[members[i]];
      memberCurves[i] = curves[members[i]];
    }
    for (const j of columns) {
      const start = this.#starts[j];
      const offset = j * rows;
      histogram.fill(0, start, this.#starts[j + 1]);
      for (let i = 0; i < count; i++) {
        const at = start + 3 * bins[offset + members[i]];
        histogram[at] += memberSlopes[i];
        histogram[at + 1] += memberCurves[i];
        histogram[at + 2]++;
      }
    }
    return histogram;
  }

  /** The split with the largest gain G²/(H + l2) of both sides over that of the leaf itself. */
  #findSplit(leaf: Leaf, columns: Int32Array): void {
    const { histogram } = leaf;
    if (!histogram) return;
    const { leastRows } = this.#options;
    const rows = leaf.end - leaf.start;
    const whole = leaf.slope * this.#step(leaf.slope, leaf.curve);
    for (const j of columns) {
      let [lowSlope, lowCurve, lowRows] = [0, 0, 0];
      for (let at = this.#starts[j], last = this.#starts[j + 1] - 3; at < last; at += 3) {
        lowSlope += histogram[at];
        lowCurve += histogram[at + 1];
        lowRows += histogram[at + 2];
        if (lowRows < leastRows || lowCurve < LEAST_CURVATURE) continue;
        const highCurve = leaf.curve - lowCurve;
        if (rows - lowRows < leastRows || highCurve < LEAST_CURVATURE) break;
        const highSlope = leaf.slope - lowSlope;
        const gain = lowSlope * this.#step(lowSlope, lowCurve) + highSlope * this.#step(highSlope, highCurve) - whole;
        if (gain <= leaf.gain) continue;
        leaf.gain = gain;
        leaf.column = j;
        leaf.bin = (at - this.#starts[j]) / 3;
        leaf.lowSlope = lowSlope;
        leaf.lowCurve = lowCurve;
        leaf.lowRows = lowRows;
      }
    }
  }

  /** Turns a leaf into a node with two leaves; its rows are parted in place, their order kept. */
  #split(nodes: Nodes, leaf: Leaf): [Leaf, Leaf] {
    const { node, start, end, column, bin, slope, curve, lowSlope, lowCurve } = leaf;
    const { bins, rows, edges } = this.#table;
    const offset = column * rows;
    let middle = start;
    let high = 0;
    for (let i = start; i < end; i++) {
      const row = this.#order[i];
      if (bins[offset + row] <= bin) this.#order[middle++] = row;
      else this.#scratch[high++] = row;
    }
    this.#order.set(this.#scratch.subarray(0, high), middle);
    nodes.column[node] = column;
    nodes.value[node] = edges[column][bin];
    nodes.low[node] = addNode(nodes);
    return [
      leafOf(nodes.low[node], start, middle, lowSlope, lowCurve),
      leafOf(addNode(nodes), middle, end, slope - lowSlope, curve - lowCurve),
    ];
  }

  #release(leaf: Leaf): void {
    if (leaf.histogram) this.#pool.push(leaf.histogram);
    leaf.histogram = undefined;
  }
}

function leafOf(node: number, start: number, end: number, slope: number, curve: number): Leaf {
  const none = { histogram: undefined, gain: 0, column: -1, bin: 0, lowSlope: 0, lowCurve: 0, lowRows: 0 };
  return { node, start, end, slope, curve, ...none };
}

function addNode({ column, value, low }: Nodes): number {
  value.push(0);
  low.push(0);
  return column.push(-1) - 1;
}
