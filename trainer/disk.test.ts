/** Files to write: links are followed, and nothing but a file is ever written over. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { errorOf, writeFolder } from "./data/testing.ts";
import { makeFolder, readText, writeChunks, writeWhole } from "./disk.ts";

const folder = writeFolder({ "old.txt": "old", "sub/old.txt": "old" });
const at = (name: string): string => join(folder, name);

test.each([
  ["old.txt", "old.txt"],
  ["sub/old.txt", "sub/old.txt"],
  ["not-yet.txt", "not-yet.txt"],
  ["sub/../sub/new.txt", "sub/new.txt"],
  ["link-to-not-yet.txt", "not-yet.txt"],
])("a link to %s stays, and the file is written", (target, file) => {
  const link = at(`link-to-${target.replaceAll("/", "-")}`);
  symlinkSync(target, link);
  writeWhole(link, "new");
  expect(readlinkSync(link)).toBe(target);
  expect(readFileSync(at(file), "utf8")).toBe("new");
});

test("a text begins behind its byte order mark", () => {
  expect(readText(join(writeFolder({ "rows.jsonl": "\uFEFF{}\n" }), "rows.jsonl"))).toBe("{}\n");
});

test("a file that others may not read stays one", async () => {
  async function* chunks(): AsyncGenerator<string> {
    yield "newer";
  }
  const file = at("secret.txt");
  writeWhole(file, "old");
  chmodSync(file, 0o600);
  for (const write of [() => writeWhole(file, "new"), () => writeChunks(file, chunks())]) {
    await write();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  }
});

test("folders, pipes, rings of links and missing folders are refused and left as they were", async () => {
  expect(spawnSync("mkfifo", [at("pipe")]).status).toBe(0);
  symlinkSync("pipe", at("link-to-pipe"));
  symlinkSync("ring", at("ring"));
  symlinkSync("nowhere/file", at("astray"));
  for (const [name, code, words] of [
    ["sub", "option-invalid", "is a folder"],
    ["pipe", "option-invalid", "is a device or pipe"],
    ["link-to-pipe", "option-invalid", "is a device or pipe"],
    ["ring", "data-unreadable", "ELOOP"],
    ["astray", "data-unreadable", "there is no folder"],
    ["nowhere/file", "data-unreadable", "there is no folder"],
    ["old.txt/file", "data-unreadable", "ENOTDIR"],
  ]) {
    const error = await errorOf(() => writeWhole(at(name), "new"));
    expect(error).toMatchObject({ code, message: expect.stringContaining(words), place: { file: at(name) } });
  }
  expect(lstatSync(at("pipe")).isFIFO()).toBe(true);
  expect(readlinkSync(at("ring"))).toBe("ring");
});

test("chunks are written whole, or what was there stays and what made them fail is said", async () => {
  async function* chunks(fault?: Error): AsyncGenerator<string> {
    yield "a\n";
    if (fault) throw fault;
    yield "b\n";
  }
  const file = at("chunks.txt");
  await writeChunks(file, chunks());
  expect(readFileSync(file, "utf8")).toBe("a\nb\n");
  await expect(writeChunks(file, chunks(new RangeError("no more")))).rejects.toThrow(RangeError);
  expect(readFileSync(file, "utf8")).toBe("a\nb\n");
  expect(readdirSync(folder).filter((name) => name.startsWith("chunks"))).toEqual(["chunks.txt"]);
});

/** Another process that writes lines of a letter to a file until it is stopped. */
function writing(file: string, letter: string): ChildProcess {
  const script = `import { setTimeout } from "node:timers/promises";
    import { writeChunks } from ${JSON.stringify(new URL("disk.ts", import.meta.url).href)};
    async function* chunks() {
      for (;;) {
        yield ${JSON.stringify(`${letter}\n`)};
        process.stdout.write("one");
        await setTimeout(20);
      }
    }
    await writeChunks(${JSON.stringify(file)}, chunks());`;
  return spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
}

test("two may write the same file at once, and one that is stopped leaves nothing behind", async () => {
  async function* chunks(): AsyncGenerator<string> {
    for (let i = 0; i < 5; i++) {
      yield "b\n";
      await setTimeout(20);
    }
  }
  const file = at("both.txt");
  const other = writing(file, "a");
  if (other.stdout) await once(other.stdout, "data");
  await writeChunks(file, chunks());
  expect(readFileSync(file, "utf8")).toBe("b\n".repeat(5));
  other.kill("SIGINT");
  expect(await once(other, "exit")).toEqual([null, "SIGINT"]);
  expect(readdirSync(folder).filter((name) => name.startsWith("both"))).toEqual(["both.txt"]);
});

test("a folder that cannot be made is named", async () => {
  const error = await errorOf(() => makeFolder(at("old.txt/folder")));
  expect(error).toMatchObject({ code: "data-unreadable", place: { file: at("old.txt/folder") } });
});
