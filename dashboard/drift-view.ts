/** Drift: how far rows are from the normal rows the model was validated on, for the service's rows and for this page's. */
import type { Drift, FeatureDrift } from "../model/drift.ts";
import { type LiveDrift, ServiceError } from "./api.ts";
import { byId, type Child, h } from "./element.ts";
import { counted } from "./numbers.ts";
import { panel } from "./panel.ts";
import { table } from "./table.ts";
import { FaultError } from "./thread.ts";

/** The score and features shown before the rest is folded away. */
const SHOWN = 9;
/** Index at which a bar is full. */
const FULL = 0.5;

/** @param here of the rows on the page; none without rows, a fault where the model has nothing to compare them with */
export function showDrift(live: LiveDrift | ServiceError, here: Drift | FaultError | undefined): void {
  const service =
    live instanceof ServiceError
      ? [h("p", { class: "quiet" }, `No drift data. ${live.message} ${live.remedy}`)]
      : report(live, `by version ${live.model.version} in the last ${counted(live.hours, "hour")}`);
  const page =
    here instanceof FaultError
      ? [h("p", { class: "quiet" }, `No drift data: ${here.message}. ${here.remedy}`)]
      : here
        ? report(here, "on this page")
        : [
            h(
              "p",
              { class: "quiet" },
              "Give rows on the Score view to compare them, in this browser, with the normal rows the model knows.",
            ),
          ];
  byId("drift-report").replaceChildren(
    h(
      "div",
      { class: "split even" },
      panel("Rows the service scored", ...service),
      panel("Rows on this page", ...page),
    ),
    h(
      "p",
      { class: "quiet foot" },
      "PSI, the population stability index, adds up how far the shares of a histogram have moved from the reference's: stable below 0.1, drifted from 0.25, and no verdict up to the mark, which chance alone may reach.",
    ),
  );
}

function report({ rows, referenceRows, verdict, meaning, score, features }: Drift, which: string): Child[] {
  const drifts = (of: readonly FeatureDrift[], caption: string): HTMLElement =>
    table(caption, ["Of", ["PSI", "number"], "Verdict"], h("tbody", {}, ...of.map(line)));
  const few = verdict === "too few rows";
  const all = [{ name: "the score", ...score }, ...features];
  const rest = few ? all : all.slice(SHOWN);
  if (rows === 0) return [h("p", { class: "quiet" }, `No drift data: no rows ${which} were scored.`)];
  return [
    h("p", { class: `verdict ${verdict === "drifted" ? "bad" : ""}` }, verdict[0].toUpperCase() + verdict.slice(1)),
    h("p", {}, meaning),
    h(
      "p",
      { class: "quiet" },
      `${counted(rows, "row")} ${which} against ${counted(referenceRows, "normal row")} of validation.`,
    ),
    ...(few ? [] : [drifts(all.slice(0, SHOWN), "Drift of the score and of the features farthest off")]),
    ...(rest.length > 0
      ? [folded(few ? "The index so far" : `${counted(rest.length, "feature")} nearer still`, drifts(rest, "Drift"))]
      : []),
  ];
}

function folded(summary: string, content: Child): HTMLElement {
  return h("details", {}, h("summary", {}, summary), content);
}

function line({ name, psi, chance, verdict }: FeatureDrift): HTMLElement {
  const along = (index: number): string => `${Math.min(100, (100 * index) / FULL)}%`;
  const kind = verdict === "drifted" ? "flag" : verdict === "too few rows" ? "unsure" : "";
  const bar = h("span", { class: `fill ${kind}` });
  bar.style.width = along(psi);
  const mark = h("span", { class: "mark", title: `by chance up to ${chance.toFixed(3)}` });
  mark.style.left = along(chance);
  return h(
    "tr",
    {},
    h("th", { scope: "row", class: "name" }, name),
    h(
      "td",
      { class: "number" },
      h("span", { class: "meter" }, h("span", { class: "track", "aria-hidden": "true" }, bar, mark), psi.toFixed(3)),
    ),
    h("td", {}, verdict),
  );
}
