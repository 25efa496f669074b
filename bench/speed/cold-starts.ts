/** Cold starts of ours and of onnxruntime-web, taken in turns. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeArtefact } from "../../model/artefact.ts";
import { toOnnx } from "../../trainer/export/onnx.ts";
import { referenceModel } from "../reference-network.ts";
import { median } from "./rounds.ts";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface ColdStart {
  readonly name: string;
  /** Median milliseconds of each step, and of all. */
  readonly steps: Readonly<Record<string, number>>;
  readonly total: number;
}

export function coldStarts(rounds: number): ColdStart[] {
  const folder = mkdtempSync(join(tmpdir(), "unseen-cold-"));
  try {
    const [model, onnx] = [join(folder, "model.safetensors"), join(folder, "model.onnx")];
    writeFileSync(model, writeArtefact(referenceModel()));
    writeFileSync(onnx, toOnnx(referenceModel(), { encoded: true }));
    const starts = [
      { name: "unseen", args: ["unseen", path("../../build/score.wasm"), model], taken: [] as Steps[] },
      { name: "onnxruntime-web", args: ["onnxruntime-web", "", onnx], taken: [] as Steps[] },
    ];
    for (let round = 0; round < rounds; round++) {
      for (const { args, taken } of starts) {
        const { stdout, stderr, status } = spawnSync(process.execPath, [path("cold.ts"), ...args], {
          encoding: "utf8",
        });
        if (status !== 0) throw new Error(stderr);
        taken.push(JSON.parse(stdout) as Steps);
      }
    }
    return starts.map(({ name, taken }) => {
      const steps = Object.fromEntries(
        Object.keys(taken[0]).map((step) => [step, median(taken.map((steps) => steps[step]))]),
      );
      const sum = (one: Steps): number => Object.values(one).reduce((a, b) => a + b, 0);
      return { name, steps, total: median(taken.map(sum)) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Steps = Record<string, number>;
