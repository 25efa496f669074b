/**
 * Measures the CPU time of requests in workerd and works out what a month of them costs, into docs/deployment.md:
 *
 *     node bench/costs.ts
 */
import { hash } from "node:crypto";
import { Agent, request } from "node:http";
import { processor, today, writeBlock } from "./page-block.ts";
import { processorTime } from "./serving/load.ts";
import { KvService } from "./soak/kv.ts";
import { simulatedModels } from "./soak/models.ts";
import { median } from "./speed/rounds.ts";
import { startWorkerd, type Workerd } from "./workerd.ts";

/**
 * Dollars, remembered from Cloudflare's public price lists (Workers Paid; developers.cloudflare.com, the pricing pages of
 * Workers, KV, R2 and Queues) in November 2026. Nobody has compared them since: check before relying on them.
 */
const PRICES = {
  month: 5,
  requests: { included: 10e6, perMillion: 0.3 },
  cpuMs: { included: 30e6, perMillion: 0.02 },
  kvReads: { included: 10e6, perMillion: 0.5 },
  objectRequests: { included: 1e6, perMillion: 0.15 },
  logs: { included: 20e6, perMillion: 0.6 },
  queueOperations: { included: 1e6, perMillion: 0.4 },
  r2Writes: { included: 1e6, perMillion: 4.5 },
  r2Reads: { included: 10e6, perMillion: 0.36 },
} as const;
/** Isolates that are alive at a time; each reads its pointer every half minute. */
const ISOLATES = 200;
const MINUTES = (365.25 * 24 * 60) / 12;
const POINTER_READS = ISOLATES * 2 * MINUTES;
/** What an isolate counted for drift it hands on every ten seconds. */
const DRIFT_CALLS = ISOLATES * 6 * MINUTES;
/** Log events of a request: its own line, and the invocation's. */
const LOG_EVENTS = 2;
/** Share of requests whose logs are kept where they are sampled. */
const SAMPLED = 0.01;
const ROUNDS = 5;
const CONNECTIONS = 8;

const { versions, rows } = await simulatedModels();
const kv = await KvService.start();
kv.publish("flows", versions.slice(0, 1));
const key = "a-key";
const API_KEY_SHA256 = hash("sha256", key);
const worker = await startWorkerd({
  kvPort: kv.port,
  vars: { DEFAULT_MODEL: "flows", ENVIRONMENT: "production", API_KEY_SHA256 },
});

interface Kind {
  readonly name: string;
  readonly rows: number;
  readonly type: string;
  readonly body: string;
  readonly times: number;
}

const listed = (many: number): string[] =>
  Array.from({ length: many }, (_, i) => JSON.stringify(rows[i % rows.length]));
const json = (many: number, times: number): Kind => ({
  name: many === 1 ? "1 row, JSON" : `${many} rows, JSON`,
  rows: many,
  type: "application/json",
  body: `{"instances":[${listed(many).join(",")}]}`,
  times,
});
const LINES = 2000;
const kinds: readonly Kind[] = [
  json(1, 2000),
  json(64, 400),
  {
    name: `${LINES} rows, NDJSON`,
    rows: LINES,
    type: "application/x-ndjson",
    body: listed(LINES).join("\n"),
    times: 20,
  },
];

try {
  const measured = new Map<Kind, number[]>(kinds.map((kind) => [kind, []]));
  for (const kind of kinds) await ask(worker, kind, kind.times);
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of kinds) {
      const before = processorTime(worker.pid);
      await ask(worker, kind, kind.times);
      measured.get(kind)?.push((processorTime(worker.pid) - before) / kind.times);
    }
  }
  const ms = kinds.map((kind) => median(measured.get(kind) ?? []));
  const block = table(ms);
  writeBlock("docs/deployment.md", "costs", block);
  console.log(block);
} finally {
  await worker.stop();
  kv.stop();
}

async function ask({ port }: Workerd, { type, body }: Kind, times: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const headers = { "content-type": type, "content-length": Buffer.byteLength(body), authorization: `Bearer ${key}` };
  let left = times;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const asked = request({ agent, host: "127.0.0.1", port, method: "POST", path: "/v1/score", headers });
      asked.on("response", (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        response.resume().on("end", resolve);
      });
      asked.on("error", reject).end(body);
    });
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) await one();
    }),
  );
  agent.destroy();
}

function table(ms: readonly number[]): string {
  const over = (used: number, { included, perMillion }: { included: number; perMillion: number }): number =>
    (Math.max(0, used - included) / 1e6) * perMillion;
  const dollars = (value: number): string =>
    `$${value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString("en")}`;
  const month = (requests: number, cpu: number, logged: number): number =>
    PRICES.month +
    over(requests, PRICES.requests) +
    over(requests * cpu, PRICES.cpuMs) +
    over(Math.min(requests, POINTER_READS), PRICES.kvReads) +
    over(Math.min(requests, DRIFT_CALLS), PRICES.objectRequests) +
    over(requests * LOG_EVENTS * logged, PRICES.logs);
  const lines = kinds.map(({ name, rows: many }, i) => {
    const costs = [1e6, 1e9].flatMap((requests) =>
      [1, SAMPLED].map((logged) => dollars(month(requests, ms[i], logged))),
    );
    return `| ${name} | ${ms[i].toFixed(2)} | ${((1000 * ms[i]) / many).toFixed(0)} | ${costs.join(" | ")} |`;
  });
  const rowBytes = Buffer.byteLength(kinds[2].body) / LINES;
  const parts = (1e9 * rowBytes) / (2 * 1024 * 1024);
  const batch =
    PRICES.month +
    over(1e9 * (ms[2] / LINES), PRICES.cpuMs) +
    over(3 * parts, PRICES.queueOperations) +
    over(parts, PRICES.r2Writes) +
    over(4 * parts, PRICES.r2Reads);
  const {
    month: base,
    requests,
    cpuMs: cpu,
    kvReads,
    objectRequests,
    logs,
    queueOperations,
    r2Writes,
    r2Reads,
  } = PRICES;
  const price = ({ included, perMillion }: { included: number; perMillion: number }): string =>
    `$${perMillion.toFixed(2)} a million over ${included / 1e6} million`;
  return `Written by \`node bench/costs.ts\` on ${today()}: ${processor()}, median of ${ROUNDS} rounds; the default learner on simulated flows (${Array.isArray(rows[0]) ? rows[0].length : 0} features). CPU time is all that the workerd process takes, with HTTP and sockets, which Cloudflare does not count: an upper bound.

| a request | CPU ms | µs a row | 1 M a month, all logged | 1 % logged | 1 G a month, all logged | 1 % logged |
|---|--:|--:|--:|--:|--:|--:|
${lines.join("\n")}

10⁹ rows in batches, at ${rowBytes.toFixed(0)} bytes a row ${Math.round(parts).toLocaleString("en")} parts: ${dollars(batch)} in a month with nothing else, storage apart, if the queue's consumer takes as long a row as the stream of lines.

Prices are remembered from Cloudflare's public price lists in November 2026, for the paid plan; **check them before relying on this**: $${base} a month; requests ${price(requests)}; CPU milliseconds ${price(cpu)}; KV reads ${price(kvReads)}; requests to Durable Objects ${price(objectRequests)}; log events ${price(logs)}, ${LOG_EVENTS} a request; queue operations ${price(queueOperations)}, three a message; R2 writes ${price(r2Writes)}, reads ${price(r2Reads)}. Taken for granted: ${ISOLATES} isolates alive at a time, each reading its pointer every 30 s and handing on what it counted for drift every 10 s. That Durable Object, one a model and version, is awake all the time: ${((MINUTES * 60 * 0.128) / 1e6).toFixed(2)} million GB-s of the 0.4 million that are included.`;
}
