/** Why a row got its score: what each feature, and each kind of evidence, adds to the log odds, as bars around zero. */
import type { EvidenceName } from "../model/evidence.ts";
import type { Cell, Contribution, Explanation } from "../model/explain.ts";
import type { Schema } from "../model/schema.ts";
import { byId, h } from "./element.ts";
import { count, counted, percent, score as scored, short, signed } from "./numbers.ts";

/** Features shown by name; the rest is one line. */
const NAMED = 10;

const KINDS: Readonly<Record<EvidenceName, string>> = {
  gaussian: "Mahalanobis distance",
  prototypes: "nearest normal prototype",
  references: "nearest reference row",
  tails: "tail surprise",
  shallow: "trees on inputs, from labels",
  deep: "larger trees on both, from labels",
  departure: "trees on departures, from labels",
};

export function showReasons(row: number, score: number, { features, ...odds }: Explanation, schema: Schema): void {
  byId("why-title").textContent = `Why row ${count(row + 1)} scores ${scored(score)}`;
  const named = features.slice(0, NAMED);
  const others = features.slice(NAMED).filter(({ contribution }) => contribution !== 0);
  const rest = others.reduce((sum, { contribution }) => sum + contribution, 0);
  const booleans = new Set(schema.features.filter(({ kind }) => kind === "boolean").map(({ name }) => name));
  const bars = named.map(({ name, value, reference, contribution }: Contribution) => {
    const typical =
      booleans.has(name) && typeof reference === "number" ? `true in ${percent(reference)}` : cell(reference);
    return { name, note: `${cell(value)} · normally ${typical}`, contribution };
  });
  if (others.length > 0)
    bars.push({ name: counted(others.length, "other feature"), note: "together", contribution: rest });
  const kinds = Object.entries(odds.evidence ?? {})
    .map(([kind, contribution]) => ({ name: KINDS[kind as EvidenceName] ?? kind, note: "", contribution }))
    .filter(({ contribution }) => contribution !== 0)
    .toSorted((a, b) => b.contribution - a.contribution);
  const path = h(
    "p",
    { class: "quiet" },
    `On the log odds, from ${signed(odds.reference)} for a typical normal row to ${signed(odds.logOdds)}. What each feature adds:`,
  );
  byId("reasons").replaceChildren(
    path,
    barList("Contributions of features to the log odds", bars),
    ...(kinds.length > 0
      ? [h("h3", {}, "By kind of evidence"), barList("Contributions by kind of evidence to the log odds", kinds)]
      : []),
  );
}

export function clearReasons(): void {
  byId("why-title").textContent = "Why";
  byId("reasons").replaceChildren(h("p", { class: "quiet" }, "Choose a row in the table or a point in the plot."));
}

interface Bar {
  readonly name: string;
  readonly note: string;
  readonly contribution: number;
}

/** Bars to the right of the middle raise the score, to the left lower it. */
function barList(label: string, bars: readonly Bar[]): HTMLElement {
  const most = bars.reduce((max, { contribution }) => Math.max(max, Math.abs(contribution)), 1e-9);
  const items = bars.map(({ name, note, contribution }) => {
    const bar = h("span", { class: `bar ${contribution > 0 ? "raises" : "lowers"}`, "aria-hidden": "true" });
    const share = (50 * Math.abs(contribution)) / most;
    bar.style.width = `${share}%`;
    bar.style.left = `${contribution > 0 ? 50 : 50 - share}%`;
    return h(
      "li",
      {},
      h("span", { class: "bar-name" }, name, ...(note ? [h("small", {}, note)] : [])),
      h("span", { class: "track" }, bar),
      h("span", { class: "number" }, signed(contribution)),
    );
  });
  return h("ul", { class: "bars", "aria-label": label }, ...items);
}

function cell(value: Cell): string {
  if (value === null) return "missing";
  return typeof value === "number" ? short(value) : String(value);
}
