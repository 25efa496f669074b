import { spawn } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { columns } from "./features.ts";
import { simulate } from "./simulate.ts";
import { writeSimulation } from "./write.ts";

const scratch = mkdtempSync(join(tmpdir(), "simulate-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const options = { seed: 9, rows: 40, anomalies: 25 };

function contents(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((name) => [name, readFileSync(join(folder, name)).toString("base64")]),
  );
}

describe("writeSimulation", () => {
  it("writes the layout of a data folder, and what it wrote is what simulate gives", async () => {
    const folder = join(scratch, "deep", "layout");
    const written = await writeSimulation(folder, options);
    expect(readdirSync(folder).toSorted()).toEqual(written.files.toSorted());
    expect(readdirSync(join(scratch, "deep"))).toEqual(["layout"]);
    const meta = JSON.parse(readFileSync(join(folder, "meta.json"), "utf8"));
    expect(meta.title).toMatch(/synthetic/i);
    expect(meta.seed).toBe(9);
    expect([...meta.categorical_columns, ...meta.boolean_columns, ...meta.numeric_columns]).toEqual(meta.columns);
    for (const group of simulate(options)) {
      const normal = group.role === "normal";
      const list = normal ? meta.normal_domains : meta.families;
      const entry = list.find(
        (one: { file: string; domain?: string; name?: string }) => (one.domain ?? one.name) === group.name,
      );
      expect(entry).toMatchObject({
        file: normal ? `normal_${group.name}.csv.gz` : `${group.name}.csv.gz`,
        rows: group.count,
        description: group.description,
      });
      const bytes = readFileSync(join(folder, entry.file));
      expect(hash("sha256", bytes)).toBe(meta.sha256[entry.file]);
      expect([...bytes.subarray(4, 10)]).toEqual([0, 0, 0, 0, 0, 255]); // time stamp, flags, operating system
      const lines = gunzipSync(bytes).toString().trimEnd().split("\n");
      expect(lines[0]).toBe(columns.map(({ name }) => name).join(","));
      expect(lines.slice(1)).toEqual(
        Array.from({ length: group.count }, (_, row) => group.cells.map((cells) => cells[row]).join(",")),
      );
    }
  });

  it("gives the same bytes for the same seed, and writes over an earlier simulation", async () => {
    const [one, two] = [join(scratch, "one"), join(scratch, "two")];
    await writeSimulation(one, options);
    await writeSimulation(two, { ...options, seed: 10 });
    expect(contents(two)).not.toEqual(contents(one));
    await writeSimulation(two, options);
    expect(contents(two)).toEqual(contents(one));
  });

  it("leaves a folder that is no simulation alone unless forced", async () => {
    const folder = join(scratch, "mine");
    mkdirSync(folder);
    writeFileSync(join(folder, "notes.txt"), "keep");
    await expect(writeSimulation(folder, options)).rejects.toMatchObject({
      code: "option-invalid",
    });
    expect(readdirSync(folder)).toEqual(["notes.txt"]);
    await writeSimulation(folder, { ...options, force: true });
    expect(existsSync(join(folder, "meta.json"))).toBe(true);
  });

  it("leaves a simulation alone to which somebody added a file, or whose meta.json is not ours", async () => {
    const folder = join(scratch, "added");
    await writeSimulation(folder, options);
    writeFileSync(join(folder, "own_family.csv"), "a\n1\n");
    await expect(writeSimulation(folder, options)).rejects.toMatchObject({
      code: "option-invalid",
    });
    const foreign = join(scratch, "foreign");
    mkdirSync(foreign);
    for (const text of ["{", "null", "{}", '{"generator":{"name":"other"},"sha256":{}}']) {
      writeFileSync(join(foreign, "meta.json"), text);
      await expect(writeSimulation(foreign, options)).rejects.toMatchObject({
        code: "option-invalid",
      });
    }
  });

  it("refuses a file in place of a folder before it touches anything", async () => {
    const file = join(scratch, "file");
    writeFileSync(file, "x");
    await expect(writeSimulation(file, { ...options, force: true })).rejects.toMatchObject({
      code: "option-invalid",
    });
    expect(readdirSync(scratch).filter((name) => /partial|previous/.test(name))).toEqual([]);
  });

  it("leaves nothing behind where Ctrl-C ends it while it writes", async () => {
    const cwd = join(scratch, "stopped");
    mkdirSync(cwd);
    const script = `import { readdirSync } from "node:fs";
      import { writeSimulation } from ${JSON.stringify(new URL("write.ts", import.meta.url).href)};
      const watch = () => {
        if (readdirSync(".").length > 0) process.kill(process.pid, "SIGINT");
        else setImmediate(watch);
      };
      watch();
      await writeSimulation("flows", ${JSON.stringify(options)});`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { cwd, stdio: "inherit" });
    expect(await once(child, "exit")).toEqual([null, "SIGINT"]);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("names a folder that cannot be written", async () => {
    const folder = join(scratch, "one", "meta.json");
    await expect(writeSimulation(join(folder, "flows"), options)).rejects.toMatchObject({
      code: "data-unreadable",
      place: { file: folder },
    });
  });
});
