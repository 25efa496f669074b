/** The kernel inside workerd and in Node, in turns: microseconds a row, and how many times as long workerd takes. */
import { fileURLToPath } from "node:url";
import { type Artefact, writeArtefact } from "../../model/artefact.ts";
import { builtModule } from "../../trainer/learn/engine.ts";
import { referenceRows } from "../reference-network.ts";
import { KvService } from "../soak/kv.ts";
import { startWorkerd } from "../workerd.ts";
import { kernelWork } from "./contestants.ts";
import { median } from "./rounds.ts";

export interface InWorkerd {
  readonly model: string;
  readonly kernel: string;
  readonly batch: number;
  /** Median microseconds a row in workerd. */
  readonly micros: number;
  /** Median over rounds of workerd's time over Node's. */
  readonly overNode: number;
}

/** What one request scores at least, in rows: so long that the request itself is little. */
const ROWS = 4096;
const KERNELS = [
  ["simd", "score"],
  ["relaxed", "score-relaxed"],
] as const;

export async function inWorkerd(
  models: ReadonlyMap<string, Artefact>,
  batches: readonly number[],
  rounds: number,
): Promise<InWorkerd[]> {
  const kv = await KvService.start();
  const entry = fileURLToPath(new URL("timing-worker.ts", import.meta.url));
  const workerd = await startWorkerd({ kvPort: kv.port, vars: { ENVIRONMENT: "development" }, more: [entry] });
  try {
    const results: InWorkerd[] = [];
    for (const [model, artefact] of models) {
      for (const [name, file] of KERNELS) {
        const url = `${workerd.url}/${name}/${encodeURIComponent(model)}`;
        const taken = await fetch(url, { method: "PUT", body: writeArtefact(artefact).slice() });
        if (!taken.ok) throw new Error(`workerd does not take ${model}: ${workerd.said()}`);
        const { inputs } = artefact.network;
        for (const batch of batches) {
          const x = referenceRows(batch, inputs);
          const here = kernelWork(artefact, builtModule(file), x);
          const times = Math.ceil(ROWS / batch);
          const wanted = ((await here(batch)) as ArrayLike<number>)[0];
          const ask = async (many: number): Promise<number> => {
            const start = performance.now();
            const answer = await fetch(`${url}?rows=${batch}&times=${many}`, { method: "POST", body: x.slice() });
            const score = Number(await answer.text());
            const took = performance.now() - start;
            if (!answer.ok) throw new Error(`workerd: ${answer.status}: ${workerd.said()}`);
            if (many > 0 && !(Math.abs(score - wanted) <= 1e-5)) throw new Error(`${score} in workerd, ${wanted} here`);
            return took;
          };
          const own = (many: number): number => {
            const start = performance.now();
            for (let i = 0; i < many; i++) here(batch);
            return performance.now() - start;
          };
          for (let warm = 0; warm < 3; warm++) {
            await ask(times);
            own(times);
          }
          const measured: { workerd: number; node: number }[] = [];
          for (let round = 0; round < rounds; round++) {
            const nothing = Math.min(await ask(0), await ask(0));
            measured.push({ workerd: (await ask(times)) - nothing, node: own(times) });
          }
          results.push({
            model,
            kernel: name,
            batch,
            micros: (median(measured.map((one) => one.workerd)) * 1000) / (times * batch),
            overNode: median(measured.map((one) => one.workerd / one.node)),
          });
        }
      }
    }
    return results;
  } finally {
    await workerd.stop();
    kv.stop();
  }
}
