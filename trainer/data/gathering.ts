/** Rows kept of many that come matrix after matrix: memory for those kept is all it takes. */
import type { Matrix } from "./matrix.ts";

/** An even stride of `most` of `total` rows, or all of them where they are no more. */
export class Gathering {
  readonly #total: number;
  readonly #most: number;
  readonly #cols: number;
  readonly #data: Float32Array;
  #passed = 0;
  #taken = 0;

  constructor(total: number, most: number, cols: number) {
    this.#total = total;
    this.#most = Math.min(total, most);
    this.#cols = cols;
    this.#data = new Float32Array(this.#most * cols);
  }

  add({ rows, data }: Matrix): void {
    const [cols, most] = [this.#cols, this.#most];
    for (let i = 0; i < rows; i++) {
      // A file that has grown since its rows were counted brings more than there is room for.
      const due = Math.min(most, Math.floor((++this.#passed * most) / this.#total));
      if (this.#taken < due) this.#data.set(data.subarray(i * cols, (i + 1) * cols), this.#taken++ * cols);
    }
  }

  /** Those kept so far. */
  get rows(): Matrix {
    return { rows: this.#taken, cols: this.#cols, data: this.#data.subarray(0, this.#taken * this.#cols) };
  }
}
