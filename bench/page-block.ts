/** What pages that a measurement writes have in common: blocks between `<!-- name: start -->` and `<!-- name: end -->`, date, machine, versions. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
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

export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Packages with the versions that are installed. */
export function versionsOf(packages: readonly string[]): string {
  const version = (name: string): string => {
    const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  };
  return packages.map((name) => `${name} ${version(name)}`).join(", ");
}

/** The processor's name, with family and model where the system tells them: clouds call several generations alike. */
export function processor(): string {
  const name = cpus()[0].model.trim();
  if (!existsSync("/proc/cpuinfo")) return name;
  const told = readFileSync("/proc/cpuinfo", "utf8");
  const [family, model] = [/^cpu family\s*: (\d+)$/m, /^model\s*: (\d+)$/m].map((line) => told.match(line)?.[1]);
  return family && model ? `${name} (family ${family}, model ${model})` : name;
}
