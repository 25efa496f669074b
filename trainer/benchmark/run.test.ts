/** The benchmark as a whole: worker processes, the results file, going on after an end in the middle. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeSimulation } from "../data/simulate/write.ts";
import { errorOf } from "../data/testing.ts";
import { methodNamed } from "../peers/registry.ts";
import { reportOf } from "../report/report.ts";
import { keyOf, type ResultLine } from "./line.ts";
import { readResults } from "./results.ts";
import { type BenchmarkOptions, runBenchmark } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-benchmark-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const METHODS = ["mahalanobis", "ecod", "knn", "logistic"];
const options: BenchmarkOptions = {
  folders: [at("one"), at("two")],
  families: ["port_scan", "exfiltration", "web_attack"],
  out: at("results.jsonl"),
  methods: METHODS.map(methodNamed),
  splits: ["random", "domain-out"],
  seeds: 2,
  shots: 20,
  holdOutK: 1,
  full: false,
  workers: 2,
};
const TOTAL = 2 * 3 * 4 * 2 * 2;

/** Lines by key, without what time alone decides. */
function figures(file: string): Map<string, Partial<ResultLine>> {
  return new Map(
    readResults(file).lines.map((line) => [keyOf(line), { ...line, fitSeconds: 0, microsecondsPerRow: 0 }]),
  );
}

describe("unseen benchmark", { timeout: 60_000 }, () => {
  beforeAll(async () => {
    for (const [i, name] of ["one", "two"].entries()) {
      await writeSimulation(at(name), { seed: i + 1, rows: 150, anomalies: 60 });
    }
    const result = await runBenchmark(options);
    expect(result).toEqual({ written: TOTAL, found: 0, notes: [], failed: [] });
  }, 60_000);

  test("a line for each data set, split, family, method and seed, with everything it is to hold", () => {
    const { lines } = readResults(options.out);
    expect(new Set(lines.map(keyOf)).size).toBe(TOTAL);
    for (const line of lines) {
      expect(line.aucRoc).toBeGreaterThan(0);
      expect(Object.keys(line.budgets)).toEqual(["0.001", "0.01", "0.05"]);
      const { fit, all } = line.labels;
      const seen = 12; // of 13 families
      expect([fit, all]).toEqual(line.method === "ecod" ? [0, 4 * seen] : [20 * seen, 20 * seen]);
      expect(line.domain === null).toBe(line.split === "random");
      expect(line.curve.length).toBeLessThanOrEqual(40);
      expect(line.histogram?.anomalous.reduce((a, b) => a + b, 0)).toBe(line.rows.anomalous);
      expect(line.confidence.seen?.brier).toBeLessThan(0.5);
      expect(Math.min(line.fitSeconds, line.microsecondsPerRow, line.bytes)).toBeGreaterThan(0);
    }
    const easy = lines.filter(
      ({ method, family, split }) => [method, family, split].join() === "ecod,port_scan,random",
    );
    expect(Math.min(...easy.map(({ aucRoc }) => aucRoc))).toBeGreaterThan(0.9);
  });

  test("a run cut off in the middle of a line goes on there, and what is there stays byte for byte", async () => {
    const out = at("torn.jsonl");
    const texts = readFileSync(options.out, "utf8").split("\n");
    const kept = `${texts.slice(0, 50).join("\n")}\n`;
    writeFileSync(out, kept + texts[50].slice(0, 100));
    const result = await runBenchmark({ ...options, out, workers: 1 });
    expect(result).toMatchObject({ found: 50, failed: [] });
    // A method without labels fits for several families at once, and measures all that are open.
    expect(result.written).toBe(TOTAL - 50);
    expect(readFileSync(out, "utf8").startsWith(kept)).toBe(true);
    expect(figures(out)).toEqual(figures(options.out));
    const whole = readFileSync(out, "utf8");
    const families = ["Port_Scan", "port_scan", "exfiltration", "WEB_ATTACK"];
    expect(await runBenchmark({ ...options, families, out })).toMatchObject({ written: 0, found: TOTAL });
    expect(readFileSync(out, "utf8")).toBe(whole);
  });

  test("nested lines are lines of their own: more rows of the results file, and another table of the report", async () => {
    const out = at("nested.jsonl");
    const few = { ...options, out, splits: ["random" as const], seeds: 1 };
    const { written } = await runBenchmark(few);
    expect(await runBenchmark({ ...few, nested: true })).toEqual({ written, found: 0, notes: [], failed: [] });
    const { lines } = readResults(out);
    const inside = lines.filter(({ nested }) => nested === true);
    expect([lines.length, inside.length]).toEqual([2 * written, written]);
    for (const { rows } of inside) expect(rows.anomalous).toBe(20);
    const titles = reportOf(lines, METHODS.map(methodNamed), "knn").sections.map(({ title }) => title);
    expect(titles.filter((title) => title.includes("inside the training side"))).toHaveLength(1);
  });

  test("with fewer normal rows to train on, half as many validate, and all are tested", async () => {
    const out = at("few.jsonl");
    const few = { ...options, out, splits: ["random" as const], seeds: 1, methods: [methodNamed("knn")] };
    const { written } = await runBenchmark(few);
    expect(await runBenchmark({ ...few, normalRows: 30 })).toMatchObject({ written, found: 0, failed: [] });
    const { lines } = readResults(out);
    for (const { data, normalRows, rows } of lines) {
      const whole = lines.find((line) => line.data === data && line.normalRows === undefined);
      expect(rows.normal).toBe(whole?.rows.normal);
      if (normalRows === undefined) expect(Math.min(rows.train, 2 * rows.validation)).toBeGreaterThan(30);
      else expect([rows.train, rows.validation]).toEqual([30, 15]);
    }
    const titles = reportOf(lines, METHODS.map(methodNamed), "knn").sections.map(({ title }) => title);
    expect(titles.filter((title) => title.includes("30 normal training rows"))).toHaveLength(1);
  });

  test("an interruption keeps what is finished", async () => {
    const out = at("stopped.jsonl");
    const controller = new AbortController();
    const error = await errorOf(() =>
      runBenchmark(
        { ...options, out },
        ({ phase, done }) => {
          if (phase === "measuring" && done >= 6) controller.abort();
        },
        controller.signal,
      ),
    );
    expect(error.code).toBe("interrupted");
    const { lines, torn } = readResults(out);
    expect([lines.length >= 6, lines.length < TOTAL, torn]).toEqual([true, true, false]);
  });

  test("families held out together are tested apart", async () => {
    const out = at("pairs.jsonl");
    const few = { ...options, out, folders: [at("one")], holdOutK: 2, seeds: 1, methods: [methodNamed("logistic")] };
    const result = await runBenchmark({ ...few, splits: ["random"] });
    expect(result.notes).toEqual([]);
    const { lines } = readResults(out);
    expect(lines.map(({ family, heldOut, labels }) => [family, heldOut, labels.fit])).toEqual(
      expect.arrayContaining([
        ["port_scan", ["port_scan", "web_attack"], 220],
        ["web_attack", ["port_scan", "web_attack"], 220],
        ["exfiltration", ["exfiltration"], 240],
      ]),
    );
    const stretches = await runBenchmark({ ...few, out: at("stretches.jsonl"), splits: ["blocks"] });
    expect([stretches.notes, stretches.written]).toEqual([
      ["meta.json lists no blocks of one's normal rows: stretches of each file are its blocks."],
      3,
    ]);
    // one of two is measured again without the other
    const texts = readFileSync(out, "utf8").split("\n");
    const others = texts.filter((text) => !text.includes('"family":"port_scan"'));
    writeFileSync(out, others.join("\n"));
    expect(await runBenchmark({ ...few, splits: ["random"] })).toMatchObject({ written: 1, found: 2 });
    expect(readFileSync(out, "utf8").split("\n")).toHaveLength(texts.length);
    expect(new Set(readResults(out).lines.map(keyOf))).toEqual(new Set(lines.map(keyOf)));
  });

  test("what flatters every method is said: a label left among the columns, neighbours on both sides", async () => {
    const leaky = at("leaky");
    mkdirSync(leaky);
    // a slow wave, which neighbouring rows share
    const rows = (label: string, shift: number): string =>
      Array.from({ length: 300 }, (_, i) => `${Math.sin(i / 20) + shift + (i % 7) / 1000},${label}\n`).join("");
    writeFileSync(join(leaky, "normal_all.csv"), `wave,verdict\n${rows("fine", 0)}`);
    for (const family of ["a", "b"]) writeFileSync(join(leaky, `${family}.csv`), `wave,verdict\n${rows(family, 3)}`);
    const one = { ...options, folders: [leaky], families: [], methods: [methodNamed("ecod")], seeds: 1 };
    const notes = async (split: "random" | "blocks"): Promise<readonly string[]> =>
      (await runBenchmark({ ...one, out: at(`leaky-${split}.jsonl`), splits: [split] })).notes;
    const random = (await notes("random")).join("\n");
    expect(random).toContain("leaky: verdict: no anomalous row has a value that normal rows have");
    expect(random).toContain("leaky: Neighbouring normal rows are alike");
    const blocks = (await notes("blocks")).join("\n");
    expect(blocks).toContain("verdict: no anomalous row");
    expect(blocks).not.toContain("Neighbouring");
  });

  test("a last line that lacks nothing but its end is a result, and is ended before others follow", async () => {
    const out = at("unended.jsonl");
    const text = readFileSync(options.out, "utf8");
    writeFileSync(out, text.trimEnd());
    expect(readResults(out)).toEqual({ ...readResults(options.out), torn: false });
    expect(await runBenchmark({ ...options, out })).toMatchObject({ written: 0, found: TOTAL });
    expect(readFileSync(out, "utf8")).toBe(text);
  });

  test("a line that lacks what reports read is named, and what it lacks", async () => {
    const out = at("lacking.jsonl");
    const [first, second] = readFileSync(options.out, "utf8").split("\n");
    writeFileSync(out, `${first}\n${second.replace('"0.01":{', '"0.02":{')}\n`);
    const fault = await errorOf(() => Promise.resolve(readResults(out)));
    expect([fault.code, fault.message]).toEqual([
      "data-unreadable",
      expect.stringMatching(/^Line 2 of .*budgets\.0\.01 is/),
    ]);
  });

  test("without labels methods still give lines, thresholds then hold the 1 % budget", async () => {
    const out = at("none.jsonl");
    const few = { ...options, out, folders: [at("one")], shots: 0, seeds: 1, splits: ["random" as const] };
    expect(await runBenchmark(few)).toMatchObject({ written: 12, failed: [] });
    for (const line of readResults(out).lines) {
      expect(line.labels).toEqual({ fit: 0, all: 0 });
      expect(line.atF1.threshold).toBe(line.budgets["0.01"].threshold);
    }
  });

  test("wrong names and files are errors before any work", async () => {
    const out = at("wrong.jsonl");
    expect(await errorOf(() => runBenchmark({ ...options, out, families: ["port_scam"] }))).toMatchObject({
      code: "family-unknown",
    });
    expect(await errorOf(() => runBenchmark({ ...options, out, folders: [at("three")] }))).toMatchObject({
      code: "data-not-found",
    });
    const table = [join(at("one"), "port_scan.csv.gz")];
    for (const folders of [["a/x", "b/x"], table]) {
      const fault = await errorOf(() => runBenchmark({ ...options, out, folders }));
      expect([fault.code, fault.remedy]).toEqual(["option-invalid", expect.not.stringContaining("--label")]);
    }
    for (const [text, code] of [
      ['{"data":"one"}\n', "data-unreadable"],
      ["a\nb", "data-unreadable"],
      ["a letter", "option-invalid"],
      ['{"study":"shots"', "option-invalid"],
    ]) {
      writeFileSync(out, text);
      expect(await errorOf(() => runBenchmark({ ...options, out }))).toMatchObject({ code });
      expect(readFileSync(out, "utf8")).toBe(text);
    }
    for (const text of ['{"da', '{"data":"one","sp']) {
      writeFileSync(out, text);
      await errorOf(() => runBenchmark({ ...options, out, families: ["port_scam"] }));
      expect(readFileSync(out, "utf8")).toBe("");
    }
  });
});
