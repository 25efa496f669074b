/** The soak in short: seconds of it on a small model, and that its checks see what is wrong. */
import { expect, test } from "vitest";
import { Scorer } from "../../model/scorer.ts";
import { makeArtefact, randomRows, stream } from "../../test/fixtures/artefact.ts";
import { kernelModule } from "../../trainer/learn/engine.ts";
import { makePool } from "./pool.ts";
import { kinds } from "./requests.ts";
import { soak } from "./run.ts";

const module = kernelModule("score");
const [first, second] = [1, 2].map((seed) => makeArtefact(module, seed).bytes);
const rows = randomRows(300, 9);

test("no answer is wrong or lost while a version is published and KV fails; only what cannot be served is refused", async () => {
  const {
    tallies,
    faults,
    kv,
    rows: scored,
  } = await soak({
    seconds: 4,
    connections: 16,
    versions: [first, second],
    rows,
  });
  expect(faults).toEqual([]);
  for (const [name, { asked, right, stated503, wrong, lost }] of tallies) {
    expect([name, wrong, lost, right + stated503]).toEqual([name, 0, 0, asked]);
    const refused =
      name === "a damaged model" ? asked : name.includes("model") && name !== "model card" ? stated503 : 0;
    expect([name, stated503]).toEqual([name, refused]);
  }
  expect(tallies.get("up to 64 rows")?.right).toBeGreaterThan(10);
  expect(scored).toBeGreaterThan(500);
  expect(kv.failed).toBeGreaterThan(0);
}, 120_000);

test("a score off by 10⁻⁵, a score too few and another version's scores are seen", () => {
  const pool = makePool(rows, [Scorer.open(first, module), Scorer.open(second, module)]);
  const kind = kinds(pool, {}).find(({ name }) => name === "up to 64 rows");
  const ask = kind?.make(stream(3));
  const { instances } = JSON.parse(String(ask?.body)) as { instances: unknown[] };
  const picked = instances.map((row) => pool.listed.indexOf(JSON.stringify(row)));
  const check = (version: number, change: (scores: number[]) => number[]): string | undefined => {
    const scores = change(picked.map((row) => pool.scores.get(1)?.[row] ?? Number.NaN));
    const predictions = scores.map((score) => ({ score, anomaly: score >= 0.5 }));
    const body = Buffer.from(JSON.stringify({ predictions }));
    return ask?.check({ status: 200, headers: { "x-model-version": `flows@${version}` }, body });
  };
  expect(picked.length).toBeGreaterThan(1);
  expect(check(1, (scores) => scores)).toBeUndefined();
  expect(check(1, ([score, ...others]) => [score + 1e-5, ...others])).toContain("the trainer");
  expect(check(1, ([, ...others]) => others)).toContain("scores for");
  expect(check(2, (scores) => scores)).toContain("the trainer");
  expect(check(3, (scores) => scores)).toContain("never published");
});
