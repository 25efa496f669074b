/** The two logits of our own learners, as the cross-entropy left them: before temperature and shift. */
import type { Artefact } from "../../model/artefact.ts";
import { Inference, rowsOf } from "../../model/inference.ts";
import { Kernel } from "../../model/kernel.ts";
import { openNetwork } from "../../model/open.ts";
import { concat } from "../concat.ts";
import type { Matrix } from "../data/matrix.ts";
import { kernelModule } from "../learn/engine.ts";

/** ℓ₀, normal, and ℓ₁, anomalous, of some rows. */
export interface Logits {
  readonly normal: Float64Array;
  readonly anomalous: Float64Array;
}

/** Logits of several lots, one after another. */
export function together(lots: readonly Logits[]): Logits {
  const all = (of: keyof Logits): Float64Array =>
    concat(
      Float64Array,
      lots.map((lot) => lot[of]),
    );
  return { normal: all("normal"), anomalous: all("anomalous") };
}

export class LogitReader {
  readonly #artefact: Artefact;
  readonly #inference: Inference;

  constructor(artefact: Artefact) {
    const kernel = new Kernel(kernelModule("score"));
    const odin = artefact.epsilon > 0;
    this.#artefact = artefact;
    this.#inference = new Inference(kernel, artefact.network.inputs, openNetwork(kernel, artefact, odin), odin);
  }

  /** What calibration added to ℓ₁ − ℓ₀. */
  get shift(): number {
    return this.#artefact.training.figures.shift ?? 0;
  }

  read({ rows, cols, data }: Matrix): Logits {
    const { temperature, epsilon } = this.#artefact;
    const [normal, anomalous] = [new Float64Array(rows), new Float64Array(rows)];
    this.#inference.each(rows, rowsOf(data, cols), temperature, epsilon, ({ length }, first) => {
      const found = this.#inference.logits(length);
      for (let i = 0; i < length; i++) {
        normal[first + i] = found.normal[i] + this.shift / 2;
        anomalous[first + i] = found.anomalous[i] - this.shift / 2;
      }
    });
    return { normal, anomalous };
  }
}
