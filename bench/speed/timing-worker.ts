/**
 * A Worker that scores the same rows again and again: the kernel's speed inside workerd. Clocks stand still there between
 * two network events, so the caller takes the time, of many scores and of none.
 */
import relaxed from "../../build/score-relaxed.wasm";
import simd from "../../build/score.wasm";
import { readArtefact } from "../../model/artefact.ts";
import { Scorer } from "../../model/scorer.ts";

export { LiveHistograms } from "../../worker/live-histograms.ts";

const modules: Readonly<Record<string, WebAssembly.Module>> = { simd, relaxed };
const scorers = new Map<string, Scorer>();

/** PUT /KERNEL/MODEL takes a model; POST /KERNEL/MODEL?rows=N&times=N scores as many of its rows so often. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const module = modules[pathname.split("/")[1]];
    if (request.method === "PUT" && module) {
      const bytes = new Uint8Array(await request.arrayBuffer());
      scorers.set(pathname, new Scorer(readArtefact(bytes), module));
      return new Response("taken");
    }
    if (request.method !== "POST") return new Response("live");
    const scorer = scorers.get(pathname);
    if (!scorer) return new Response("no such model", { status: 404 });
    const [rows, times] = ["rows", "times"].map((name) => Number(searchParams.get(name)));
    const x = new Float32Array(await request.arrayBuffer());
    let last = 0;
    for (let i = 0; i < times; i++) last = scorer.score(x, rows)[0];
    return new Response(String(last));
  },
};
