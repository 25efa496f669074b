/** A tape: layers are written down once as kernel instructions, forward as they come and backward on demand. */
import type { Address, Instruction, Kernel } from "./kernel.ts";
import type { Parameter } from "./parameters.ts";

/** A matrix (rows, width) on the tape, rows `stride(width)` floats apart, padding zero. */
export interface Value {
  readonly width: number;
  readonly at: Address;
  /** Its gradient once something has flowed into it, else 0. */
  grad: Address;
  /** Whether a gradient is wanted, for itself or for what it was made from. */
  readonly tracked: boolean;
}

export interface LinearOptions {
  /** y = residual + factor · (x·Wᵀ + b) */
  readonly residual?: Value;
  readonly factor?: number;
}

/**
 * Records a network for at most `rows` rows. With `tracked` false nothing is kept for a backward pass,
 * and buffers given back by `release` are used again.
 */
export class Tape {
  readonly kernel: Kernel;
  readonly rows: number;
  readonly tracked: boolean;
  readonly #forward: Instruction[] = [];
  readonly #steps: ((backward: Instruction[]) => void)[] = [];
  readonly #free = new Map<number, Address[]>();
  #scratch: Address = 0;
  #scratchWidth = 0;
  #fixedScratch: Address = 0;
  #fixedWidth = 0;

  constructor(kernel: Kernel, rows: number, { tracked = true } = {}) {
    this.kernel = kernel;
    this.rows = rows;
    this.tracked = tracked;
  }

  /** The forward instructions recorded so far. */
  get forward(): readonly Instruction[] {
    return this.#forward;
  }

  /** Adds an instruction of the caller's own, e.g. a loss, to the forward pass. */
  emit(instruction: Instruction): void {
    this.#forward.push(instruction);
  }

  /** A matrix the caller fills; `tracked` asks for its gradient. */
  input(width: number, tracked = false): Value {
    return { width, at: this.#matrix(width), grad: 0, tracked: tracked && this.tracked };
  }

  /** Gives a value's buffer back; does nothing where the backward pass may need it. */
  release(value: Value): void {
    if (this.tracked) return;
    const same = this.#free.get(value.width);
    if (same) same.push(value.at);
    else this.#free.set(value.width, [value.at]);
  }

  /** Makes sure a value has a gradient buffer, for a loss to add to. It is not zeroed between runs. */
  gradient(value: Value): Address {
    value.grad ||= this.#matrix(value.width);
    return value.grad;
  }

  /** y (rows, n) = residual + factor · (x·Wᵀ + b) */
  linear(x: Value, w: Parameter, b: Parameter, { residual, factor = 1 }: LinearOptions = {}): Value {
    const reuse = residual && !this.tracked;
    const y = this.#result(w.n, reuse ? residual.at : 0, x.tracked || residual?.tracked === true || w.grad > 0);
    const onto = residual?.at ?? 0;
    if (w.scales) {
      const scratch = this.#fixed(w.k);
      this.#forward.push([
        "LINEAR_FIXED",
        x.at,
        w.k,
        w.at,
        w.scales,
        b.at,
        y.at,
        w.n,
        onto,
        { float: factor },
        scratch,
      ]);
    } else this.#forward.push(["LINEAR", x.at, w.k, w.at, b.at, y.at, w.n, onto, { float: factor }]);
    if (y.tracked) {
      this.#steps.push((backward) => {
        if (!y.grad) return;
        if (w.grad) {
          const scaled = factor === 1 ? 0 : this.#scaled(w.n);
          backward.push(["LINEAR_GRADIENT", x.at, w.k, y.grad, w.n, { float: factor }, scaled, w.grad, b.grad]);
        }
        if (x.tracked) {
          const { grad } = x;
          const dx = this.gradient(x);
          backward.push(["LINEAR", y.grad, w.n, w.transposed, 0, dx, w.k, grad ? dx : 0, { float: factor }]);
        }
        if (residual?.tracked) this.#pass(y, residual, backward);
      });
    }
    return y;
  }

  /** y (rows, n) = gelu(x) */
  gelu(x: Value): Value {
    const y = this.#result(x.width, this.tracked ? 0 : x.at, x.tracked);
    this.#forward.push(["GELU", x.at, x.width, y.at]);
    if (y.tracked) {
      this.#steps.push((backward) => {
        if (!y.grad) return;
        backward.push(["GELU_BACKWARD", x.at, x.width, y.grad, y.grad]);
        this.#pass(y, x, backward);
      });
    }
    return y;
  }

  /** y (rows, n) = gelu(LayerNorm(x; γ, β)) */
  layerNormGelu(x: Value, gamma: Parameter, beta: Parameter): Value {
    const y = this.#result(x.width, 0, x.tracked || gamma.grad > 0);
    const u = y.tracked ? this.#matrix(x.width) : 0;
    const stats = y.tracked ? this.kernel.allocate(this.rows * 2) : 0;
    this.#forward.push(["LAYER_NORM", x.at, x.width, gamma.at, beta.at, u, y.at, stats]);
    if (y.tracked) {
      this.#steps.push((backward) => {
        if (!y.grad) return;
        backward.push(["GELU_BACKWARD", u, x.width, y.grad, y.grad]);
        const add = x.grad ? 1 : 0;
        const dx = x.tracked ? this.gradient(x) : 0;
        const { grad: dGamma } = gamma;
        backward.push(["LAYER_NORM_BACKWARD", x.at, x.width, gamma.at, stats, y.grad, dx, add, dGamma, beta.grad]);
      });
    }
    return y;
  }

  /**
   * The backward pass of all that was recorded, to be run after something has filled the gradients of the outputs.
   * Parameter gradients are added to; gradients of values are overwritten at each run.
   */
  backward(): Instruction[] {
    const instructions: Instruction[] = [];
    for (const step of this.#steps.toReversed()) step(instructions);
    return instructions;
  }

  /** Hands y's gradient on to x unchanged: the same buffer where x has none yet. */
  #pass(y: Value, x: Value, backward: Instruction[]): void {
    if (!x.tracked) return;
    if (x.grad) backward.push(["ACCUMULATE", y.grad, y.width, x.grad]);
    else x.grad = y.grad;
  }

  #result(width: number, reuse: Address, tracked: boolean): Value {
    const at = reuse || this.#free.get(width)?.pop() || this.#matrix(width);
    return { width, at, grad: 0, tracked: tracked && this.tracked };
  }

  #matrix(width: number): Address {
    return this.kernel.allocate(this.rows * this.kernel.functions.stride(width));
  }

  /** Scratch for quantised rows of `width` columns. */
  #fixed(width: number): Address {
    if (width > this.#fixedWidth) {
      const steps = Math.ceil(this.rows / 16) * 16;
      this.#fixedScratch = this.kernel.allocate(steps + this.rows * 4 * Math.ceil(width / 8));
      this.#fixedWidth = width;
    }
    return this.#fixedScratch;
  }

  #scaled(width: number): Address {
    if (width > this.#scratchWidth) {
      this.#scratch = this.#matrix(width);
      this.#scratchWidth = width;
    }
    return this.#scratch;
  }
}
