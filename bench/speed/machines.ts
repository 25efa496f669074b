/** What was reached on each kind of machine that ran a bench: lines of JSON beside its page, the last run of each. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { processor } from "../page-block.ts";

/** Ratios of a run, by name, with its machine and date. */
export type Machine = Readonly<Record<string, number | string>>;

const fileOf = (page: string): URL => new URL(`../../docs/${page}.jsonl`, import.meta.url);

/**
 * This run in the place of the last one on such a machine, first, and the last runs on others.
 *
 * @param page the page's name, without `.md`
 */
export function machinesWith(page: string, ratios: Machine): Machine[] {
  const here: Machine = { machine: processor(), ...ratios };
  const file = fileOf(page);
  const lines = existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  const others = lines.map((line) => JSON.parse(line) as Machine).filter(({ machine }) => machine !== here.machine);
  return [here, ...others];
}

export function keepMachines(page: string, machines: readonly Machine[]): void {
  writeFileSync(fileOf(page), machines.map((machine) => `${JSON.stringify(machine)}\n`).join(""));
}
