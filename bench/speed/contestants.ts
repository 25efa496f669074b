/** Who is timed, on which model, and how far their scores may be from each other. */
import type { Artefact, ResidualShape } from "../../model/artefact.ts";
import { Scorer } from "../../model/scorer.ts";
import { builtModule } from "../../trainer/learn/engine.ts";
import { quantise } from "../../trainer/learn/quantise.ts";
import { onnx } from "../peers/onnx.ts";
import { plain } from "../peers/plain.ts";
import { tfjs } from "../peers/tfjs.ts";
import { REFERENCE, referenceModel, referenceRows } from "../reference-network.ts";
import type { Work } from "./rounds.ts";

export const BATCHES = [1, 16, 256] as const;
const MOST = Math.max(...BATCHES);

/** A model, everybody who scores it, and the one the others' scores are compared with. */
export interface Heat {
  readonly title: string;
  readonly model: Artefact;
  readonly works: ReadonlyMap<string, Work>;
}

export const OURS = { f32: "unseen, SIMD128", relaxed: "unseen, relaxed SIMD", int16: "unseen, int16" } as const;
export const PEERS = {
  web: "onnxruntime-web, wasm",
  node: "onnxruntime-node, native",
  tfjs: "TensorFlow.js, wasm",
  plain: "plain TypeScript",
} as const;

/** Largest difference from the first one's scores, by name; 1e-5 unless told. */
const TOLERANCES: Readonly<Record<string, number>> = { [OURS.int16]: 5e-3 };
/** Rows that may be further off on the default learner's model: those with two references equally near, docs/onnx.md. */
const UNDECIDED = 0.02;

/** @param module the compiled kernel */
export function kernelWork(model: Artefact, module: WebAssembly.Module, x: Float32Array): Work {
  const scorer = new Scorer(model, module);
  return (rows) => scorer.score(x.subarray(0, rows * scorer.inputs), rows);
}

/** The reference network, without and with the ODIN step, and the default learner's model. */
export async function heats(learner: Artefact, quick: boolean): Promise<Heat[]> {
  const [bare, odin] = [referenceModel(), referenceModel({ odin: true })];
  const x = referenceRows(MOST, REFERENCE.inputs);
  const [simd, relaxed] = [builtModule("score"), builtModule("score-relaxed")];
  const ours = (model: Artefact): [string, Work][] => [
    [OURS.f32, kernelWork(model, simd, x)],
    [OURS.relaxed, kernelWork(model, relaxed, x)],
    [OURS.int16, kernelWork(quantise(model, "int16"), simd, x)],
  ];
  const peers = async (model: Artefact): Promise<[string, Work][]> => [
    [PEERS.web, await onnx("onnxruntime-web", model, x)],
    [PEERS.node, await onnx("onnxruntime-node", model, x)],
  ];
  const whole = async (model: Artefact): Promise<Map<string, Work>> => {
    return new Map([...ours(model), ...(quick && model !== bare ? [] : await peers(model))]);
  };
  const reference = await whole(bare);
  reference.set(PEERS.tfjs, await tfjs(bare, bare.network as ResidualShape, x));
  reference.set(PEERS.plain, plain(bare, REFERENCE, x));
  return [
    { title: "the reference network", model: bare, works: reference },
    { title: "the reference network with the ODIN step", model: odin, works: await whole(odin) },
    { title: "a model of the default learner", model: learner, works: await whole(learner) },
  ];
}

/**
 * Largest difference of each from the first one's scores, in the largest batch.
 *
 * @throws Error where one scores something else in any
 */
export async function compare({ title, works, model }: Heat): Promise<Map<string, number>> {
  const [[, first]] = works;
  const differences = new Map<string, number>();
  for (const batch of BATCHES) {
    // a copy: some give the same memory again
    const wanted = Float32Array.from((await first(batch)) as ArrayLike<number>);
    for (const [name, work] of works) {
      const got = (await work(batch)) as ArrayLike<number>;
      const off = Array.from(got, (score, i) => Math.abs(score - wanted[i])).toSorted((a, b) => a - b);
      const undecided = "kind" in model.network ? Math.floor(batch * UNDECIDED) : 0;
      const worst = off[batch - 1 - undecided];
      const tolerance = TOLERANCES[name] ?? 1e-5;
      if (!(worst <= tolerance)) throw new Error(`${title}: ${name} differs by ${worst}, over ${tolerance}`);
      differences.set(name, worst);
    }
  }
  return differences;
}
