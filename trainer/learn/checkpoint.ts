/** Checkpoints: all of a training run after an episode, in one safetensors file, written whole or not at all. */
import { readFileSync } from "node:fs";
import type { Tensor } from "../../model/artefact.ts";
import { messageOf, UnseenError } from "../../model/errors.ts";
import { readSafetensors, writeSafetensors } from "../../model/safetensors.ts";
import { tensorValues } from "../../model/tensor.ts";
import { writeWhole } from "../disk.ts";
import type { Snapshot } from "./learner.ts";
import type { EpisodeLog } from "./request.ts";

export interface Checkpoint {
  /** Identifies the run: options and data; a checkpoint of another run is refused. */
  readonly run: string;
  /** Of the episodes done. */
  readonly episodes: readonly EpisodeLog[];
  readonly hardness: readonly (readonly [string, number])[];
  readonly now: Snapshot;
  readonly best: { readonly value: number; readonly episode: number; readonly snapshot: Snapshot };
}

/** @throws UnseenError data-unreadable where it cannot be written */
export function writeCheckpoint(path: string, checkpoint: Checkpoint): void {
  const tensors = new Map<string, Tensor>();
  const scalars = { now: checkpoint.now.scalars, best: checkpoint.best.snapshot.scalars };
  const steps: Record<string, number[]> = {};
  for (const [when, { parts }] of [
    ["now", checkpoint.now],
    ["best", checkpoint.best.snapshot],
  ] as const) {
    steps[when] = parts.map((part) => part.steps);
    for (const [i, part] of parts.entries()) {
      for (const kind of ["weights", "first", "second"] as const) {
        const values = part[kind];
        const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        tensors.set(`${when}.${i}.${kind}`, { dtype: "F32", shape: [values.length], bytes });
      }
    }
  }
  const { run, episodes, hardness, best } = checkpoint;
  const state = { run, hardness, scalars, steps, value: best.value, episode: best.episode };
  // not in the header, whose size is bounded
  const bytes = new TextEncoder().encode(JSON.stringify(episodes));
  tensors.set("episodes", { dtype: "U8", shape: [bytes.length], bytes });
  writeWhole(path, writeSafetensors(tensors, { checkpoint: JSON.stringify(state) }));
}

/** @throws UnseenError checkpoint-mismatch where it belongs to another run or cannot be read */
export function readCheckpoint(path: string, run: string): Checkpoint {
  const fail = (why: string): UnseenError =>
    new UnseenError(
      "checkpoint-mismatch",
      `${path} ${why}`,
      "Repeat the command without --resume to start afresh, or with the options and data of the interrupted run.",
      { file: path },
    );
  try {
    const { metadata, tensors } = readSafetensors(readFileSync(path));
    const state = JSON.parse(metadata.checkpoint);
    if (state.run !== run) throw fail("belongs to a run with other options or data");
    const snapshot = (when: "now" | "best"): Snapshot => ({
      parts: (state.steps[when] as number[]).map((steps, i) => {
        const values = (kind: string): Float32Array => {
          const tensor = tensors.get(`${when}.${i}.${kind}`);
          if (!tensor) throw fail(`has no ${when}.${i}.${kind}`);
          return tensorValues(tensor);
        };
        return { weights: values("weights"), first: values("first"), second: values("second"), steps };
      }),
      scalars: state.scalars[when],
    });
    const episodes: EpisodeLog[] = JSON.parse(new TextDecoder().decode(tensors.get("episodes")?.bytes));
    const best = { value: state.value, episode: state.episode, snapshot: snapshot("best") };
    return { run, episodes, hardness: state.hardness, now: snapshot("now"), best };
  } catch (cause) {
    if (cause instanceof UnseenError && cause.code === "checkpoint-mismatch") throw cause;
    throw fail(`cannot be read: ${messageOf(cause)}`);
  }
}
