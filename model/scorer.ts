/** A model ready to score: an artefact, checked and packed into a kernel of its own. */
import type { Artefact } from "./artefact.ts";
import { readArtefact } from "./artefact.ts";
import { RowEncoder } from "./encode.ts";
import { UnseenError } from "./errors.ts";
import type { EvidenceNetwork } from "./evidence.ts";
import { Inference, type WriteRow } from "./inference.ts";
import { Kernel } from "./kernel.ts";
import type { Network } from "./network.ts";
import { openNetwork } from "./open.ts";
import { evidenceProbe, type Probe } from "./probe.ts";
import type { Cells } from "./row-reader.ts";
import type { Row } from "./schema.ts";
import { searchesIn } from "./soundness.ts";

/** How far a recomputed golden score may be from the trainer's. */
const GOLDEN_TOLERANCE = 1e-5;

/**
 * Scores rows with one model. One call at a time: calls share the kernel's memory, and none of them awaits.
 * The first score of a wrong artefact never happens: `open` recomputes the golden rows.
 */
export class Scorer {
  readonly artefact: Artefact;
  readonly inputs: number;
  readonly #kernel: Kernel;
  readonly #encoder: RowEncoder;
  readonly #network: Network | EvidenceNetwork;
  readonly #inference: Inference;
  #evidence: Probe | undefined;

  /**
   * Reads and checks an artefact, packs its weights and recomputes its golden rows.
   *
   * @param bytes the safetensors file
   * @param kernel the compiled score.wasm
   * @throws UnseenError artefact-* or schema-invalid, network-limits; artefact-self-test where scores differ by over 1e-5
   */
  static open(bytes: Uint8Array, kernel: WebAssembly.Module): Scorer {
    const own = new Kernel(kernel);
    return new Scorer(readArtefact(bytes, searchesIn(own)), own);
  }

  /** @param kernel the compiled score.wasm, or an instance of it that nothing else is laid out in */
  constructor(artefact: Artefact, kernel: WebAssembly.Module | Kernel, { selfTest = true } = {}) {
    this.artefact = artefact;
    this.inputs = artefact.network.inputs;
    this.#kernel = kernel instanceof Kernel ? kernel : new Kernel(kernel);
    this.#encoder = new RowEncoder(artefact.schema);
    const odin = artefact.epsilon > 0;
    this.#network = openNetwork(this.#kernel, artefact, odin);
    this.#inference = new Inference(this.#kernel, this.inputs, this.#network, odin);
    if (selfTest) this.#recomputeGolden();
  }

  /** Bytes of kernel memory this model holds. */
  get bytes(): number {
    return this.#kernel.bytes;
  }

  /**
   * Anomaly scores s(x) = 1 − S_normal(x̃; T) in [0, 1] of encoded rows.
   *
   * @param encoded (rows, inputs), row-major, unpadded
   */
  score(encoded: Float32Array, rows: number): Float32Array {
    const { temperature, epsilon } = this.artefact;
    return this.#inference.scoreAll(encoded, rows, this.inputs, temperature, epsilon);
  }

  /**
   * Anomaly scores of raw rows, encoded straight into the kernel.
   *
   * @throws UnseenError feature-*, value-*, row-* naming the row's index and the feature
   */
  scoreRows(rows: readonly Row[]): Float32Array {
    const { temperature, epsilon } = this.artefact;
    const write: WriteRow = (i, input, offset) => this.#encoder.encode(rows[i], input, offset, i);
    return this.#inference.scoreEach(rows.length, write, temperature, epsilon);
  }

  /** Anomaly scores of rows that have been read as numbers under this schema. */
  scoreCells(cells: Cells): Float32Array {
    const { temperature, epsilon } = this.artefact;
    const write: WriteRow = (i, input, offset) => this.#encoder.encodeCells(cells, i, input, offset);
    return this.#inference.scoreEach(cells.rows, write, temperature, epsilon);
  }

  /**
   * Inputs (inputs) of one raw row.
   *
   * @throws UnseenError as `scoreRows` does
   */
  encode(row: Row, index = 0): Float32Array {
    const inputs = new Float32Array(this.inputs);
    this.#encoder.encode(row, inputs, 0, index);
    return inputs;
  }

  /**
   * Writes the inputs (inputs) of one raw row at `offset`.
   *
   * @throws UnseenError as `scoreRows` does
   */
  encodeInto(row: Row, out: Float32Array, offset: number, index: number): void {
    this.#encoder.encode(row, out, offset, index);
  }

  /** Writes the inputs (inputs) of one row that has been read as numbers at `offset`. */
  encodeCells(cells: Cells, row: number, out: Float32Array, offset: number): void {
    this.#encoder.encodeCells(cells, row, out, offset);
  }

  /**
   * Log odds ln(s/(1 − s)) = (ℓ₁ − ℓ₀)/T of `rows` encoded rows, from the logits: exact where the score is 0 or 1.
   *
   * @param write puts one row's inputs into `input` from `offset` on
   */
  logOdds(rows: number, write: WriteRow): Float64Array {
    const { temperature, epsilon } = this.artefact;
    return this.#inference.logOddsEach(rows, write, temperature, epsilon);
  }

  /** Standardised evidence (kinds) of one row, in the order of EVIDENCE; undefined for other networks. */
  evidence(x: Float32Array): Float32Array | undefined {
    if (!("standard" in this.#network)) return undefined;
    this.#evidence ??= evidenceProbe(this.#kernel, this.inputs, this.#network);
    return this.#evidence(x);
  }

  #recomputeGolden(): void {
    const { rows, scores } = this.artefact.golden;
    const again = this.scoreRows(rows);
    for (let i = 0; i < scores.length; i++) {
      if (Math.abs(again[i] - scores[i]) <= GOLDEN_TOLERANCE) continue;
      throw new UnseenError(
        "artefact-self-test",
        `golden row ${i} scores ${again[i]}, the trainer had ${scores[i]}`,
        "The file is damaged or was made by another version: train or publish it again.",
        { row: i },
      );
    }
  }
}
