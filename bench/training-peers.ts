/** One training step of the reference network in jax-js and TensorFlow.js, from the same weights and rows, and in torch, from its own: the same loss and AdamW. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire, registerHooks } from "node:module";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { init, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import * as tf from "@tensorflow/tfjs-core";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import type { ResidualShape } from "../model/artefact.ts";

export interface Problem {
  readonly shape: ResidualShape;
  readonly weights: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;
  /** (rows, inputs) */
  readonly x: Float32Array;
  /** (rows) 1 for normal. */
  readonly targets: Float32Array;
  readonly rows: number;
}

export const ADAMW = { rate: 1e-3, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.01 } as const;

/** Takes one step. @returns the loss before it */
export type Step = () => number | Promise<number>;

type Arrays = Record<string, np.Array>;

/** jax-js on its wasm backend, the whole step under jit. */
export async function jaxStep({ shape, weights, x, targets, rows }: Problem): Promise<Step> {
  await init("wasm");
  const start = (fill?: number): Arrays =>
    Object.fromEntries(
      [...weights].map(([name, { shape: dims, values }]) => [
        name,
        np.array(fill === undefined ? values.slice() : new Float32Array(values.length)).reshape([...dims]),
      ]),
    );
  let state = { w: start(), m: start(0), v: start(0) };
  const inputs = np.array(x.slice()).reshape([rows, shape.inputs]);
  const wanted = np.array(targets.slice());
  const signs = np.array([1, -1]);

  const linear = (h: np.Array, w: Arrays, name: string): np.Array =>
    np.matmul(h, w[`${name}.w`].ref.transpose()).add(w[`${name}.b`].ref);
  const normed = (h: np.Array, w: Arrays, name: string): np.Array =>
    nn.gelu(nn.standardize(h, -1, { epsilon: 1e-5 }).mul(w[`${name}.g`].ref).add(w[`${name}.b`].ref), {
      approximate: false,
    });
  const loss = (w: Arrays, rowsIn: np.Array, y: np.Array): np.Array => {
    let h = nn.gelu(linear(rowsIn, w, "in"), { approximate: false });
    for (let i = 0; i < shape.blocks; i++) {
      const a = linear(normed(h.ref, w, `b${i}.ln1`), w, `b${i}.fc1`);
      const b = linear(normed(a, w, `b${i}.ln2`), w, `b${i}.fc2`);
      h = h.add(b.mul(0.5));
    }
    const logits = linear(normed(linear(h, w, "out"), w, "head.ln"), w, "head");
    const d = logits.mul(signs.ref).sum(1);
    for (const value of Object.values(w)) value.dispose();
    return np.mean(nn.softplus(d.ref).sub(d.mul(y)));
  };
  const { rate, beta1, beta2, epsilon, decay } = ADAMW;
  const update = jit((w: Arrays, m: Arrays, v: Arrays, rowsIn: np.Array, y: np.Array, c1: np.Array, c2: np.Array) => {
    const copy = Object.fromEntries(Object.entries(w).map(([name, value]) => [name, value.ref]));
    const [value, gradients] = valueAndGrad(loss)(copy, rowsIn, y);
    const next = { w: {} as Arrays, m: {} as Arrays, v: {} as Arrays, value };
    for (const name of Object.keys(w)) {
      const g = (gradients as Arrays)[name];
      const first = m[name].mul(beta1).add(g.ref.mul(1 - beta1));
      const second = v[name].mul(beta2).add(np.square(g).mul(1 - beta2));
      const size = np.sqrt(second.ref.div(c2.ref)).add(epsilon);
      next.w[name] = w[name].mul(1 - rate * decay).sub(first.ref.div(c1.ref).div(size).mul(rate));
      next.m[name] = first;
      next.v[name] = second;
    }
    c1.dispose();
    c2.dispose();
    return next;
  });
  let steps = 0;
  return async () => {
    steps++;
    const [c1, c2] = [1 - beta1 ** steps, 1 - beta2 ** steps].map((c) => np.array(c));
    const { value, ...next } = update(state.w, state.m, state.v, inputs.ref, wanted.ref, c1, c2);
    state = next;
    const [result] = await value.data();
    return result;
  };
}

/** TensorFlow.js leaves gradients out of what Node gets of it: they are in files that are written for bundlers. */
async function registerGradients(): Promise<void> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const inside = context.parentURL?.includes("/@tensorflow/tfjs-core/dist/") && /^\.\.?\//.test(specifier);
      if (!inside && !specifier.includes("/register_all_gradients")) return next(specifier, context);
      const file = specifier.endsWith(".js") ? specifier : `${specifier}.js`;
      return { ...next(file, context), format: "module" };
    },
  });
  const gradients: string = "@tensorflow/tfjs-core/dist/register_all_gradients.js";
  await import(gradients);
  hooks.deregister();
}

/** TensorFlow.js on its wasm backend with SIMD and one thread. */
export async function tfjsStep({ shape, weights, x, targets, rows }: Problem): Promise<Step> {
  const entry = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(`${dirname(entry)}/`);
  setThreadsCount(1);
  await registerGradients();
  await tf.setBackend("wasm");
  const w = new Map(
    [...weights].map(([name, { shape: dims, values }]) => [name, tf.variable(tf.tensor(values, [...dims]))]),
  );
  const get = (name: string): tf.Variable => {
    const found = w.get(name);
    if (!found) throw new RangeError(`no weight named ${name}`);
    return found;
  };
  const inputs = tf.tensor2d(x, [rows, shape.inputs]);
  const wanted = tf.tensor1d(targets);
  const signs = tf.tensor1d([1, -1]);
  const gelu = (h: tf.Tensor): tf.Tensor => tf.mul(tf.mul(h, 0.5), tf.add(tf.erf(tf.mul(h, Math.SQRT1_2)), 1));
  const linear = (h: tf.Tensor, name: string): tf.Tensor =>
    tf.add(tf.matMul(h as tf.Tensor2D, get(`${name}.w`) as tf.Tensor as tf.Tensor2D, false, true), get(`${name}.b`));
  const normed = (h: tf.Tensor, name: string): tf.Tensor => {
    const centred = tf.sub(h, tf.mean(h, 1, true));
    const scale = tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), 1e-5));
    return gelu(tf.add(tf.mul(tf.div(centred, scale), get(`${name}.g`)), get(`${name}.b`)));
  };
  const loss = (): tf.Scalar => {
    let h = gelu(linear(inputs, "in"));
    for (let i = 0; i < shape.blocks; i++) {
      const a = linear(normed(h, `b${i}.ln1`), `b${i}.fc1`);
      h = tf.add(h, tf.mul(linear(normed(a, `b${i}.ln2`), `b${i}.fc2`), 0.5));
    }
    const d = tf.sum(tf.mul(linear(normed(linear(h, "out"), "head.ln"), "head"), signs), 1);
    return tf.mean(tf.sub(tf.softplus(d), tf.mul(d, wanted)));
  };
  const { rate, beta1, beta2, epsilon, decay } = ADAMW;
  const adam = tf.train.adam(rate, beta1, beta2, epsilon);
  const variables = [...w.values()];
  return async () => {
    const value = tf.tidy(() => {
      const { value: before, grads } = tf.variableGrads(loss, variables);
      for (const variable of variables) variable.assign(tf.mul(variable, 1 - rate * decay));
      adam.applyGradients(grads as tf.NamedTensorMap & Record<string, tf.Variable>);
      return before;
    });
    const [result] = await value.data();
    value.dispose();
    return result;
  };
}

/** torch in a Python of the caller's, one thread; weights of its own. */
export class Torch {
  readonly version: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    version: string,
  ) {
    this.#child = child;
    this.#lines = lines;
    this.version = version;
  }

  /** Undefined where that Python has no torch. */
  static async start(python: string): Promise<Torch | undefined> {
    const script = fileURLToPath(new URL("./training-torch.py", import.meta.url));
    const child = spawn(python, [script], { stdio: ["pipe", "pipe", "ignore"] });
    const started = await Promise.race([once(child, "spawn"), once(child, "error")]);
    if (started.length > 0) return undefined;
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const { value, done } = await lines.next();
    return done ? undefined : new Torch(child, lines, value);
  }

  /** Milliseconds a step, over so many. */
  async run(steps: number): Promise<number> {
    this.#child.stdin.write(`${steps}\n`);
    const { value } = await this.#lines.next();
    return (1000 * Number(value)) / steps;
  }

  stop(): void {
    this.#child.stdin.end();
  }
}
