/** A part of the page with a heading of its own. */
import { type Child, h } from "./element.ts";

export function panel(title: string, ...content: Child[]): HTMLElement {
  const id = `panel-${title.toLowerCase().replace(/\W+/g, "-")}`;
  return h("section", { class: "card", "aria-labelledby": id }, h("h2", { id }, title), ...content);
}
