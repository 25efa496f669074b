/** Cold starts of ours, on two models, and of onnxruntime-web, taken in turns. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Artefact, writeArtefact } from "../../model/artefact.ts";
import { toOnnx } from "../../trainer/export/onnx.ts";
import { referenceModel } from "../reference-network.ts";
import { median } from "./rounds.ts";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** onnxruntime-web's kernel, which it would take from here by itself. */
export const ENGINE = path("../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm");

export interface ColdStart {
  readonly name: string;
  /** Median milliseconds of each step, and of all. */
  readonly steps: Readonly<Record<string, number>>;
  readonly total: number;
  /** Milliseconds of the same once more in the same process; 0 where that was not taken. */
  readonly again: number;
  /** Milliseconds until the system has handed out as much memory as the kernel holds. */
  readonly memory: number;
}

/** The reference network by ours and by its peer, and a model of the default learner by ours. */
export function coldStarts(rounds: number, learner: Artefact): ColdStart[] {
  const folder = mkdtempSync(join(tmpdir(), "unseen-cold-"));
  const put = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  try {
    const kernel = path("../../build/score.wasm");
    const reference = put("reference.safetensors", writeArtefact(referenceModel()));
    const onnx = put("reference.onnx", toOnnx(referenceModel(), { encoded: true }));
    const fitted = put("learner.safetensors", writeArtefact(learner));
    const starts = [
      { name: "unseen", args: ["unseen", kernel, reference], taken: [] as Taken[] },
      { name: "onnxruntime-web", args: ["onnxruntime-web", ENGINE, onnx], taken: [] as Taken[] },
      { name: "unseen, the default learner's model", args: ["unseen", kernel, fitted], taken: [] as Taken[] },
    ];
    for (let round = 0; round < rounds; round++) {
      for (const { args, taken } of starts) {
        const { stdout, stderr, status } = spawnSync(process.execPath, [path("cold.ts"), ...args], {
          encoding: "utf8",
        });
        if (status !== 0) throw new Error(stderr);
        taken.push(JSON.parse(stdout) as Taken);
      }
    }
    return starts.map(({ name, taken }) => {
      const steps = Object.fromEntries(
        Object.keys(taken[0].steps).map((step) => [step, median(taken.map((one) => one.steps[step]))]),
      );
      const sum = (one: Taken): number => Object.values(one.steps).reduce((a, b) => a + b, 0);
      const [again, memory] = (["again", "memory"] as const).map((part) => median(taken.map((one) => one[part])));
      return { name, steps, total: median(taken.map(sum)), again, memory };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What one process measured. */
interface Taken {
  readonly steps: Readonly<Record<string, number>>;
  readonly again: number;
  readonly memory: number;
}
