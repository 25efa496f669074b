import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "unseen-cleaned-up-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "work under a lock that %s ends leaves neither files nor the lock",
  async (signal) => {
    const of = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
    const script = `import { rmSync, writeFileSync } from "node:fs";
    import { setTimeout } from "node:timers/promises";
    import { cleanedUp } from ${of("cleaned-up.ts")};
    import { locked } from ${of("lock.ts")};
    await locked("lock", "at it", () => cleanedUp(() => rmSync("part"), async () => {
      writeFileSync("part", "");
      process.stdout.write("begun");
      await setTimeout(60_000);
    }));`;
    const args = ["--input-type=module", "-e", script];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
    if (child.stdout) await once(child.stdout, "data");
    expect(readdirSync(folder).toSorted()).toEqual(["lock", "part"]);
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([null, signal]);
    expect(readdirSync(folder)).toEqual([]);
  },
);
