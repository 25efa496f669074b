/** A study's results file: one JSON line a task, so that a run can go on where it stopped. */
import { readJsonLines } from "../benchmark/results.ts";
import type { Entry, StudyTask } from "./study.ts";

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
  const { values } = readJsonLines(file, "unseen study", isEntry);
  return new Map(values.map((entry) => [keyOf(entry.study, entry.task), entry]));
}

function isEntry(value: object): value is Entry {
  return (
    "study" in value &&
    typeof value.study === "string" &&
    "task" in value &&
    typeof value.task === "object" &&
    "results" in value &&
    Array.isArray(value.results)
  );
}
