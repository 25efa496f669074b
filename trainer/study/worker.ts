/** A worker process of a study: measures one task at a time. */
import { answerEach } from "../benchmark/answering.ts";
import { Bench } from "../benchmark/bench.ts";
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

answerEach(async ({ study, task }: StudyRequest): Promise<Measured> => {
  return { kind: "measured", results: await studyNamed(study).measure(bench, task) };
});
