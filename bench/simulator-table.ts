/**
 * Writes what the simulator models, and how hard each family is, into docs/simulator.md between its markers.
 *
 *     node bench/simulator-table.ts
 */

import { columns } from "../trainer/data/simulate/features.ts";
import { simulate } from "../trainer/data/simulate/simulate.ts";
import { type Difficulty, measure, SHOTS } from "./difficulty.ts";
import { writeBlock } from "./page-block.ts";

const SEEDS = [1, 2, 3];

const runs: Difficulty[][] = [];
for (const seed of SEEDS) runs.push(await measure(simulate({ seed })));
const groups = simulate({ seed: 1, rows: 1, anomalies: 1 });
const described = (role: "normal" | "anomaly") =>
  groups.filter((group) => group.role === role).map(({ name, description }) => [`\`${name}\``, description]);

const sections: Record<string, string> = {
  domains: table(["normal domain", "what it models"], described("normal")),
  families: table(["anomaly family", "what it models"], described("anomaly")),
  features: table(
    ["feature", "unit", "meaning"],
    columns.map(({ name, unit, meaning }) => [`\`${name}\``, unit, meaning]),
  ),
  difficulty: [
    `Mean over seeds ${SEEDS.join(", ")}, in brackets the lowest and highest; of the best column the highest, named by seed ${SEEDS[0]}; ${SHOTS} labels of each other family.\n\n`,
    table(
      ["left out", "best column", "distance (kNN)", "logistic regression", "boosted trees", ""],
      (runs[0] ?? []).map(({ family }) => rowOf(family)),
    ),
  ].join(""),
};

for (const [name, section] of Object.entries(sections)) writeBlock("docs/simulator.md", name, `\n${section}\n`);
console.log(sections["difficulty"]);

/** One line of the difficulty table: a family over all seeds. */
function rowOf(family: string): string[] {
  const seeds = runs.flatMap((run) => run.filter((one) => one.family === family));
  const spread = (of: (one: Difficulty) => number) => {
    const values = seeds.map(of);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return `${mean.toFixed(2)} (${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)})`;
  };
  const best = seeds.map(({ columns: areas }) =>
    [...areas].reduce((left, right) => (right[1] > left[1] ? right : left)),
  );
  return [
    `\`${family}\``,
    `${Math.max(...best.map(([, one]) => one)).toFixed(2)} \`${best[0]?.[0] ?? ""}\``,
    spread((one) => one.neighbours),
    spread((one) => one.logistic),
    spread((one) => one.trees),
    verdict(seeds),
  ];
}

/** What the family is good for, where every seed agrees. */
function verdict(seeds: readonly Difficulty[]): string {
  const always = (holds: (one: Difficulty, labels: number) => boolean) =>
    seeds.every((one) => holds(one, Math.max(one.logistic, one.trees)));
  if (always((one, labels) => one.neighbours >= 0.9 && labels >= 0.9)) return "easy both ways";
  if (always((one, labels) => one.neighbours >= 0.9 && labels < 0.8)) return "distance only";
  if (always((one, labels) => one.neighbours < 0.8 && labels >= 0.9)) return "labels only";
  const between = (value: number) => value > 0.6 && value < 0.9;
  if (always((one, labels) => between(one.neighbours) && between(labels))) return "hard both ways";
  return "in between";
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
