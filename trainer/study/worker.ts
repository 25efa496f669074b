/** A worker process of a study: measures one task at a time. */
import { UnseenError } from "../../model/errors.ts";
import { Bench } from "../benchmark/bench.ts";
import type { Fault } from "../benchmark/pool.ts";
import { studyNamed } from "./registry.ts";
import type { StudyTask } from "./study.ts";

export interface StudyRequest {
  readonly study: string;
  readonly task: StudyTask;
}

export interface Measured {
  readonly kind: "measured";
  readonly results: readonly object[];
}

const bench = new Bench();

async function answer({ study, task }: StudyRequest): Promise<Measured | Fault> {
  try {
    return { kind: "measured", results: await studyNamed(study).measure(bench, task) };
  } catch (error) {
    if (error instanceof UnseenError) {
      return { kind: "fault", message: error.message, code: error.code, remedy: error.remedy };
    }
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: "fault", message, code: null, remedy: "" };
  }
}

process.on("message", async (request: StudyRequest) => process.send?.(await answer(request)));
// Ctrl-C reaches every process of the terminal: the one that asked decides what becomes of this one.
process.on("SIGINT", () => {});
