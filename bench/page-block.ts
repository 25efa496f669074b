/** What pages that a measurement writes have in common: blocks between `<!-- name: start -->` and `<!-- name: end -->`, versions. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @param page path from the project's root
 * @throws Error where the page has no such markers
 */
export function writeBlock(page: string, name: string, block: string): void {
  const path = fileURLToPath(new URL(`../${page}`, import.meta.url));
  const [start, end] = [`<!-- ${name}: start -->`, `<!-- ${name}: end -->`];
  const text = readFileSync(path, "utf8");
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} has no markers ${start} and ${end}: put them where it belongs`);
  writeFileSync(path, `${text.slice(0, from + start.length)}\n${block}\n${text.slice(to)}`);
}

/** Packages with the versions that are installed. */
export function versionsOf(packages: readonly string[]): string {
  const version = (name: string): string => {
    const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  };
  return packages.map((name) => `${name} ${version(name)}`).join(", ");
}
