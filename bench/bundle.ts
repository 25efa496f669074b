/**
 * Bundles the Worker as `wrangler deploy` would, without and with batches and feedback, and holds it to its budget:
 *
 *     node bench/bundle.ts
 */
import { rmSync } from "node:fs";
import { localConfig } from "../trainer/publish/local-config.ts";
import { bundle } from "./workerd.ts";

/** KiB after gzip; the Worker has to be fetched and compiled wherever it starts. */
const BUDGET = 200;
const AIM = 120;

for (const [name, more] of [
  ["the Worker", []],
  ["with batches and feedback", ["--config", localConfig()]],
] as const) {
  const { folder, said } = bundle(...more);
  rmSync(folder, { recursive: true, force: true });
  const [, total, gzip] = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(said) ?? [];
  const bindings = [...said.matchAll(/^env\.(\w+)/gm)].map(([, binding]) => binding);
  const aimed = Number(gzip) <= AIM ? "" : `, over the ${AIM} aimed at`;
  console.log(`${name}: ${gzip} KiB of ${BUDGET} after gzip${aimed} (${total} KiB whole); ${bindings.join(", ")}`);
  if (!(Number(gzip) <= BUDGET)) process.exitCode = 1;
}
