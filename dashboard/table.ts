/** A table that scrolls by itself where the page is too narrow for it. */
import { type Child, h } from "./element.ts";

/** What a column is called, alone or with the word that it holds numbers. */
type Column = string | readonly [name: string, kind: "number"];

/** @param caption read out by screen readers alone */
export function table(caption: string | undefined, columns: readonly Column[], ...bodies: Child[]): HTMLElement {
  const head = columns.map((column) => {
    const [name, kind] = typeof column === "string" ? [column, undefined] : column;
    return h("th", { scope: "col", class: kind }, name);
  });
  return h(
    "div",
    { class: "scroll" },
    h(
      "table",
      {},
      caption === undefined ? caption : h("caption", { class: "sr" }, caption),
      h("thead", {}, h("tr", {}, ...head)),
      ...bodies,
    ),
  );
}
