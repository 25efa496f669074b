/** Decoders of multi-task autoencoders: one a normal domain, each rebuilding a row's counterpart in its own domain. */
import type { Matrix } from "../data/matrix.ts";
import { below, type Draw } from "../learn/draw.ts";
import { Mlp } from "./mlp.ts";
import { drawInto } from "./training.ts";

export class DomainDecoders {
  readonly #domains: readonly Matrix[];
  readonly #target: Float32Array;
  readonly #gradient: Float32Array;
  readonly #rows: number;
  /** One linear decoder a domain, latent → inputs. */
  readonly nets: readonly Mlp[];

  /** @param rows of every batch */
  constructor(domains: readonly Matrix[], latent: number, rows: number, draw: Draw) {
    const [{ cols }] = domains;
    this.#domains = domains;
    this.#rows = rows;
    this.#target = new Float32Array(rows * cols);
    this.#gradient = new Float32Array(rows * cols);
    this.nets = domains.map(() => new Mlp({ sizes: [latent, cols], batch: rows, inputGradient: true }, draw));
  }

  /** Fills x (rows, inputs) with rows of one domain. @returns the domain's index */
  drawSource(x: Float32Array, draw: Draw): number {
    const source = below(draw, this.#domains.length);
    drawInto([this.#domains[source]], this.#rows, draw, x);
    return source;
  }

  /**
   * Reconstruction of the rows themselves by their own domain's decoder, and of their counterparts in another domain,
   * drawn anew at each step, by that domain's: rows of one class correspond at random, as the authors pair them, and
   * normal rows are one class.
   *
   * @param z latents (rows, latent) of x; `weight` times the gradient of the mean squared error is added to `dz`
   */
  reconstruct(source: number, x: Float32Array, z: Float32Array, dz: Float32Array, weight: number, draw: Draw): void {
    this.#rebuild(source, x, z, dz, weight);
    const others = this.#domains.length - 1;
    if (others === 0) return;
    const other = (source + 1 + below(draw, others)) % this.#domains.length;
    drawInto([this.#domains[other]], this.#rows, draw, this.#target);
    this.#rebuild(other, this.#target, z, dz, weight);
  }

  #rebuild(domain: number, target: Float32Array, z: Float32Array, dz: Float32Array, weight: number): void {
    const net = this.nets[domain];
    const gradient = this.#gradient;
    const again = net.forward(z, this.#rows);
    for (let i = 0; i < gradient.length; i++) gradient[i] = (weight * 2 * (again[i] - target[i])) / gradient.length;
    const back = net.backward(gradient);
    for (let i = 0; i < back.length; i++) dz[i] += back[i];
  }
}
