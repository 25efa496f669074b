/** What the kernel reached on each kind of machine it was measured on: docs/performance.jsonl, the last run of each. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { processor } from "../page-block.ts";
import { ratiosOf, type Results } from "./results.ts";

/** Ratios of a run, by name, with its machine and date. */
export type Machine = Readonly<Record<string, number | string>>;

const FILE = new URL("../../docs/performance.jsonl", import.meta.url);

/** This run in the place of the last one on such a machine, first, and the last runs on others. */
export function machinesWith(results: Results): Machine[] {
  const here: Machine = { machine: processor(), ...ratiosOf(results) };
  const lines = existsSync(FILE) ? readFileSync(FILE, "utf8").trimEnd().split("\n") : [];
  const others = lines.map((line) => JSON.parse(line) as Machine).filter(({ machine }) => machine !== here.machine);
  return [here, ...others];
}

export function keepMachines(machines: readonly Machine[]): void {
  writeFileSync(FILE, machines.map((machine) => `${JSON.stringify(machine)}\n`).join(""));
}
