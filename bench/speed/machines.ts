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

/** A ratio that is asked for, and its name among those of a machine. */
export interface Wanted {
  readonly title: string;
  readonly ratio: string;
  readonly must: number;
}

/** What is asked for, a column a machine; bold where it is reached. */
export function machineTable(wanted: readonly Wanted[], machines: readonly Machine[]): string {
  const lines = wanted.map(({ title, must, ratio }) => {
    const cells = machines.map((machine) => {
      const value = Number(machine[ratio] ?? Number.NaN);
      return value >= must ? `**${shown(value)}**` : shown(value);
    });
    return `| ${title} | ${must} | ${cells.join(" | ")} |`;
  });
  const head = `| | must | ${machines.map(({ machine, date }) => `${machine}, ${date}`).join(" | ")} |`;
  return [head, `|---|--:|${machines.map(() => "--:|").join("")}`, ...lines].join("\n");
}

/** Three digits of a ratio; – where it was not measured. */
export function shown(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "–";
}
