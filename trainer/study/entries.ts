/** A study's results file: one JSON line a task, so that a run can go on where it stopped. */
import * as z from "zod/mini";
import { readJsonLines } from "../benchmark/results.ts";
import type { Entry, StudyTask } from "./study.ts";

const ENTRY = z.looseObject({ study: z.string(), task: z.looseObject({}), results: z.array(z.looseObject({})) });

/** A task as a text; where its data lie does not matter. */
export function keyOf(study: string, task: StudyTask): string {
  return JSON.stringify([study, { ...task, folder: undefined, folders: undefined }]);
}

/**
 * Entries by key, the last of a key wins; none where there is no file. A last line cut short is left out.
 *
 * @throws UnseenError data-unreadable for any other line that is not an entry
 */
export function readEntries(file: string): Map<string, Entry> {
  const { values } = readJsonLines<Entry>(file, "unseen study", ENTRY);
  return new Map(values.map((entry) => [keyOf(entry.study, entry.task), entry]));
}
