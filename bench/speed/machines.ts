/** What the kernel reached on each kind of machine it was measured on: docs/performance.jsonl, the last run of each. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { processor } from "../page-block.ts";
import { ratiosOf, type Results } from "./results.ts";

/** Ratios of a run, by name, with its machine and date. */
export type Machine = Readonly<Record<string, number | string>>;

const FILE = new URL("../../docs/performance.jsonl", import.meta.url);

/** Puts this run in the place of the last one on such a machine; all machines, this one first. */
export function keepMachine(results: Results): Machine[] {
  const here: Machine = { machine: processor(), ...ratiosOf(results) };
  const lines = existsSync(FILE) ? readFileSync(FILE, "utf8").trimEnd().split("\n") : [];
  const others = lines.map((line) => JSON.parse(line) as Machine).filter(({ machine }) => machine !== here.machine);
  const all = [here, ...others];
  writeFileSync(FILE, all.map((one) => `${JSON.stringify(one)}\n`).join(""));
  return all;
}
