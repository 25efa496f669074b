/** What becomes of a worker process whose pool is gone. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { writeFolder } from "../data/testing.ts";

test.each([
  ["waits", 5_000],
  ["answers just then", 0],
])("a worker that %s ends with whoever asked, without a word", async (_, late) => {
  const script = join(writeFolder({}), "worker.mjs");
  const of = JSON.stringify(new URL("answering.ts", import.meta.url).href);
  writeFileSync(
    script,
    `import { setTimeout } from "node:timers/promises";
    import { answerEach } from ${of};
    answerEach(async () => {
      process.send("asked");
      await new Promise((gone) => process.once("disconnect", gone));
      await setTimeout(${late});
    });`,
  );
  const worker = fork(script, { execArgv: ["--no-warnings"], stdio: ["ignore", "inherit", "pipe", "ipc"] });
  const ended = Promise.all([once(worker, "exit"), text(worker.stderr as Readable)]);
  worker.send("a request");
  await once(worker, "message");
  worker.disconnect();
  expect(await ended).toEqual([[0, null], ""]);
});
