/** Growing one tree on histograms: the leaf whose best split gains most is split next, until there are enough leaves. */
import type { Address } from "../../../model/kernel.ts";
import { kernelModule } from "../engine.ts";
import { Team, type TeamFunctions } from "../team.ts";
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
  /** From this column on, a higher value may only raise the logit; none unless told. */
  readonly risingFrom?: number;
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

/** What train.wasm exports for growing trees: see assembly/trees.ts. */
interface TreeFunctions extends TeamFunctions {
  readonly HISTOGRAM_BIN: WebAssembly.Global;
  gatherPairs(count: number, order: Address, pairs: Address, out: Address): void;
  histograms(
    rows: number,
    order: Address,
    pairs: Address,
    columns: Address,
    many: number,
    bins: Address,
    apart: number,
    starts: Address,
    histogram: Address,
  ): void;
  subtractHistogram(columns: Address, many: number, starts: Address, part: Address, rest: Address): void;
  bestSplit(
    columns: Address,
    many: number,
    starts: Address,
    histogram: Address,
    rows: number,
    slope: number,
    curve: number,
    leastRows: number,
    leastCurve: number,
    l2: number,
    risingFrom: number,
    best: Address,
  ): void;
  partRows(rows: number, order: Address, bins: Address, bin: number, scratch: Address): number;
}

type Bounds = readonly [least: number, most: number];

/** A leaf that may yet be split: rows `order[start…end)`, sums of the derivatives, and its best split. */
interface Leaf {
  readonly node: number;
  readonly start: number;
  readonly end: number;
  readonly slope: number;
  readonly curve: number;
  /** Its step stays between these, which a split of a rising column drew. */
  readonly bounds: Bounds;
  histogram: Address;
  gain: number;
  column: number;
  bin: number;
  lowSlope: number;
  lowCurve: number;
}

/**
 * Grows trees on one binned table by second-order steps (Friedman 2001; Chen and Guestrin 2016). Histograms are made
 * for the smaller child of a split only: its sibling's is what is left of the parent's (Ke et al. 2017).
 */
export class TreeGrower {
  readonly #table: Binned;
  readonly #options: GrowthOptions;
  readonly #kernel = new Team<TreeFunctions>(kernelModule("train"));
  /** (columns, rows) bytes. */
  readonly #bins: Address;
  /** Where each column starts in a histogram, in bins. */
  readonly #starts: Address;
  /** Floats of a histogram. */
  readonly #size: number;
  readonly #columns: Address;
  /** (slope, curvature) of all rows, and of the rows of a leaf side by side. */
  readonly #pairs: Address;
  readonly #members: Address;
  readonly #order: Address;
  readonly #scratch: Address;
  readonly #best: Address;
  readonly #pool: Address[] = [];

  constructor(table: Binned, options: GrowthOptions) {
    this.#table = table;
    this.#options = options;
    const kernel = this.#kernel;
    const columns = table.edges.length;
    this.#bins = kernel.allocate(Math.ceil(table.bins.length / 4));
    this.#starts = kernel.allocate(columns + 1);
    this.#columns = kernel.allocate(columns);
    this.#pairs = kernel.allocate(4 * table.rows);
    this.#members = kernel.allocate(4 * table.rows);
    this.#order = kernel.allocate(table.rows);
    this.#scratch = kernel.allocate(table.rows + 1);
    this.#best = kernel.allocate(10);
    new Uint8Array(kernel.functions.memory.buffer, this.#bins, table.bins.length).set(table.bins);
    const starts = this.#words(this.#starts, columns + 1);
    for (const [j, edges] of table.edges.entries()) starts[j + 1] = starts[j] + edges.length + 1;
    this.#size = (starts[columns] * Number(kernel.functions.HISTOGRAM_BIN.value)) / 4;
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
    const many = columns.length;
    const first = this.#words(this.#order, n);
    const pairs = this.#kernel.doubles(this.#pairs, 2 * n);
    let [slope, curve] = [0, 0];
    for (let i = 0; i < n; i++) {
      first[i] = i;
      slope += pairs[2 * i] = slopes[i];
      curve += pairs[2 * i + 1] = curves[i];
    }
    this.#words(this.#columns, many).set(columns);
    const root = leafOf(addNode(nodes), 0, n, slope, curve, [-Infinity, Infinity]);
    if (this.#splittable(root)) {
      root.histogram = this.#histogram(root, many);
      this.#findSplit(root, many);
    }
    const leaves = [root];
    while (leaves.length < this.#options.leaves) {
      const parent = leaves.reduce((best, leaf) => (leaf.gain > best.gain ? leaf : best));
      if (parent.gain <= 0) break;
      const [low, high] = this.#split(nodes, parent);
      leaves[leaves.indexOf(parent)] = low;
      leaves.push(high);
      if (leaves.length === this.#options.leaves) this.#release(parent);
      else this.#prepare(parent, low, high, many);
    }
    const order = this.#words(this.#order, n);
    for (const leaf of leaves) {
      this.#release(leaf);
      const value = this.#options.rate * this.#step(leaf.slope, leaf.curve, leaf.bounds);
      nodes.value[leaf.node] = value;
      for (let i = leaf.start; i < leaf.end; i++) logits[order[i]] += value;
    }
  }

  get #risingFrom(): number {
    return this.#options.risingFrom ?? this.#table.edges.length;
  }

  #splittable({ start, end, curve }: Leaf): boolean {
    return end - start >= 2 * this.#options.leastRows && curve >= 2 * LEAST_CURVATURE;
  }

  /** Newton's step −G/(H + l2), within bounds. */
  #step(slope: number, curve: number, [least, most]: Bounds): number {
    return Math.min(most, Math.max(least, -slope / (curve + this.#options.l2 + 1e-15)));
  }

  /** Histograms and best splits of both children, from the parent's histogram. */
  #prepare(parent: Leaf, low: Leaf, high: Leaf, many: number): void {
    const rest = parent.histogram;
    if (!rest || (!this.#splittable(low) && !this.#splittable(high))) return this.#release(parent);
    parent.histogram = 0;
    const [small, large] = low.end - low.start < high.end - high.start ? [low, high] : [high, low];
    const part = this.#histogram(small, many);
    this.#kernel.functions.subtractHistogram(this.#columns, many, this.#starts, part, rest);
    small.histogram = part;
    large.histogram = rest;
    for (const leaf of [low, high]) {
      if (this.#splittable(leaf)) this.#findSplit(leaf, many);
      if (leaf.gain <= 0) this.#release(leaf);
    }
  }

  #histogram({ start, end }: Leaf, many: number): Address {
    const histogram = this.#pool.pop() ?? this.#kernel.allocate(this.#size);
    const { gatherPairs, histograms } = this.#kernel.functions;
    const order = this.#order + 4 * start;
    const rows = end - start;
    gatherPairs(rows, order, this.#pairs, this.#members);
    const { rows: apart } = this.#table;
    histograms(rows, order, this.#members, this.#columns, many, this.#bins, apart, this.#starts, histogram);
    return histogram;
  }

  /** The split with the largest gain G²/(H + l2) of both sides over that of the leaf itself; in rising columns, of those that rise. */
  #findSplit(leaf: Leaf, many: number): void {
    const { histogram, start, end, slope, curve } = leaf;
    const { leastRows, l2 } = this.#options;
    const [columns, starts, rows, from] = [this.#columns, this.#starts, end - start, this.#risingFrom];
    const { bestSplit } = this.#kernel.functions;
    bestSplit(columns, many, starts, histogram, rows, slope, curve, leastRows, LEAST_CURVATURE, l2, from, this.#best);
    [leaf.gain, leaf.lowSlope, leaf.lowCurve] = this.#kernel.doubles(this.#best, 3);
    [leaf.column, leaf.bin] = this.#words(this.#best + 32, 2);
  }

  /**
   * Turns a leaf into a node with two leaves; its rows are parted in place, their order kept. Where the column rises, what
   * either side may yet say ends half way between the two: further splits of other columns must not undo the order.
   */
  #split(nodes: Nodes, leaf: Leaf): [Leaf, Leaf] {
    const { node, start, end, column, bin, slope, curve, lowSlope, lowCurve, bounds } = leaf;
    const { rows, edges } = this.#table;
    const { partRows } = this.#kernel.functions;
    const bins = this.#bins + column * rows;
    const middle = start + partRows(end - start, this.#order + 4 * start, bins, bin, this.#scratch);
    nodes.column[node] = column;
    nodes.value[node] = edges[column][bin];
    nodes.low[node] = addNode(nodes);
    const [highSlope, highCurve] = [slope - lowSlope, curve - lowCurve];
    let [low, high] = [bounds, bounds];
    if (column >= this.#risingFrom) {
      const between = (this.#step(lowSlope, lowCurve, bounds) + this.#step(highSlope, highCurve, bounds)) / 2;
      [low, high] = [
        [bounds[0], between],
        [between, bounds[1]],
      ];
    }
    return [
      leafOf(nodes.low[node], start, middle, lowSlope, lowCurve, low),
      leafOf(addNode(nodes), middle, end, highSlope, highCurve, high),
    ];
  }

  #release(leaf: Leaf): void {
    if (leaf.histogram) this.#pool.push(leaf.histogram);
    leaf.histogram = 0;
  }

  #words(at: Address, length: number): Uint32Array {
    return new Uint32Array(this.#kernel.functions.memory.buffer, at, length);
  }
}

function leafOf(node: number, start: number, end: number, slope: number, curve: number, bounds: Bounds): Leaf {
  return { node, start, end, slope, curve, bounds, histogram: 0, gain: 0, column: 0, bin: 0, lowSlope: 0, lowCurve: 0 };
}

/** Adds a leaf that says nothing yet. @returns its place */
export function addNode({ column, value, low }: Nodes): number {
  value.push(0);
  low.push(0);
  return column.push(-1) - 1;
}
