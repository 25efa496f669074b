/** The model card: how the model came to be, its thresholds, its figures on unseen rows, its versions. */
import type { EvaluationSummary, FamilyFigures } from "../model/evaluation.ts";
import type { Version } from "../model/pointer.ts";
import type { Feature } from "../model/schema.ts";
import { budgetText } from "../model/thresholds.ts";
import type { Card } from "./api.ts";
import { byId, type Child, h } from "./element.ts";
import type { Opened } from "./messages.ts";
import { count, counted, date, percent, score, short } from "./numbers.ts";
import { panel } from "./panel.ts";
import { stagePlots } from "./stages.ts";
import { table } from "./table.ts";
import { namedThresholds } from "./threshold.ts";
import { versionPanel } from "./versions-view.ts";

/** @param useVersion scores with another version from now on */
export function showCard(card: Card, opened: Opened, using: Version, useVersion: (version: Version) => void): void {
  const { evaluation } = opened;
  byId("model-title").textContent = card.name;
  byId("card").replaceChildren(
    facts(using, opened),
    ...(evaluation && evaluation.families.length > 0 ? [familyTable(evaluation)] : [noFigures()]),
    ...(evaluation && evaluation.stages.length > 0 ? [stagePlots(evaluation.stages)] : []),
    h("div", { class: "split" }, thresholdTable(opened), versionPanel(card, using, useVersion)),
    featureList(opened.schema.features),
  );
}

function facts(
  { version, publishedAt, sha256 }: Version,
  { training, network, temperature, epsilon, schema }: Opened,
): HTMLElement {
  const rows: [string, Child][] = [
    ["Version", `${version}, ${date(publishedAt)}`],
    ["Trained", `${date(training.createdAt)}, seed ${training.seed}`],
    ["Method", training.method],
    [
      "Data",
      `${training.data.name}: ${counted(training.normalRows, "normal row")} of ${counted(training.domains.length, "domain")}`,
    ],
    ["Labels", `${count(training.labels)} of ${counted(training.families.length, "family", "families")}, for anything`],
    ["Seen families", training.families.join(", ") || "none"],
    ["Held out", training.heldOut.join(", ") || "none"],
    ["Split", training.split === "blocks" ? "by blocks" : "by rows"],
    ["Inputs", `${count(schema.features.length)} features, ${count(network.inputs)} inputs`],
    ["Temperature", `${temperature.toFixed(3)}${epsilon > 0 ? `, ε ${epsilon}` : ""}`],
    ["SHA-256", h("code", {}, sha256)],
  ];
  const list = h(
    "dl",
    { class: "facts" },
    ...rows.flatMap(([name, value]) => [h("div", {}, h("dt", {}, name), h("dd", {}, value))]),
  );
  return panel("About", list);
}

function familyTable({ families, normalRows, falsePositives }: EvaluationSummary): HTMLElement {
  const unseen = families.filter((figures) => figures.unseen);
  const seen = families.filter((figures) => !figures.unseen);
  const numbers = ["Rows", "AUC-ROC", "AP", "F1", "Recall at 1 %"];
  const mean = (of: (figures: FamilyFigures) => number): number =>
    unseen.reduce((sum, figures) => sum + of(figures), 0) / unseen.length;
  const line = (
    { family, rows, aucRoc, averagePrecision, f1, recall }: Omit<FamilyFigures, "unseen">,
    kind: string,
  ): HTMLElement =>
    h(
      "tr",
      { class: kind },
      h("th", { scope: "row" }, family),
      h("td", { class: "number" }, rows > 0 ? count(rows) : ""),
      h("td", { class: "number" }, meter(aucRoc)),
      ...[averagePrecision, f1, recall].map((value) => h("td", { class: "number" }, value.toFixed(3))),
    );
  const group = (title: string, lines: HTMLElement[]): HTMLElement[] =>
    lines.length === 0
      ? []
      : [
          h(
            "tbody",
            {},
            h("tr", { class: "group" }, h("th", { scope: "rowgroup", colspan: 1 + numbers.length }, title)),
            ...lines,
          ),
        ];
  const average = {
    family: "mean",
    rows: 0,
    aucRoc: mean((f) => f.aucRoc),
    averagePrecision: mean((f) => f.averagePrecision),
    f1: mean((f) => f.f1),
    recall: mean((f) => f.recall),
  };
  const byFamily = table(
    "Figures by anomaly family on rows that training did not see",
    ["Family", ...numbers.map((name) => [name, "number"] as const)],
    ...group("Families never seen in training", [
      ...unseen.map((figures) => line(figures, "")),
      ...(unseen.length > 1 ? [line(average, "mean")] : []),
    ]),
    ...group(
      "Families with labels, other rows",
      seen.map((figures) => line(figures, "")),
    ),
  );
  const rates = Object.entries(falsePositives).map(
    ([budget, rate]) => `${percent(rate)} at the ${budgetText(budget)} budget`,
  );
  const note = `Against ${counted(normalRows, "unseen normal row")}; AP and F1 weigh both sides half each. Of those normal rows are flagged: ${rates.join(", ")}.`;
  return panel("On rows it never saw", byFamily, h("p", { class: "quiet" }, note));
}

function noFigures(): HTMLElement {
  return panel(
    "On rows it never saw",
    h("p", { class: "quiet" }, "This artefact carries no figures. Put them in with "),
    h("pre", {}, "npx unseen evaluate --model model.safetensors --data DIR --write"),
  );
}

function meter(value: number): HTMLElement {
  const bar = h("span", { class: "fill" });
  bar.style.width = `${100 * value}%`;
  return h("span", { class: "meter" }, h("span", { class: "track", "aria-hidden": "true" }, bar), value.toFixed(3));
}

function thresholdTable({ thresholds, evaluation }: Opened): HTMLElement {
  const rows = namedThresholds(thresholds).map(({ name, spec, value }) => {
    const budget = /^fpr=(.*)$/.exec(spec)?.[1];
    const rate = budget === undefined ? undefined : evaluation?.falsePositives[budget];
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, budget === undefined ? name : `${name} budget`),
      h("td", {}, h("code", {}, spec)),
      h("td", { class: "number" }, score(value)),
      h("td", { class: "number" }, rate === undefined ? "–" : percent(rate)),
    );
  });
  const columns = ["Name", "In a request", ["Score", "number"], ["Realised", "number"]] as const;
  return panel("Thresholds", table(undefined, columns, h("tbody", {}, ...rows)));
}

function featureList(features: readonly Feature[]): HTMLElement {
  const rows = features.map((feature) =>
    h("tr", {}, h("th", { scope: "row" }, feature.name), h("td", {}, feature.kind), h("td", {}, normal(feature))),
  );
  const listed = table(undefined, ["Feature", "Kind", "Typical of normal rows"], h("tbody", {}, ...rows));
  return panel(
    "Features",
    h("details", {}, h("summary", {}, `${counted(features.length, "feature")} this model reads`), listed),
  );
}

function normal(feature: Feature): string {
  if (feature.kind === "categorical")
    return `${feature.values[0] ?? "none"}, one of ${counted(feature.values.length, "value")}`;
  return feature.kind === "boolean" ? `true in ${percent(feature.impute)}` : `median ${short(feature.impute)}`;
}
