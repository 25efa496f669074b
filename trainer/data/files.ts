/** Which files a path, a folder or a glob stands for. */
import { globSync, lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { messageOf, UnseenError } from "../../model/errors.ts";
import { nearest } from "../nearest.ts";
import type { SourceFile } from "./scan.ts";

const DATA_FILE = /\.(csv|csv\.gz|parquet)$/i;

/** The file's name without folder and ending: "train/back.csv.gz" → "back". */
export function stem(path: string): string {
  return basename(path).replace(DATA_FILE, "");
}

export function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() === true;
}

/** What is at a path, links followed; undefined for nothing. @throws UnseenError data-unreadable */
export function statOf(path: string): Stats | undefined {
  return lookAt(path, () => statSync(path, { throwIfNoEntry: false }));
}

/** @throws UnseenError data-unreadable for a path that may not be looked at, or goes round in a ring of links */
function lookAt<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (cause) {
    const why = `${path} cannot be read: ${messageOf(cause)}.`;
    throw new UnseenError("data-unreadable", why, "Give a path that can be read.", { file: path });
  }
}

/** Data files directly in a folder, sorted by name, hidden ones left out; names relative to `root`. */
export function dataFilesIn(folder: string, root = folder): SourceFile[] {
  return lookAt(folder, () => readdirSync(folder))
    .filter((name) => !name.startsWith(".") && DATA_FILE.test(name) && !isFolder(join(folder, name)))
    .sort()
    .map((name) => ({
      path: join(folder, name),
      name: folder === root ? name : `${basename(folder)}/${name}`,
    }));
}

/**
 * The files that paths, folders (all data files in them) and globs stand for, each once, globs sorted by name.
 *
 * Throws `data-not-found`, with near matches, for a path or pattern that stands for nothing.
 */
export function expandFiles(sources: readonly string[]): SourceFile[] {
  const files = new Map<string, SourceFile>();
  for (const source of sources) {
    const found = expand(source);
    if (found.length === 0) throw notFound(source);
    for (const file of found) files.set(file.path, file);
  }
  return [...files.values()];
}

function expand(source: string): SourceFile[] {
  const stat = statOf(source);
  if (stat?.isDirectory() === true) return dataFilesIn(source);
  if (stat !== undefined) return [{ path: source, name: basename(source) }];
  if (!/[*?[{]/.test(source)) return [];
  return globSync(source)
    .filter((path) => !isFolder(path))
    .sort()
    .map((path) => ({ path, name: path }));
}

export function notFound(source: string): UnseenError {
  if (lstatSync(source, { throwIfNoEntry: false })?.isSymbolicLink() === true) return linkToNothing(source);
  const folder = dirname(source);
  const beside = isFolder(folder) ? lookAt(folder, () => readdirSync(folder)) : [];
  const near = nearest(basename(source), beside);
  const remedy =
    near.length > 0 ? `Did you mean ${near.map((name) => join(folder, name)).join(" or ")}?` : "Check the path.";
  return new UnseenError("data-not-found", `There is no data at ${source}.`, remedy, {
    file: source,
  });
}

export function linkToNothing(file: string): UnseenError {
  const what = `${file} is a link to a file that is not there.`;
  return new UnseenError("data-not-found", what, "Remove the link, or bring the file back.", { file });
}
