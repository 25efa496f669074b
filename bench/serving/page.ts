/** docs/performance-serving.md out of one run. */
import { cpus, loadavg } from "node:os";
import { processor, today, versionsOf } from "../page-block.ts";
import { CONNECTIONS, cpuRatio, type Load, rateRatio, type Rounds } from "./load.ts";
import { type Profile, REST } from "./profile.ts";
import { BYTES, FASTIFY, IDLE, READ, WORKER } from "./servers.ts";

/** One model at one batch size. */
export interface Served {
  readonly title: string;
  readonly batch: number;
  /** Of a request's body with named rows. */
  readonly bytes: number;
  /** The three servers; for the first model bare workerd and the other forms of rows as well. */
  readonly loads: readonly Load[];
  /** For the first model. */
  readonly parts: Profile | undefined;
}

export const LISTS = "the Worker, rows as lists";
export const BINARY = "the Worker, rows as f32";
export const OBJECTS = "the Worker, named rows, by way of objects";

const LEAST_OF_IDLE = 0.75;
const LEAST_OF_FASTIFY = 0.8;
const PACKAGES = ["workerd", "hono", "fastify", "onnxruntime-node", "autocannon"];

export function page(served: readonly Served[], { seconds, rounds }: Rounds): string {
  const date = today();
  const versions = versionsOf(PACKAGES);
  const [{ title: first }] = served;
  const layered = served.filter(({ title }) => title === first);
  return `# Performance of the service

Written by \`node bench/serving.ts\` on ${date}: ${processor()}, ${cpus().length} cores, Node ${process.versions.node}, ${versions}. The Worker as it is deployed, but without keys and a limit of requests, in \`workerd serve\` itself, its KV a small service on loopback; ${CONNECTIONS} connections that ask as soon as they are answered, ${rounds} rounds of ${seconds} s each in turns after one to warm up. Rows of 77 values in JSON, named, of as many digits as floats have. Fastify answers the same JSON out of onnxruntime-node with one thread, on the model's ONNX export with its preprocessing; scores are compared first. The load generator shares the machine's cores with the server. Load average ${loadavg()[2].toFixed(1)} over the last quarter of an hour: beyond 2 others were at work as well.

## Against targets

| | target | by requests a second | by processor time |
|---|--:|--:|--:|
${served.map(target).join("\n")}

Ratios are medians over rounds. Processor time counts all threads of the server, so other load on the machine moves it little.

## Requests

| | requests a second | CPU ms a request | 50 % within ms | 99 % within ms |
|---|--:|--:|--:|--:|
${served.flatMap(({ title, batch, loads }) => loads.filter(isCompared).map((one) => row(`${one.name}, ${title}, batch ${batch}`, one))).join("\n")}

## Where the time goes

Processor time of a request, what each step adds to the one before; ${first}, in milliseconds and as shares of the whole.

| | ${layered.map(({ batch }) => `batch ${batch}: ms | share |`).join(" ")}
|---|${layered.map(() => "--:|--:|").join("")}
${layers(layered).join("\n")}

The same rows in other forms, processor time of a request in milliseconds; by way of objects are those of which one name is written with an escape, which leaves them to JSON.parse:

| | ${layered.map(({ batch }) => `batch ${batch}`).join(" | ")} |
|---|${layered.map(() => "--:|").join("")}
${[WORKER, OBJECTS, LISTS, BINARY].map((name) => `| ${name === WORKER ? `${name}, rows of named values` : name} | ${layered.map(({ loads }) => cpuOf(loads, name).toFixed(3)).join(" | ")} |`).join("\n")}

- A request of one row is mostly not about the row: more than half of it is workerd's and the Worker's own work, routes, eleven secure headers and four others, a line of log. Headers go into the answer there is: each one that Hono's context sets behind a route makes another answer.
- A row alone costs more here than in the loops of [performance.md](performance.md): since the request before, other work has had the caches, and one row reads all weights, 1.8 MB of them in f32, which is more than many a second-level cache holds, and half as much in int16. What scoring adds to a request of one row is the kernel waiting for them; all else that it adds (numbers into inputs, digits of scores) is a few microseconds.
- A request of many rows is the kernel. workerd runs WebAssembly with explicit bounds checks, as V8 does in Node with \`--wasm-enforce-bounds-checks\`; what these cost depends on the processor ([performance.md](performance.md#in-workerd)): the loop of six rows has eight loads, and so eight comparisons and branches, to twelve products. Four steps are written out, so that the pointers move once in four. Tiles with fewer loads (four inputs of a row at once, spread by shuffles) are slower without the checks. The reference network in f32 stays below Fastify with onnxruntime-node for that and for the wider vectors that native code has.
- Bodies whose length is stated are read in one go (\`worker/body.ts\`), and how deep they are nested is only looked into where the engine's own search finds thousands of brackets (\`worker/depth.ts\`), not by a loop over every byte.
- Rows are read out of the body's bytes straight to numbers, by a second WebAssembly module of 3 KB (\`assembly/rows.ts\`): eight digits at a time, every number rounded as JSON.parse does, names compared with those that stood there in the row before. No row, name or number becomes an object, and a test holds the heap to that (\`model/row-reader.test.ts\`). Rows that are written in another way than it takes go by way of JSON.parse and the encoder, which box each value once or twice; the table above has both. What is left of a request's garbage is the request's own and its answer's.
- Answers are written as text, without an object for each row (\`worker/predictions.ts\`).
${profiles(served.filter(({ parts }) => parts))}`;
}

function isCompared({ name }: Load): boolean {
  return name === WORKER || name === IDLE || name === FASTIFY;
}

function target({ title, batch, loads }: Served): string {
  const [over, least] = batch === 1 ? [IDLE, LEAST_OF_IDLE] : [FASTIFY, LEAST_OF_FASTIFY];
  const [rate, cpu] = [rateRatio(loads, WORKER, over), cpuRatio(loads, WORKER, over)];
  return `| batch ${batch}, ${title}, over ${over} | ${least} | ${verdict(rate, least)} | ${verdict(cpu, least)} |`;
}

function verdict(reached: number, least: number): string {
  return `${reached.toFixed(2)} ${reached >= least ? "✓" : "✗"}`;
}

function row(name: string, { rate, cpu, p50, p99 }: Load): string {
  return `| ${name} | ${rate.toFixed(0)} | ${cpu.toFixed(3)} | ${p50.toFixed(1)} | ${p99.toFixed(1)} |`;
}

const LAYERS: readonly (readonly [string, string])[] = [
  [BYTES, "workerd: HTTP, the body as bytes, an answer of two"],
  [READ, "its rows into numbers"],
  [IDLE, "routes, checks, headers, log, the answer in JSON"],
  [WORKER, "numbers into inputs, kernel"],
];

function layers(served: readonly Served[]): string[] {
  const lines = LAYERS.map(([name, step], i) => {
    const cells = served.map(({ loads }) => {
      const own = cpuOf(loads, name) - (i === 0 ? 0 : cpuOf(loads, LAYERS[i - 1][0]));
      return `${own.toFixed(3)} | ${((100 * own) / cpuOf(loads, WORKER)).toFixed(0)} %`;
    });
    return `| ${step} | ${cells.join(" | ")} |`;
  });
  const all = served.map(({ loads }) => `${cpuOf(loads, WORKER).toFixed(3)} | 100 %`);
  return [...lines, `| all | ${all.join(" | ")} |`];
}

function cpuOf(loads: readonly Load[], name: string): number {
  return loads.find((one) => one.name === name)?.cpu ?? Number.NaN;
}

function profiles(served: readonly Served[]): string {
  if (served.length === 0) return "";
  return `
## Inside of JavaScript

The Worker's own profile out of workerd's inspector, requests one after another: microseconds by the clock and kilobytes allocated in JavaScript a request, by the function at the top of the stack. The inspector makes whatever calls into workerd (timers, headers, answers, the log) several times as slow as it is without, so the body and the rest are overstated here; the table above is not.

${served.map(profileTable).join("\n\n")}
`;
}

function profileTable({ title, batch, bytes, parts }: Served): string {
  if (!parts) return "";
  const { micros, kilobytes } = parts;
  const total = (values: Readonly<Record<string, number>>): number => Object.values(values).reduce((a, b) => a + b, 0);
  const names = Object.keys(micros).toSorted(
    (a, b) => Number(a === REST) - Number(b === REST) || micros[b] - micros[a],
  );
  const line = (name: string, time: number, memory: number): string =>
    `| ${name} | ${time.toFixed(1)} | ${memory.toFixed(1)} |`;
  return [
    `| ${title}, batch ${batch}, ${bytes} bytes | µs | kB |`,
    "|---|--:|--:|",
    ...names.map((name) => line(name, micros[name], kilobytes[name])),
    line("all", total(micros), total(kilobytes)),
  ].join("\n");
}
