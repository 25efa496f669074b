/** The table of flagged rows: sorted by score or row, a page at a time, each row a way to its reasons. */
import { byId, h } from "./element.ts";
import type { FlaggedRow } from "./messages.ts";
import { count, counted, score } from "./numbers.ts";

/** Rows a page, fewer on a phone, where the reasons stand below. */
const PAGE = matchMedia("(max-width: 640px)").matches ? 8 : 16;

export class FlaggedTable {
  readonly #place = byId("flagged");
  readonly #read: (rows: number[], beside: string[]) => Promise<FlaggedRow[]>;
  readonly #choose: (row: number) => void;
  #rows: number[] = [];
  #scores: Float32Array = new Float32Array();
  #beside: string[] = [];
  #by: "score" | "row" = "score";
  #page = 0;
  #selected: number | undefined;
  #asked = 0;

  constructor(read: (rows: number[], beside: string[]) => Promise<FlaggedRow[]>, choose: (row: number) => void) {
    this.#read = read;
    this.#choose = choose;
  }

  /** Shows rows at or above a threshold; `beside` are columns that no feature reads, which may tell rows apart. */
  async show(scores: Float32Array, known: number, threshold: number, beside: string[] = this.#beside): Promise<void> {
    this.#scores = scores;
    this.#beside = beside;
    this.#rows = [];
    for (let row = 0; row < known; row++) if (scores[row] >= threshold) this.#rows.push(row);
    this.#page = 0;
    if (known > 0) return this.#draw();
    this.#asked++;
    this.#place.replaceChildren();
  }

  get selected(): number | undefined {
    return this.#selected;
  }

  set selected(row: number | undefined) {
    this.#selected = row;
    this.#mark();
  }

  /** Highest score first, or as in the file. */
  async #draw(): Promise<void> {
    const asked = ++this.#asked;
    const scores = this.#scores;
    if (this.#by === "score") this.#rows.sort((a, b) => scores[b] - scores[a] || a - b);
    else this.#rows.sort((a, b) => a - b);
    const total = this.#rows.length;
    if (total === 0) {
      this.#place.replaceChildren(h("p", { class: "quiet" }, "No row reaches the threshold."));
      return;
    }
    const page = this.#rows.slice(this.#page * PAGE, (this.#page + 1) * PAGE);
    // Rows that have given way to others meanwhile cannot be read any more, and need not be.
    const shown = await this.#read(page, this.#beside).catch(() => []);
    if (asked !== this.#asked || shown.length === 0) return;
    const pages = Math.ceil(total / PAGE);
    const turn = (by: number, label: string): HTMLButtonElement => {
      const button = h("button", { type: "button" }, label);
      button.disabled = this.#page + by < 0 || this.#page + by >= pages;
      button.addEventListener("click", async () => {
        this.#page += by;
        await this.#draw();
        this.#place.focus({ preventScroll: true });
      });
      return button;
    };
    const where = h(
      "span",
      { class: "quiet" },
      `${count(this.#page * PAGE + 1)}–${count(this.#page * PAGE + shown.length)} of ${counted(total, "row")}`,
    );
    const turns = pages > 1 ? [turn(-1, "Previous"), where, turn(1, "Next")] : [where];
    this.#place.replaceChildren(this.#table(shown), h("div", { class: "line pages" }, ...turns));
    this.#mark();
  }

  #table(rows: readonly FlaggedRow[]): HTMLTableElement {
    const sorted = (by: "score" | "row", label: string): HTMLTableCellElement => {
      const active = this.#by === by;
      const button = h(
        "button",
        { type: "button", class: "plain" },
        label,
        active ? h("span", { "aria-hidden": "true" }, by === "score" ? " ↓" : " ↑") : "",
      );
      button.addEventListener("click", async () => {
        this.#by = by;
        this.#page = 0;
        await this.#draw();
        this.#place.querySelector<HTMLElement>(`th[data-by=${by}] button`)?.focus();
      });
      const order = active ? (by === "score" ? "descending" : "ascending") : "none";
      return h("th", { scope: "col", "data-by": by, "aria-sort": order, class: "number" }, button);
    };
    const head = h(
      "tr",
      {},
      sorted("row", "Row"),
      sorted("score", "Score"),
      h("th", { scope: "col" }, "Raised most by"),
      ...this.#beside.map((name) => h("th", { scope: "col" }, name)),
    );
    const body = rows.map(({ row, score: value, reason, beside }) => {
      const button = h(
        "button",
        { type: "button", class: "plain row", "aria-label": `Why row ${row + 1}` },
        count(row + 1),
      );
      const line = h(
        "tr",
        { "data-row": row },
        h("th", { scope: "row", class: "number" }, button),
        h("td", { class: "number" }, score(value)),
        h("td", { class: "name", title: reason }, reason),
        ...beside.map((cell) => h("td", { class: "cell", title: cell }, cell)),
      );
      line.addEventListener("click", () => this.#choose(row));
      return line;
    });
    const caption = h("caption", { class: "sr" }, "Rows at or above the threshold");
    return h("table", {}, caption, h("thead", {}, head), h("tbody", {}, ...body));
  }

  #mark(): void {
    for (const line of this.#place.querySelectorAll("tr[data-row]")) {
      const chosen = Number(line.getAttribute("data-row")) === this.#selected;
      line.classList.toggle("chosen", chosen);
      line.querySelector("button")?.setAttribute("aria-pressed", String(chosen));
    }
  }
}
