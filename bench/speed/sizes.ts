/** How large everything is that has to be sent: kernel, models, Worker, and the peer's engine. */
import { readFileSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { writeArtefact } from "../../model/artefact.ts";
import { toOnnx } from "../../trainer/export/onnx.ts";
import { bundle } from "../workerd.ts";
import { ENGINE } from "./cold-starts.ts";
import type { Heat } from "./contestants.ts";

export interface Size {
  /** Its short name. */
  readonly key: string;
  readonly title: string;
  readonly bytes: number;
  readonly gzip?: number;
}

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export function sizes([reference, , learner]: readonly Heat[]): Size[] {
  const built = (key: string, title: string, path: string): Size => {
    const bytes = readFileSync(file(path));
    return { key, title, bytes: bytes.length, gzip: gzipSync(bytes).length };
  };
  return [
    built("score.wasm", "score.wasm", "build/score.wasm"),
    built("score-relaxed.wasm", "score-relaxed.wasm", "build/score-relaxed.wasm"),
    built("rows.wasm", "rows.wasm, which reads rows out of JSON", "build/rows.wasm"),
    worker(),
    { key: "reference model", title: "reference network, f32", bytes: writeArtefact(reference.model).length },
    {
      key: "reference onnx",
      title: "the same as ONNX",
      bytes: toOnnx(reference.model, { encoded: true }).length,
    },
    { key: "default model", title: "default learner's model, f32", bytes: writeArtefact(learner.model).length },
    {
      key: "onnxruntime-web",
      title: "onnxruntime-web's ort-wasm-simd-threaded.wasm",
      bytes: statSync(ENGINE).size,
    },
  ];
}

/** The Worker as it is uploaded, by wrangler's own words. */
function worker(): Size {
  const { folder, said } = bundle();
  rmSync(folder, { recursive: true, force: true });
  const [, total, gzip] = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(said) ?? [];
  if (gzip === undefined) throw new Error(`wrangler does not say how large the Worker is: ${said}`);
  const bytes = (kibibytes: string): number => Math.round(Number(kibibytes) * 1024);
  return { key: "worker", title: "the Worker, kernel included", bytes: bytes(total), gzip: bytes(gzip) };
}
