import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../../model/safetensors.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import type { Snapshot } from "./learner.ts";
import type { EpisodeLog } from "./request.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-checkpoint-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "run.checkpoint");

/** Every number of it another one than that of any other snapshot; arrays are parts of larger ones. */
function snapshot(from: number): Snapshot {
  const all = Float32Array.from({ length: 20 }, (_, i) => from + i);
  const part = (at: number) => ({
    weights: all.subarray(at, at + 2),
    first: all.subarray(at + 2, at + 4),
    second: all.subarray(at + 4, at + 6),
    steps: from + at,
  });
  const scalars = [from, from + 1].map((x): [number, number, number, number] => [x, x + 0.25, x + 0.5, 3]);
  return { parts: [part(1), part(8)], scalars };
}

const checkpoint: Checkpoint = {
  run: "this one",
  episodes: [{ episode: 0, outerFamilies: ["worm"] } as unknown as EpisodeLog],
  hardness: [
    ["worm", 0.25],
    ["scan", 0.5],
  ],
  now: snapshot(100),
  best: { value: 0.875, episode: 7, snapshot: snapshot(200) },
};

test("what is written is read, the best episode's learner beside the last one's", () => {
  writeCheckpoint(file, checkpoint);
  expect(readCheckpoint(file, "this one")).toEqual(checkpoint);
});

test.each<[string, () => void, RegExp]>([
  ["of another run", () => writeCheckpoint(file, { ...checkpoint, run: "that one" }), /^\S+ belongs to a run with/],
  ["that is none", () => writeFileSync(file, "none"), /^\S+ cannot be read: /],
  ["that is not there", () => rmSync(file), /^\S+ cannot be read: /],
  ["that lacks a part", () => lacking("best.1.first"), /^\S+ has no best\.1\.first/],
])("one %s is refused, with the file and why", (_, write, message) => {
  write();
  const wanted = { code: "checkpoint-mismatch", message: expect.stringMatching(message), place: { file } };
  expect(() => readCheckpoint(file, "this one")).toThrow(expect.objectContaining(wanted));
});

function lacking(name: string): void {
  writeCheckpoint(file, checkpoint);
  const { metadata, tensors } = readSafetensors(readFileSync(file));
  writeFileSync(file, writeSafetensors(new Map([...tensors].filter(([key]) => key !== name)), metadata));
}
