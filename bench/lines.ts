/** Streams millions of rows as lines through the Worker in workerd, and writes pace and memory into docs/serving.md. */
import { parseArgs } from "node:util";
import { Unseen } from "../client/unseen.ts";
import { makeArtefact, randomRows } from "../test/fixtures/artefact.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { processor, today, writeBlock } from "./page-block.ts";
import { KvService } from "./soak/kv.ts";
import { medianBetween, watchMemory } from "./soak/memory.ts";
import { startWorkerd } from "./workerd.ts";

const { values } = parseArgs({ options: { rows: { type: "string", default: "3000000" } } });
const many = Number(values.rows);

const { bytes } = makeArtefact(kernelModule("score"), 1);
const kv = await KvService.start();
kv.publish("flows", [bytes]);
const worker = await startWorkerd({ kvPort: kv.port, vars: { ENVIRONMENT: "development" } });
try {
  const unseen = new Unseen(worker.url);
  const rows = randomRows(1000, 7);
  const { predictions } = await unseen.score(rows);
  const expected = predictions.map(({ score }) => score);
  function* stream(): Generator<(typeof rows)[number]> {
    for (let i = 0; i < many; i++) yield rows[i % rows.length];
  }
  const memory = watchMemory(worker.pid);
  const started = performance.now();
  let seen = 0;
  let wrong = 0;
  for await (const answer of unseen.scoreLines(stream())) {
    if ("code" in answer || answer.score !== expected[seen % expected.length]) wrong++;
    seen++;
  }
  const seconds = (performance.now() - started) / 1000;
  memory.stop();
  const [early, late] = [medianBetween(memory.samples, 0.1, 0.3), medianBetween(memory.samples, 0.8, 1)];
  const block =
    `Written by \`node bench/lines.ts\` on ${today()}: ${processor()}; ${many.toLocaleString("en")} rows of four features in one request, scored by a network of 20 units, ` +
    `${wrong} of ${seen.toLocaleString("en")} answers wrong, ${Math.round(seen / seconds).toLocaleString("en")} rows/s ` +
    `with sender, reader and workerd on one machine; workerd holds ${early.toFixed(0)} MiB early (median from 10 to ` +
    `30 % of the time) and ${late.toFixed(0)} MiB late (from 80 % on).`;
  console.log(block);
  if (wrong > 0 || seen !== many) throw new Error("answers are wrong or missing");
  writeBlock("docs/serving.md", "lines", block);
} finally {
  await worker.stop();
  kv.stop();
}
