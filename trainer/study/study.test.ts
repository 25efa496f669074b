/** Studies as a whole, on small simulations: what they measure, going on after an end in the middle, the page. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeSimulation } from "../data/simulate/write.ts";
import { errorOf, writeFolder } from "../data/testing.ts";
import { methodNamed } from "../peers/registry.ts";
import type { CalibrationResult } from "./calibration.ts";
import type { DomainsResult, DomainsTask } from "./domains.ts";
import { pageText } from "./page.ts";
import { studyNamed } from "./registry.ts";
import { runStudy, type StudyResult } from "./run.ts";
import type { ShotsResult } from "./shots.ts";
import type { Page } from "./study.ts";
import type { TransferResult, TransferTask } from "./transfer.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-study-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const options = {
  folders: [at("one")],
  methods: ["mahalanobis", "logistic"].map(methodNamed),
  families: ["port_scan", "web_attack"],
  seeds: 1,
  shots: [20],
  split: "random" as const,
  rows: 4000,
  map: new Map<string, string>(),
  workers: 1,
};

async function run(name: string, extra: Partial<typeof options> = {}): Promise<StudyResult & { page: Page }> {
  const study = studyNamed(name);
  const result = await runStudy(study, { ...options, ...extra, file: at(`${name}.jsonl`) });
  expect(result.failed).toEqual([]);
  return { ...result, page: study.page(result.entries) };
}

/** The width of every row is the head's, and nothing in the page is undefined or not a number. */
function sound({ finding, head, rows, svg }: Page): void {
  for (const row of rows) expect(row).toHaveLength(head.length);
  expect([...finding, ...rows.flat()].join(" ")).not.toMatch(/NaN|undefined|Infinity/);
  expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
}

describe("unseen study", { timeout: 60_000 }, () => {
  beforeAll(async () => {
    for (const [i, name] of ["one", "two"].entries()) {
      await writeSimulation(at(name), { seed: i + 1, rows: 120, anomalies: 60 });
    }
  });

  test("shots: the same test rows for every K, and a run that stopped goes on", async () => {
    const asked = { shots: [0, 20], methods: ["ecod", "logistic"].map(methodNamed) };
    const { entries, written, page } = await run("shots", asked);
    // Two Ks: a task without labels, and one a family with.
    expect([written, entries.length]).toEqual([6, 6]);
    const results = entries.flatMap(({ results: own }) => own as ShotsResult[]);
    expect(results).toHaveLength(8);
    expect(new Set(results.map(({ labels }) => labels))).toEqual(new Set([0, 20 * 12]));
    sound(page);
    expect(page.finding[0]).toMatch(/logistic/);

    const file = at("shots.jsonl");
    const lines = readFileSync(file, "utf8").split("\n");
    writeFileSync(file, `${lines.slice(0, 4).join("\n")}\n${lines[4].slice(0, 30)}`);
    const again = await run("shots", asked);
    expect([again.found, again.written]).toEqual([4, 2]);
    expect(again.page.rows).toEqual(page.rows);

    appendFileSync(file, "{}\n");
    const task = (): Promise<StudyResult> => runStudy(studyNamed("shots"), { ...options, file });
    expect((await errorOf(task)).code).toBe("data-unreadable");
    writeFileSync(file, "a letter");
    expect((await errorOf(task)).code).toBe("option-invalid");
    expect(readFileSync(file, "utf8")).toBe("a letter");
  });

  test("domains: as many training rows whatever is trained on, and normal rows of the rest look strange", async () => {
    const { entries, page } = await run("domains", { methods: [methodNamed("mahalanobis")], rows: 60 });
    const tasks = entries.map(({ task }) => task as DomainsTask);
    expect(Math.max(...tasks.map(({ trained }) => trained.length))).toBe(tasks[0].domains.length);
    const results = entries.flatMap(({ results: own }) => own as DomainsResult[]);
    expect(new Set(results.map(({ rows }) => rows)).size).toBe(1);
    const all = entries.filter((_, i) => tasks[i].trained.length === tasks[i].domains.length);
    for (const { own, all: whole } of all.flatMap(({ results: some }) => some as DomainsResult[])) {
      expect(own).toEqual(whole);
    }
    const flagged = (count: number): number => {
      const own = entries.filter((_, i) => tasks[i].trained.length === count);
      const rates = own.flatMap(({ results: some }) =>
        (some as DomainsResult[]).map((one) => one.all.falsePositiveRate),
      );
      return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    };
    expect(flagged(1)).toBeGreaterThan(2 * flagged(tasks[0].domains.length));
    sound(page);
  });

  test("transfer: over all columns of a like data set it holds; with nothing shared it says so", async () => {
    const { entries, page } = await run("transfer", { folders: [at("one"), at("two")] });
    expect(entries).toHaveLength(2 * 2 * 2);
    const auc = (trainedOn: string): number[] =>
      entries
        .filter(({ task }) => (task as TransferTask).trainedOn === trainedOn && task.method === "mahalanobis")
        .flatMap(({ results }) => (results as TransferResult[]).map(({ aucRoc }) => aucRoc));
    const [away, home] = [auc("source"), auc("target")];
    for (const [i, value] of away.entries()) expect(Math.abs(value - home[i])).toBeLessThan(0.1);
    sound(page);

    const csv = (from: number): string =>
      `a,b\n${Array.from({ length: 50 }, (_, i) => `${from + i},${(i * 7) % 11}`).join("\n")}\n`;
    const other = writeFolder({ "normal.csv": csv(0), "odd.csv": csv(900) });
    const none = { ...options, folders: [at("one"), other], families: [], file: at("none.jsonl") };
    const { notes, entries: nothing } = await runStudy(studyNamed("transfer"), none);
    expect(nothing).toEqual([]);
    expect(notes.join()).toContain("share no column: nothing can be transferred");
    const odd = { ...none, families: ["odd", "evn"] };
    await expect(runStudy(studyNamed("shots"), odd)).rejects.toMatchObject({ code: "family-unknown" });
    // results tell data sets by their folder's name
    const twins = { ...none, folders: [at("one"), join("elsewhere", "one")] };
    await expect(runStudy(studyNamed("shots"), twins)).rejects.toMatchObject({ code: "option-invalid" });
    const tiny = writeFolder({ "normal.csv": "a,b\n1,2\n", "odd.csv": csv(900) });
    const { notes: left } = await runStudy(studyNamed("domains"), { ...none, folders: [tiny] });
    expect(left.join()).toContain("fewer than two normal domains");
    for (const each of [other, tiny]) rmSync(each, { recursive: true });
  });

  test("calibration: six confidences of the same logits; methods without logits are named", async () => {
    const families = ["port_scan"];
    const methods = ["unseen", "mahalanobis"].map(methodNamed);
    const { entries, notes, page } = await run("calibration", { families, methods });
    expect(notes).toEqual(["mahalanobis: no logits to calibrate."]);
    const results = entries.flatMap(({ results: own }) => own as CalibrationResult[]);
    expect(results).toHaveLength(6);
    const of = (name: string): CalibrationResult | undefined => results.find(({ confidence }) => confidence === name);
    expect(of("Platt")?.aucRoc).toBe(of("BCE alone")?.aucRoc);
    expect(of("Platt")?.recall).toBe(of("softmax margin")?.recall);
    expect(of("Platt")?.seen?.brier).toBeLessThan(of("energy")?.seen?.brier ?? 0);
    sound(page);

    const origin = { command: "npx unseen study calibration --data one", date: "2026-01-02", notes };
    const text = pageText(studyNamed("calibration"), page, origin);
    for (const words of ["# The softmax margin", "study-calibration.svg", "2026-01-02", origin.command, notes[0]]) {
      expect(text).toContain(words);
    }
    expect(text).toContain(page.finding[0].slice(0, 40));
  });
});

test("a data set without the families asked for is named", { timeout: 60_000 }, async () => {
  const csv = (from: number): string =>
    `a,b\n${Array.from({ length: 50 }, (_, i) => `${from + i * i},${(i * 7) % 11}`).join("\n")}\n`;
  const folders = ["odd", "even"].map((family) => writeFolder({ "normal.csv": csv(0), [`${family}.csv`]: csv(900) }));
  const asked = { ...options, folders, families: ["odd"], methods: [methodNamed("ecod")], file: at("odd.jsonl") };
  const { notes, written } = await runStudy(studyNamed("shots"), asked);
  expect([notes, written]).toEqual([[`${basename(folders[1])} has none of the families to hold out.`], 1]);
});

test("a family with too few rows to test on is named", { timeout: 60_000 }, async () => {
  const csv = (from: number, rows: number): string =>
    `a,b\n${Array.from({ length: rows }, (_, i) => `${from + i * i},${(i * 7) % 11}`).join("\n")}\n`;
  const data = writeFolder({ "normal.csv": csv(0, 60), "many.csv": csv(900, 40), "few.csv": csv(7000, 8) });
  const methods = ["ecod", "logistic"].map(methodNamed);
  const asked = { ...options, folders: [data], families: ["many", "few"], methods, file: at("few.jsonl") };
  for (const found of [0, 3]) {
    const result = await runStudy(studyNamed("shots"), asked);
    expect(result.notes).toEqual([`${basename(data)}, seed 1: few has fewer than 10 rows to test on and is left out.`]);
    expect([result.found, result.failed]).toEqual([found, []]);
  }
});
