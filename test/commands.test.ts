/** The command line as its users meet it: a process with arguments, an exit code, two streams. */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readArtefact } from "../model/artefact.ts";
import type { Evaluation } from "../trainer/evaluate/evaluate.ts";

const bin = fileURLToPath(new URL("../trainer/bin.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "unseen-commands-"));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function unseen(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { encoding: "utf8", cwd: folder });
  return { status, out: stdout, err: stderr };
}

const SMALL = ["--method", "paper", "--hidden", "24", "--blocks", "1", "--latent", "12", "--episodes", "2"];

describe("unseen", { timeout: 60_000 }, () => {
  beforeAll(() => {
    expect(unseen("simulate", "--out", "flows", "--rows", "300", "--anomalies", "80").status).toBe(0);
    const trained = unseen(
      "train",
      "--data",
      "flows",
      "--hold-out",
      "port_scan,beaconing",
      "--out",
      "m.safetensors",
      "--shots",
      "20",
      "--json",
      ...SMALL,
    );
    expect(trained.err).toBe("");
    const report = JSON.parse(trained.out);
    expect(report.training.heldOut.toSorted()).toEqual(["beaconing", "port_scan"]);
    expect(report.training.labels).toBe(20 * report.training.families.length);
    expect(existsSync(join(folder, "m.safetensors.checkpoint"))).toBe(false);
  }, 60_000);

  test("a model file with one weight changed is refused by whatever opens it", () => {
    const bytes = readFileSync(join(folder, "m.safetensors"));
    bytes[bytes.length - 9000] ^= 1;
    writeFileSync(join(folder, "damaged.safetensors"), bytes);
    for (const args of [
      ["inspect", "damaged.safetensors"],
      ["publish", "damaged.safetensors", "--name", "damaged", "--persist-to", join(folder, "kv")],
    ]) {
      expect(unseen(...args)).toMatchObject({ status: 1, err: expect.stringContaining("checksum") });
    }
  });

  test("training by default leaves the checkpoint of a stopped run of the published form alone", () => {
    const checkpoint = join(folder, "d.safetensors.checkpoint");
    writeFileSync(checkpoint, "stopped");
    expect(unseen("train", "--data", "flows", "--shots", "10", "--out", "d.safetensors").status).toBe(0);
    expect(readFileSync(checkpoint, "utf8")).toBe("stopped");
  });

  test("help names every command, and each has options and examples", () => {
    const { out, status } = unseen("--help");
    expect(status).toBe(0);
    for (const name of [
      "simulate",
      "train",
      "evaluate",
      "benchmark",
      "report",
      "study",
      "score",
      "rows",
      "inspect",
      "export",
      "quantize",
      "publish",
      "rollback",
      "canary",
      "threshold",
      "drift",
      "calibrate",
      "key",
      "start",
    ]) {
      expect(out).toContain(name);
      const help = unseen(name, "--help").out;
      const [, examples] = help.split("EXAMPLES");
      for (const line of examples.trim().split("\n")) expect(line).toMatch(/^ *(\w+=\S+ )?np(x unseen|m start)\b/);
    }
  });

  test.each([
    [["trian"], 2, "train"],
    [["train", "--dta", "x"], 2, "--data"],
    [["train", "--out", "x"], 2, "data"],
    [["train", "--data", "flows", "--out", "x", "--shots", "many"], 2, "whole number"],
    [["train", "--data", "flows", "--out", "x", "--split", "days"], 2, "blocks"],
    [["train", "--data", "flows", "--out", "x", "--hold-out", "port_scam"], 1, "port_scan"],
    [["train", "--data", "flows", "--out", "x", "--episodes", "2"], 2, "--method paper"],
    [["train", "--data", "nowhere", "--out", "x"], 1, "nowhere"],
    [["train", "--data", "flows", "--out", "x", "--hold-out", '"a,b"'], 1, '"a,b"'],
    [["train", "--data", "flows", "--out", "x", "--hold-out", "a", "--hold-out", "b"], 2, "--hold-out a,b"],
    [["train", "--data", "flows", "--out", "x", "--seed=1", "--seed", "2"], 2, "once"],
    [["train", "--data", "flows", "--out", "x", "-seed", "5"], 2, "--seed"],
    [["train", "--data", "flows", "--out", "x", "--hold-out", "-shots"], 2, "--hold-out=-shots"],
    [["train", "--data", "flows", "--out", "x", "--seed", "-5"], 2, "--seed is -5"],
    [["train", "--data", "flows", "--out", "flows"], 2, "a folder"],
    [["train", "--data", "flows", "--out", "flows/port_scan.csv.gz"], 2, "another kind"],
    [["train", "--data", "flows", "--out", "x", "--method", "paper", "--log", "no/where"], 1, "folder"],
    [["train", "--data", "flows", "--out", "x", "--method", "paper", "--log", "./x"], 2, "file of its own"],
    [["train", "--data", "flows", "--out", "x", "--method", "paper", "--epsilon", "5"], 2, "from 0 to 1"],
    [["train", "--data", "flows", "--out", "x", "--method", "paper", "--hidden", "0"], 1, "network.hidden is 0"],
    [["evaluate", "--model", "none.safetensors", "--data", "flows"], 1, "none.safetensors"],
    [["inspect", "flows/meta.json"], 1, "meta.json"],
    [["inspect", "m.safetensors", "more"], 2, "more"],
    [["export", "m.safetensors", "--out", "m.onnx"], 2, "--onnx"],
    [["publish", "m.safetensors", "--local", "--remote"], 2, "contradict"],
    [["publish", "m.safetensors", "--remote=no"], 2, "--remote takes no value"],
    [
      ["score", "--model", "m.safetensors", "--in", "flows/port_scan.csv.gz", "--out", "no/where.csv"],
      1,
      "no/where.csv",
    ],
  ])("%j is refused with a remedy", (args, code, word) => {
    const { status, err, out } = unseen(...args);
    expect([status, out]).toEqual([code, ""]);
    expect(err).toMatch(/^error: .+\n→ .+/m);
    expect(err).toContain(word);
    expect(err).not.toContain("    at ");
  });

  test("evaluate --write puts figures, the training's stages and example rows into the file, which scores as before", () => {
    const before = readArtefact(readFileSync(at("m.safetensors")));
    copyFileSync(at("m.safetensors"), at("w.safetensors"));
    const { out, status } = unseen(
      "evaluate",
      "--model",
      "w.safetensors",
      "--data",
      "flows",
      "--json",
      "--write",
      "--examples",
      "30",
    );
    expect(status).toBe(0);
    const { evaluation, ...after } = readArtefact(readFileSync(at("w.safetensors")));
    expect(after.golden).toEqual(before.golden);
    expect(evaluation?.stages.map(({ name }) => name)).toEqual(["before", "after inner", "after outer"]);
    expect(evaluation?.stages).toEqual(before.evaluation?.stages);
    const { unseen: held, falsePositives } = JSON.parse(out) as Evaluation;
    expect(evaluation?.families.filter((each) => each.unseen).map(({ family, aucRoc }) => [family, aucRoc])).toEqual(
      held.map(({ family, aucRoc }) => [family, aucRoc]),
    );
    expect(evaluation?.falsePositives).toEqual(falsePositives.all.rates);
    expect(new Set(evaluation?.examples?.families)).toEqual(new Set(["normal", "port_scan", "beaconing"]));
    const again = unseen("evaluate", "--model", "w.safetensors", "--data", "flows", "--json");
    expect(JSON.parse(again.out)).toEqual(JSON.parse(out));
    expect(unseen("evaluate", "--model", "w.safetensors", "--data", "flows", "--examples", "3").err).toContain(
      "--write",
    );
  });

  test("evaluate reports held-out families apart, on rows training has not seen", () => {
    const { out } = unseen(
      "evaluate",
      "--model",
      "m.safetensors",
      "--data",
      "flows",
      "--hold-out",
      "port_scan,beaconing",
      "--json",
    );
    const { unseen: families, seen, macro, falsePositives, labels } = JSON.parse(out);
    expect(families.map(({ family }: { family: string }) => family).toSorted()).toEqual(["beaconing", "port_scan"]);
    expect(families.every(({ rows }: { rows: number }) => rows === 80)).toBe(true);
    expect(seen.every(({ rows }: { rows: number }) => rows === 60)).toBe(true);
    expect(macro.aucRoc).toBeGreaterThan(0);
    expect(falsePositives.all.rows).toBeLessThan(0.3 * 7 * 300);
    expect(labels).toBe(20 * seen.length);
    const refused = unseen("evaluate", "--model", "m.safetensors", "--data", "flows", "--hold-out", "syn_flood");
    expect([refused.status, refused.err]).toEqual([1, expect.stringContaining("was trained on")]);
  });

  test("score and rows follow links and refuse what is no file", () => {
    const model = ["--model", "m.safetensors", "--in", "flows/port_scan.csv.gz"];
    writeFileSync(at("here.csv"), "before");
    symlinkSync("here.csv", at("link"));
    for (const [command, lines] of Object.entries({ score: 81, rows: 80 })) {
      expect(unseen(command, ...model, "--out", "link").status).toBe(0);
      expect(readlinkSync(at("link"))).toBe("here.csv");
      expect(readFileSync(at("here.csv"), "utf8").trim().split("\n")).toHaveLength(lines);
      const refused = unseen(command, ...model, "--out", "flows");
      expect([refused.status, refused.err]).toEqual([2, expect.stringContaining("flows is a folder")]);
    }
  });

  test("scoring what was scored names the old figures anew", () => {
    const headers = [
      ["flows/port_scan.csv.gz", "once.csv"],
      ["once.csv", "twice.csv"],
    ].map(([from, to]) => {
      expect(unseen("score", "--model", "m.safetensors", "--in", from, "--out", to).status).toBe(0);
      return readFileSync(at(to), "utf8").split("\n")[0];
    });
    const added = "score,anomaly,confidence,margin";
    expect(headers[1]).toBe(`${headers[0].replace(added, "score.1,anomaly.1,confidence.1,margin.1")},${added}`);
  });

  test("train tells what was dropped and what the split remarks", () => {
    mkdirSync(at("day/test"), { recursive: true });
    const lines = Array.from({ length: 60 }, (_, i) => `${i},00:00:${10 + (i % 50)},${i % 7},0\n`);
    writeFileSync(at("day/normal.csv"), `a,at,b,label\n${lines.join("")}${lines[0]}`);
    writeFileSync(at("day/test/dos.csv"), "a,at,b,label\n99,00:00:01,9,1\n");
    const train = ["train", "--data", "day", "--out", "day.safetensors"];
    const notes = [
      "at: a date or time, which gives the time of capture away, dropped.",
      "1 rows repeat another normal row, or one of their family, and are left out.",
      "No row of dos can be a label: it counts as an unseen family.",
      'label: no anomalous row has a value that normal rows have, as with a label left among the columns. What is not known when rows are scored must go (--types "label=drop").',
      'a: never falls from one normal row to the next, as an index or a time does, which may give the time of capture away (--types "a=drop").',
      "Only 14 normal rows set thresholds, and 99 would show a false-positive rate of 1 %: that budget's threshold is extrapolated from the largest scores. Give more normal rows, or set it from recent ones (unseen threshold).",
    ];
    expect(JSON.parse(unseen(...train, "--json").out).notes).toEqual(notes);
    const { err } = unseen(...train);
    expect(err.split("\n").filter((line) => line.startsWith("note: "))).toEqual(notes.map((note) => `note: ${note}`));
    expect(unseen("inspect", "day.safetensors").out).toContain(
      "weighs       gaussian 25 %, prototypes 25 %, references 25 %, tails 25 %",
    );
  });

  test("columns of chance are named by train, shown by inspect, and kept by quantize", () => {
    mkdirSync(at("chance"));
    let state = 1;
    const draw = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
    const rows = (count: number, above: number): string =>
      Array.from({ length: count }, () => {
        const a = draw();
        return `${[a, a + draw() / 5 + above, draw(), draw(), draw()].join()}\n`;
      }).join("");
    writeFileSync(at("chance/normal.csv"), `a,b,x,y,z\n${rows(2000, 0)}`);
    for (const [family, above] of [
      ["above", 0.3],
      ["below", -0.3],
    ] as const)
      writeFileSync(at(`chance/${family}.csv`), `a,b,x,y,z\n${rows(120, above)}`);
    const { notes } = JSON.parse(unseen("train", "--data", "chance", "--out", "chance.safetensors", "--json").out);
    expect(notes).toEqual([
      'x, y, z: no other column goes with it, and no family shows in it. Distances count such columns the less the more there are; what means nothing is better dropped (--types "x=drop").',
    ]);
    unseen("quantize", "chance.safetensors", "--weights", "int16", "--out", "small.safetensors");
    for (const file of ["chance.safetensors", "small.safetensors"]) {
      const { out } = unseen("inspect", file);
      expect([...out.matchAll(/^(\w) .*; counts 0\.3333 in distances$/gm)].map(([, name]) => name)).toEqual([
        "x",
        "y",
        "z",
      ]);
    }
  });

  test("names out of a file cannot move the cursor, neither in notes nor in errors", () => {
    mkdirSync(at("escape"));
    const lines = Array.from({ length: 60 }, (_, i) => `${i * i},2024-01-${10 + (i % 20)}\n`);
    writeFileSync(at("escape/normal.csv"), `a,t\u001b[2J\n${lines.join("")}`);
    const train = ["train", "--data", "escape", "--out", "escape.safetensors"];
    const shown = [unseen(...train), unseen(...train, "--types", "nosuchcolumn=drop")].map(({ err }) => err);
    expect(shown).toEqual([
      expect.stringContaining("note: t\\u001b[2J: a date"),
      expect.stringContaining('There are: "a", "t\\u001b[2J".'),
    ]);
    expect(shown.join("")).not.toContain("\u001b[2J");
  });

  test("report gives paths and counts as JSON", () => {
    const few = ["--methods", "mahalanobis", "--families", "port_scan", "--seeds", "1", "--workers", "1"];
    expect(unseen("benchmark", "--data", "flows", ...few, "--out", "r.jsonl").status).toBe(0);
    const { out } = unseen("report", "r.jsonl", "--out", "page", "--json");
    const { html, markdown, sections, lines } = JSON.parse(out);
    expect([existsSync(at(html)), existsSync(at(markdown)), sections > 0, lines]).toEqual([true, true, true, 1]);
  });

  test("score passes columns through, names bad cells and leaves nothing half-written", () => {
    const rows = unseen(
      "score",
      "--model",
      "m.safetensors",
      "--in",
      "flows/port_scan.csv.gz",
      "--out",
      "s.csv",
      "--json",
    );
    expect(JSON.parse(rows.out).rows).toBe(80);
    const [header, first] = readFileSync(at("s.csv"), "utf8").split("\n");
    expect(header.endsWith("score,anomaly,confidence,margin")).toBe(true);
    writeFileSync(
      at("one.csv"),
      `note,${header.split(",").slice(0, -4).join(",")}\n"a, ""b""",${first.split(",").slice(0, -4).join(",")}\n`,
    );
    expect(unseen("score", "--model", "m.safetensors", "--in", "one.csv", "--out", "one-out.csv").status).toBe(0);
    expect(readFileSync(at("one-out.csv"), "utf8").split("\n")[1].startsWith('"a, ""b""",')).toBe(true);

    const bad = readFileSync(at("one.csv"), "utf8").replace(/\n$/, "").split("\n");
    const cells = bad[1].split(",");
    cells[cells.length - 1] = "abc";
    writeFileSync(at("bad.csv"), `${bad[0]}\n${bad[1]}\n${cells.join(",")}\n`);
    const wrong = unseen("score", "--model", "m.safetensors", "--in", "bad.csv", "--out", "bad-out.csv");
    expect([wrong.status, wrong.err]).toEqual([1, expect.stringContaining('row 2, column "idle_mean"')]);
    writeFileSync(at("ragged.csv"), `${bad[0]}\n${bad[1]}\n1,2,3\n`);
    const ragged = unseen("score", "--model", "m.safetensors", "--in", "ragged.csv", "--out", "bad-out.csv");
    expect([ragged.status, ragged.err]).toEqual([1, expect.stringContaining("line 3")]);
    expect(existsSync(at("bad-out.csv")) || existsSync(at("bad-out.csv.part"))).toBe(false);
  });

  test("score --explain names the features that flagged a row, in the file and as JSON", () => {
    const model = ["--model", "m.safetensors", "--in", "flows/port_scan.csv.gz"];
    const { out } = unseen("score", ...model, "--out", "why.csv", "--explain", "2", "--threshold", "0.5", "--json");
    const { anomalies, explanations } = JSON.parse(out);
    const [header, ...lines] = readFileSync(at("why.csv"), "utf8").trim().split("\n");
    expect(header.endsWith(",margin,feature_1,contribution_1,feature_2,contribution_2")).toBe(true);
    expect(lines.every((line) => line.split(",").length === header.split(",").length)).toBe(true);
    expect(lines.filter((line) => !line.endsWith(",,,,"))).toHaveLength(anomalies);
    expect(anomalies).toBeGreaterThan(0);
    expect(explanations).toHaveLength(anomalies);
    const odds = explanations.map(({ logOdds }: { logOdds: number }) => logOdds);
    expect(odds).toEqual(odds.toSorted((a: number, b: number) => b - a));
    for (const { row, score, features } of explanations) {
      const [first, second] = features;
      const cells = lines[row - 1].split(",");
      expect(cells.slice(-4)).toEqual([first.name, first.contribution, second.name, second.contribution].map(String));
      expect(cells).toContain(String(score));
      expect(score).toBeGreaterThanOrEqual(0.5);
    }
    const refused = unseen("score", ...model, "--out", "why.csv", "--explain", "21");
    expect([refused.status, refused.err]).toEqual([2, expect.stringContaining("from 1 to 20")]);
  });

  test("export writes ONNX that names its columns", () => {
    const { out } = unseen("export", "m.safetensors", "--onnx", "--out", "m.onnx", "--json");
    const onnx = readFileSync(at("m.onnx"));
    expect(JSON.parse(out)).toMatchObject({ out: "m.onnx", bytes: onnx.length });
    expect(onnx.includes("flow_duration")).toBe(true);
  });

  test("quantize halves the file, and what it writes is opened and scores alike", () => {
    const { out, err } = unseen("quantize", "m.safetensors", "--weights", "int16", "--out", "q.safetensors", "--json");
    expect(err).toBe("");
    const { from, to, bytes, before, change } = JSON.parse(out);
    expect([from, to]).toEqual(["f32", "int16"]);
    expect(bytes).toBeLessThan(before);
    expect(change).toBeGreaterThan(0);
    expect(change).toBeLessThan(5e-3);
    expect(JSON.parse(unseen("inspect", "q.safetensors", "--json").out).weights).toBe("int16");
    const weights = (file: string) => /\d+ weights/.exec(unseen("inspect", file).out)?.[0];
    expect(weights("q.safetensors")).toBe(weights("m.safetensors"));
    expect(unseen("quantize", "m.safetensors", "--weights", "int4", "--out", "no").err).toContain("int4");
  });

  test("inspect shows what the model is", () => {
    const { out } = unseen("inspect", "m.safetensors");
    for (const word of ["sha256", "thresholds", "port_scan", "flow_duration", "signed log"])
      expect(out).toContain(word);
    expect(JSON.parse(unseen("inspect", "m.safetensors", "--json").out).network.hidden).toBe(24);
  });
});
