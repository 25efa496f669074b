/** A study's results file: one JSON line a task, so that a run can go on where it stopped. */
import { existsSync, readFileSync } from "node:fs";
import { UnseenError } from "../../model/errors.ts";
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
  const entries = new Map<string, Entry>();
  if (!existsSync(file)) return entries;
  const texts = readFileSync(file, "utf8").split("\n");
  texts.pop();
  for (const [i, text] of texts.entries()) {
    const entry = parsed(text);
    if (entry === undefined) {
      const remedy = "Remove the line, or name another file.";
      const what = `Line ${i + 1} of ${file} is not a result of unseen study.`;
      throw new UnseenError("data-unreadable", what, remedy, { file, row: i + 1 });
    }
    entries.set(keyOf(entry.study, entry.task), entry);
  }
  return entries;
}

function parsed(text: string): Entry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const sound =
    typeof value === "object" &&
    value !== null &&
    "study" in value &&
    typeof value.study === "string" &&
    "task" in value &&
    typeof value.task === "object" &&
    "results" in value &&
    Array.isArray(value.results);
  return sound ? (value as Entry) : undefined;
}
