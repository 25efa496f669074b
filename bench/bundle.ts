/**
 * Bundles the Worker as `wrangler deploy` would, without and with the block for batches, and holds it to its budget:
 *
 *     node bench/bundle.ts
 */
import { rmSync } from "node:fs";
import { batchConfig } from "../test/batch-config.ts";
import { bundle } from "./workerd.ts";

/** KiB after gzip; the Worker has to be fetched and compiled wherever it starts. */
const BUDGET = 200;
const AIM = 120;

for (const [name, more] of [
  ["the Worker", []],
  ["with batches", ["--config", batchConfig()]],
] as const) {
  const { folder, said } = bundle(...more);
  rmSync(folder, { recursive: true, force: true });
  const [, total, gzip] = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(said) ?? [];
  const bindings = [...said.matchAll(/^env\.(\w+)/gm)].map(([, binding]) => binding);
  const aimed = Number(gzip) <= AIM ? "" : `, over the ${AIM} aimed at`;
  console.log(`${name}: ${gzip} KiB of ${BUDGET} after gzip${aimed} (${total} KiB whole); ${bindings.join(", ")}`);
  if (!(Number(gzip) <= BUDGET)) process.exitCode = 1;
}
