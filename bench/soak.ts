/**
 * Asks the Worker over many connections for a minute, with a version published and KV failing on the way, and checks
 * every answer; writes docs/soak.md, and ends with 1 where anything was wrong:
 *
 *     node bench/soak.ts [--seconds 60] [--connections 256] [--rows 1000000] [--json]
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { processor, today } from "./page-block.ts";
import type { Tally } from "./soak/load.ts";
import { medianBetween } from "./soak/memory.ts";
import { simulatedModels } from "./soak/models.ts";
import { type Soak, soak } from "./soak/run.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    connections: { type: "string", default: "256" },
    rows: { type: "string", default: "1000000" },
    json: { type: "boolean", default: false },
  },
});
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const leastRows = Number(values.rows);
if (!(seconds >= 1 && seconds <= 600 && connections >= 1 && connections <= 1024 && leastRows >= 0)) {
  throw new Error("seconds 1 to 600, connections 1 to 1024, rows from 0 up");
}
const say = (line: string): void => void (values.json || console.error(line));

say("training two versions on simulated flows");
const models = await simulatedModels();
say(`${connections} connections for ${seconds} s`);
const result = await soak({ seconds, connections, leastRows, ...models, report: say });
const sum = (of: (tally: Tally) => number): number =>
  [...result.tallies.values()].reduce((all, one) => all + of(one), 0);
const totals = {
  seconds: result.seconds,
  requests: sum(({ asked }) => asked),
  rows: result.rows,
  right: sum(({ right }) => right),
  stated503: sum(({ stated503 }) => stated503),
  wrong: sum(({ wrong }) => wrong),
  lost: sum(({ lost }) => lost),
  versions: Object.fromEntries([...result.versions].filter(([name]) => name.startsWith("flows@"))),
  mebibytes: {
    start: result.memory[0]?.mebibytes,
    middle: medianBetween(result.memory, 0.5, 0.6),
    end: medianBetween(result.memory, 0.9, 1),
    most: Math.max(...result.memory.map(({ mebibytes }) => mebibytes)),
  },
  kv: result.kv,
};
if (values.json) console.log(JSON.stringify(totals));
else {
  const page = document(result);
  writeFileSync(new URL("../docs/soak.md", import.meta.url), page);
  console.log(page);
}
for (const fault of result.faults) console.error(fault);
if (totals.wrong + totals.lost > 0) process.exitCode = 1;

function document({ tallies, kv, faults }: Soak): string {
  const count = (value: number): string => value.toLocaleString("en");
  const quantile = (times: readonly number[], share: number): string => {
    const sorted = times.toSorted((a, b) => a - b);
    return sorted.length === 0 ? "" : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(0);
  };
  const kinds = [...tallies].toSorted(([, a], [, b]) => b.asked - a.asked);
  const lines = kinds.map(([name, tally]) => {
    const { asked, right, stated503, wrong, lost, rows, times } = tally;
    const counts = [asked, right, stated503, wrong, lost, rows].map(count);
    return `| ${name} | ${counts.join(" | ")} | ${quantile(times, 0.5)} / ${quantile(times, 0.99)} |`;
  });
  const { mebibytes, versions } = totals;
  const answering = Object.entries(versions).map(([name, answers]) => `${name} ${count(answers)} times`);
  return `# Load and soak

Written by \`node bench/soak.ts --seconds ${seconds} --connections ${connections}\` on ${today()}: ${processor()}, ${cpus().length} cores shared by workerd and the asker, Node ${process.versions.node}. The Worker is the one \`wrangler deploy\` uploads, run by workerd itself on loopback; KV is a service of the bench's own that can be told to fail (\`bench/soak/kv.ts\`). The models are two trainings of the default learner on simulated flows; every score is compared with the trainer's for the version that the answer names, to 1e-6, every refusal with the code it must have, and every answer's request id with the one asked.

| | |
|---|--:|
| seconds, connections | ${totals.seconds.toFixed(1)}, ${connections} |
| requests, a second | ${count(totals.requests)}, ${count(Math.round(totals.requests / totals.seconds))} |
| rows scored, a second | ${count(totals.rows)}, ${count(Math.round(totals.rows / totals.seconds))} |
| **wrong answers** | **${count(totals.wrong)}** |
| **lost requests** | **${count(totals.lost)}** |
| 503 with a code and Retry-After | ${count(totals.stated503)} |
| reads of KV, made to fail | ${count(kv.reads)}, ${count(kv.failed)} |
| workerd's resident memory, MiB: at the start, over the sixth tenth of the time, over the last tenth, most | ${[mebibytes.start, mebibytes.middle, mebibytes.end, mebibytes.most].map((each) => Number(each).toFixed(0)).join(", ")} |

${answering.join(", ")}: version 2 is published at ${(0.15 * seconds).toFixed(0)} s, and an isolate looks for a new pointer every 30 s. From ${(0.4 * seconds).toFixed(0)} to ${(0.55 * seconds).toFixed(0)} s KV answers with errors, cuts connections, and answers late, in turn. 503 is the answer for a model whose weights are damaged, and while KV fails for models the isolate has never seen; what it has seen goes on.

| requests | asked | right | stated 503 | wrong | lost | rows | ms, median / 99 % |
|---|--:|--:|--:|--:|--:|--:|--:|
${lines.join("\n")}
${faults.length > 0 ? `\n${faults.map((fault) => `- ${fault}`).join("\n")}\n` : ""}`;
}
