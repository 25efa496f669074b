import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeSimulation } from "../data/simulate/write.ts";
import { errorOf, writeFolder } from "../data/testing.ts";
import { refused, startCommand } from "./start.ts";

test("a simulation of which a file is gone is made anew, and one that is whole stays", async () => {
  const dir = writeFolder({});
  const { folder, files } = await writeSimulation(join(dir, "flows"), { seed: 1, rows: 10, anomalies: 10 });
  const before = statSync(folder).ino;
  // a folder in the place of the model ends the command behind the simulation
  mkdirSync(join(dir, "model.safetensors"));
  const start = async (): Promise<string> => (await errorOf(() => startCommand.run({ dir }))).code;
  expect([await start(), statSync(folder).ino]).toEqual(["data-not-found", before]);
  rmSync(join(folder, files[0]));
  expect([await start(), existsSync(join(folder, files[0]))]).toEqual(["data-not-found", true]);
});

test("a Worker that asks for a key is told from one whose model does not serve", () => {
  for (const status of [401, 403]) expect(refused(status, "no key").remedy).toContain("UNSEEN_KEY");
  expect(refused(503, undefined).remedy).toBe("Try --fresh.");
});
