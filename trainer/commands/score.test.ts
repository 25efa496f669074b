import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { Row } from "../../model/schema.ts";
import { Scorer } from "../../model/scorer.ts";
import { makeArtefact } from "../../test/fixtures/artefact.ts";
import { kernelModule } from "../learn/engine.ts";
import { scoredChunks } from "../evaluate/scored-file.ts";
import { expandFiles } from "../data/files.ts";
import { scoreFile } from "./score.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-score-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a row on which the model overflows is an error that names it, not a row that is not flagged", async () => {
  class Overflowing extends Scorer {
    override scoreRows(rows: readonly Row[]): Float32Array {
      return super.scoreRows(rows).map((score, i) => (i === 1 ? Number.NaN : score));
    }
    override score(encoded: Float32Array, rows: number): Float32Array {
      return super.score(encoded, rows).map((score, i) => (i === 1 ? Number.NaN : score));
    }
  }
  const { artefact } = makeArtefact(kernelModule("score"), 1);
  const csv = join(folder, "rows.csv");
  const header = artefact.schema.features.map(({ name }) => name).join(",");
  writeFileSync(csv, `${header}\n1,1,tcp,true\n1,1,udp,true\n`);
  const out = join(folder, "scores.csv");
  const [file] = expandFiles([csv]);
  const scorer = new Overflowing(artefact, kernelModule("score"), { selfTest: false });
  const fault = { code: "artefact-malformed", message: expect.stringMatching(/rows\.csv, row 2/) as string };
  await expect(scoreFile(scorer, file, out, 0.5)).rejects.toMatchObject(fault);
  // whoever sets thresholds or counts for drift reads rows so
  await expect(scoredChunks(scorer, file).next()).rejects.toMatchObject(fault);
  expect(existsSync(out)).toBe(false);
});

test("100 files of rows get the scores that the rows have to the last bit", async () => {
  const { artefact } = makeArtefact(kernelModule("score"), 2);
  const scorer = new Scorer(artefact, kernelModule("score"));
  const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.constant(null));
  const category = fc.constantFrom("tcp", "udp", "TCP", 'é,"x"', "two\nlines", "6", null);
  const rows = fc.array(fc.tuple(number, number, category, fc.constantFrom(true, false, null)), {
    minLength: 1,
    maxLength: 40,
  });
  const header = artefact.schema.features.map(({ name }) => name).join(",");
  const cell = (value: unknown): string => (value === null ? "" : `"${String(value).replaceAll('"', '""')}"`);
  await fc.assert(
    fc.asyncProperty(rows, async (given) => {
      const csv = join(folder, "any.csv");
      writeFileSync(csv, `${header}\n${given.map((row) => `${row.map(cell).join(",")}\n`).join("")}`);
      const out = join(folder, "any-scores.csv");
      const [file] = expandFiles([csv]);
      expect((await scoreFile(scorer, file, out, 0.5)).rows).toBe(given.length);
      const columns = Array.from(readFileSync(out, "utf8").matchAll(/,([^,\n]+),(?:true|false),[^,\n]+,[^,\n]+\n/g));
      expect(columns.map(([, score]) => Number(score))).toEqual([...scorer.scoreRows(given)]);
    }),
    { numRuns: 100 },
  );
});
