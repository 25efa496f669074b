/** One soak: real workerd under load, while a version is published, KV fails, and a damaged model is asked for. */
import { hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Scorer } from "../../model/scorer.ts";
import { kernelModule } from "../../trainer/learn/engine.ts";
import { startWorkerd } from "../workerd.ts";
import { type KvFault, KvService } from "./kv.ts";
import { startLoad, type Tally } from "./load.ts";
import { type Sample, watchMemory } from "./memory.ts";
import { makePool } from "./pool.ts";
import { type Kind, kinds } from "./requests.ts";

const KEY = "a-key-of-the-soak";
/** When what happens, as shares of the time. */
const PUBLISH = 0.15;
const FAULTS = { from: 0.4, to: 0.55 };
/** Models that nobody asks for before KV fails. */
const LATE = 8;

export interface SoakOptions {
  readonly seconds: number;
  readonly connections: number;
  /** Two model files that take the same rows. */
  readonly versions: readonly [Uint8Array, Uint8Array];
  /** By position. */
  readonly rows: readonly (readonly unknown[])[];
  /** Goes on beyond `seconds`, at the most twice as long, until as many rows have been scored. */
  readonly leastRows?: number;
  report?(line: string): void;
}

export interface Soak {
  readonly seconds: number;
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly versions: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
  readonly memory: readonly Sample[];
  readonly kv: { readonly reads: number; readonly failed: number };
  readonly rows: number;
}

export async function soak({ seconds, connections, report = () => {}, ...options }: SoakOptions): Promise<Soak> {
  const module = kernelModule("score");
  const pool = makePool(
    options.rows,
    options.versions.map((bytes) => Scorer.open(bytes, module)),
  );
  const kv = await KvService.start();
  const [first, second] = options.versions;
  kv.publish("flows", [first]);
  for (let i = 0; i < LATE; i++) kv.publish(`late-${i}`, [first]);
  kv.publish("damaged", [first.with(first.length - 9, first[first.length - 9] ^ 0x40)]);
  const vars = { DEFAULT_MODEL: "flows", ENVIRONMENT: "production", API_KEY_SHA256: hash("sha256", KEY) };
  const worker = await startWorkerd({ kvPort: kv.port, vars });
  try {
    const authorised = { authorization: `Bearer ${KEY}` };
    const usual = kinds(pool, authorised);
    const damaged = elsewhere("a damaged model", usual, () => "damaged");
    const late = elsewhere(
      "models first asked for while KV fails",
      usual,
      (draw) => `late-${Math.floor(draw() * LATE)}`,
    );
    let mixture: Kind[] = [...usual, damaged];
    const watch = watchMemory(worker.pid);
    const start = performance.now();
    const until = async (share: number): Promise<void> => {
      await sleep(Math.max(0, share * seconds * 1000 - (performance.now() - start)));
    };
    const load = startLoad(worker.port, connections, () => mixture, 1);
    await until(PUBLISH);
    kv.publish("flows", [first, second]);
    report(`version 2 is published at ${(PUBLISH * seconds).toFixed(1)} s`);
    await until(FAULTS.from);
    mixture = [...mixture, late];
    const modes: readonly KvFault[] = ["error", "reset", "slow"];
    for (let i = 0; i < 6; i++) {
      kv.fault = modes[i % modes.length];
      await until(FAULTS.from + ((FAULTS.to - FAULTS.from) * (i + 1)) / 6);
    }
    kv.fault = undefined;
    report(`KV failed until ${(FAULTS.to * seconds).toFixed(1)} s`);
    await until(1);
    const scored = (): number => [...load.tallies.values()].reduce((sum, { rows }) => sum + rows, 0);
    while (scored() < (options.leastRows ?? 0) && performance.now() - start < 2000 * seconds) await sleep(200);
    load.stop();
    await load.done;
    watch.stop();
    const { tallies, versions, faults } = load;
    const took = (performance.now() - start) / 1000;
    const { reads, failed } = kv;
    return { seconds: took, tallies, versions, faults, memory: watch.samples, kv: { reads, failed }, rows: scored() };
  } finally {
    await worker.stop();
    kv.stop();
  }
}

/** Requests like the usual for up to 64 rows, to another model. */
function elsewhere(name: string, usual: readonly Kind[], model: (draw: () => number) => string): Kind {
  const kind = usual.find((each) => each.name === "up to 64 rows") ?? usual[0];
  return {
    name,
    weight: 2,
    strange: true,
    make: (draw) => ({ ...kind.make(draw), path: `/v1/models/${model(draw)}/score` }),
  };
}
