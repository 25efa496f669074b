/** Drift: how far the rows of late lie from those the model was validated on. */
import { byId, h } from "./element.ts";

export function showDrift(report: unknown): void {
  byId("drift-report").replaceChildren(
    h(
      "section",
      { class: "card" },
      h("p", {}, h("strong", {}, "No drift data. ")),
      h("p", { class: "quiet" }, report === undefined ? "This service keeps no histograms of the rows it scores." : ""),
    ),
  );
}
