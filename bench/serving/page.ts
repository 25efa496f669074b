/** docs/performance-serving.md out of one run. */
import { cpus, loadavg } from "node:os";
import { cpuRatio, type Load, rateRatio } from "./load.ts";
import { type Profile, REST } from "./profile.ts";
import { FASTIFY, IDLE, WORKER } from "./servers.ts";

/** One model at one batch size. */
export interface Served {
  readonly title: string;
  readonly batch: number;
  /** Of a request's body. */
  readonly bytes: number;
  readonly loads: readonly Load[];
  readonly parts: Profile;
}

const LEAST_OF_IDLE = 0.75;
const LEAST_OF_FASTIFY = 0.8;

export function page(served: readonly Served[], { seconds, rounds }: { seconds: number; rounds: number }): string {
  const date = new Date().toISOString().slice(0, 10);
  return `# Performance of the service

Written by \`node bench/serving.ts\` on ${date}: ${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.versions.node}. The Worker as it is deployed, in \`workerd serve\` itself, its KV a small service on loopback; 16 connections that ask as soon as they are answered, ${rounds} rounds of ${seconds} s each in turns. Rows of 77 named values in JSON. Fastify answers the same JSON out of onnxruntime-node with one thread, on the model's ONNX export with its preprocessing; scores are compared first. The load generator shares the machine's cores with the server. Load average ${loadavg()[2].toFixed(1)} over the last quarter of an hour: beyond 2 others were at work as well.

## Against targets

| | target | by requests a second | by processor time |
|---|--:|--:|--:|
${served.map(target).join("\n")}

Ratios are medians over rounds. Processor time counts all threads of the server, so other load on the machine moves it little.

## Requests

| | requests a second | CPU ms a request | 50 % within ms | 99 % within ms |
|---|--:|--:|--:|--:|
${served.flatMap(({ title, batch, loads }) => loads.map((one) => row(`${one.name}, ${title}, batch ${batch}`, one))).join("\n")}

## Where the time goes

The Worker's own profile out of workerd's inspector, requests one after another: microseconds and kilobytes allocated in JavaScript a request, by the function at the top of the stack.

- A request of one row is mostly not about the row: workerd's own work, routing, headers and the line of log are. The kernel is a small part of it.
- A request of many rows is the kernel, then its body. Bodies whose length is stated are read in one go (\`worker/body.ts\`): chunk by chunk, with a promise each and a copy at the end, a request of 64 rows took about twice the processor time without scoring.
- Rows become objects by JSON.parse, and each of their numbers is boxed once more on its way into the encoder; that is the garbage there is. A reader from bytes straight to inputs, in JavaScript and without a single object, was written and left out: it took about as long as JSON.parse and the encoder on numbers of six digits and twice as long on numbers of seventeen. Callers who care send rows as binary floats, which need no reading at all ([serving.md](serving.md)).
- Answers are written as text, without an object for each row (\`worker/predictions.ts\`).

${served.map(profileTable).join("\n\n")}
`;
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

function profileTable({ title, batch, bytes, parts: { micros, kilobytes } }: Served): string {
  const total = (parts: Readonly<Record<string, number>>): number => Object.values(parts).reduce((a, b) => a + b, 0);
  const all = total(micros);
  const names = Object.keys(micros).toSorted(
    (a, b) => Number(a === REST) - Number(b === REST) || micros[b] - micros[a],
  );
  const line = (name: string, time: number, memory: number): string =>
    `| ${name} | ${time.toFixed(1)} | ${((100 * time) / all).toFixed(1)} % | ${memory.toFixed(1)} |`;
  return [
    `| ${title}, batch ${batch}, ${bytes} bytes | µs | | kB |`,
    "|---|--:|--:|--:|",
    ...names.map((name) => line(name, micros[name], kilobytes[name])),
    line("all", all, total(kilobytes)),
  ].join("\n");
}
