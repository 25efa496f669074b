/** Where rows come from: typed or pasted text, a chosen or dropped file, the sample; and what became of their columns. */
import { list } from "../model/names.ts";
import type { Columns } from "./columns.ts";
import { byId, h } from "./element.ts";
import { SUPERSEDED } from "./messages.ts";
import { count, counted } from "./numbers.ts";

/** Text beyond this is kept out of the text field, which would become slow, characters. */
const FIELD = 400_000;
const PAUSE_MS = 250;
/** Files told by name. */
const NAMED = 8;

export interface Source {
  readonly name: string;
  readonly content: string | Blob;
  /** Features without a column count as missing. */
  readonly fill: boolean;
}

type Fault = Error & { readonly code?: string; readonly remedy?: string };

export class SourceControl {
  readonly #field = byId<HTMLTextAreaElement>("rows");
  readonly #load: (source: Source) => Promise<void>;
  #newest: Source | undefined;
  /** The newest that a model took. */
  #taken: Source | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(load: (source: Source) => Promise<void>, sample: () => Promise<string>) {
    this.#load = load;
    const file = byId<HTMLInputElement>("file");
    byId("choose").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      const [chosen] = file.files ?? [];
      if (chosen) void this.#take({ name: chosen.name, content: chosen, fill: false });
      file.value = "";
    });
    byId("sample").addEventListener("click", async () => {
      const content = await sample();
      this.#field.value = content;
      await this.#take({ name: "sample.csv", content, fill: false });
    });
    byId("change").addEventListener("click", () => {
      this.open();
      this.#field.focus();
    });
    this.#field.addEventListener("input", () => {
      clearTimeout(this.#pause);
      if (this.#field.value.trim() === "") return;
      this.#pause = setTimeout(() => void this.#take(this.#pasted(this.#field.value), true), PAUSE_MS);
    });
    document.addEventListener("paste", (event) => this.#paste(event));
    for (const name of ["dragover", "dragleave", "drop"] as const) {
      document.addEventListener(name, (event) => this.#drag(event));
    }
  }

  /** Gives the newest rows to another model; where it refuses them, the last that one took, as they were on the page. */
  async again(): Promise<void> {
    byId("columns").hidden = true;
    const [newest, taken] = [this.#newest, this.#taken];
    if (!newest || (await this.#take(newest, true)) || !taken || taken === newest || newest !== this.#newest) return;
    await this.#load(taken).catch((cause: Fault) => this.#tell(taken, cause));
  }

  open(): void {
    this.#fold(false);
  }

  /** With rows in, the field and its buttons give way to one that brings them back. */
  #fold(folded: boolean): void {
    const within = ["sample", "choose"].includes(document.activeElement?.id ?? "");
    for (const id of ["drop", "sample", "choose"]) byId(id).hidden = folded;
    byId("change").hidden = !folded;
    if (folded && within) byId("change").focus();
  }

  #pasted(content: string): Source {
    return { name: "pasted rows", content, fill: false };
  }

  #paste(event: ClipboardEvent): void {
    const into = event.target instanceof HTMLInputElement;
    const content = event.clipboardData?.getData("text/plain") ?? "";
    const inField = event.target === this.#field;
    if (into || content.trim() === "" || (inField && content.length <= FIELD)) return;
    event.preventDefault();
    this.#field.value = content.length <= FIELD ? content : "";
    void this.#take(this.#pasted(content));
  }

  #drag(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    byId("source").classList.toggle("over", event.type === "dragover");
    if (event.type === "drop") void this.#takeFirst([...event.dataTransfer.files]);
  }

  /** Of several files the first is scored; the others are told by name. */
  async #takeFirst([file, ...others]: readonly File[]): Promise<void> {
    if (!file) return;
    const source = { name: file.name, content: file, fill: false };
    await this.#take(source);
    if (others.length === 0 || source !== this.#newest) return;
    const place = byId("fault");
    if (place.hidden) place.replaceChildren();
    const left = list(
      others.map(({ name }) => name),
      NAMED,
    );
    place.append(h("p", {}, `Not scored: ${left}. Give one file at a time.`));
    place.hidden = false;
  }

  /**
   * @param typing keeps the field open, for its user is in it
   * @returns false where the model refuses the rows
   */
  async #take(source: Source, typing = false): Promise<boolean> {
    if (!typing) {
      // What was typed before gives way.
      clearTimeout(this.#pause);
      // Dropped or pasted on another view, rows are shown with what becomes of them.
      if (byId("view-score").hidden) location.hash = "#score";
    }
    this.#newest = source;
    byId("fault").hidden = true;
    try {
      await this.#load(source);
      this.#taken = source;
      if (!typing) this.#fold(true);
      return true;
    } catch (cause) {
      // of rows that have given way nobody needs to be told
      return source !== this.#newest || this.#tell(source, cause as Fault);
    }
  }

  /** @returns whether there was nothing to tell, for other rows came meanwhile */
  #tell(source: Source, { code, message, remedy = "" }: Fault): boolean {
    if (code === SUPERSEDED) return true;
    this.open();
    const place = byId("fault");
    place.replaceChildren(h("p", {}, h("strong", {}, source.name), `: ${message} ${remedy}`));
    if (code === "feature-missing" && !message.startsWith("None")) {
      const button = h("button", { type: "button" }, "Score with these columns missing");
      button.addEventListener("click", () => void this.#take({ ...source, fill: true }));
      place.append(button);
    }
    place.hidden = false;
    return false;
  }

  /** What was read, and what became of the columns. */
  describe({ name }: Source, rows: number, { places, respelled, ignored, missing }: Columns): void {
    const read = places.filter((place) => place >= 0).length;
    const part = (words: string, of: readonly string[]): HTMLElement[] =>
      of.length > 0
        ? [
            h(
              "details",
              {},
              h("summary", {}, `${count(of.length)} ${words}`),
              h("p", { class: "names" }, of.join(", ")),
            ),
          ]
        : [];
    const line = h("p", {}, h("strong", {}, name), ` ${counted(rows, "row")}, ${counted(read, "column")} read`);
    byId("columns").replaceChildren(
      line,
      ...part(
        "taken by another spelling",
        respelled.map(([column, feature]) => `${column} → ${feature}`),
      ),
      ...part("not read by this model", ignored),
      ...part("missing in every row", missing),
    );
    byId("columns").hidden = false;
  }

  /** Rows of those on the page that could not be read: the first few by name. */
  refused(messages: readonly string[], total: number): void {
    const place = byId("refused");
    place.hidden = total === 0;
    if (total === 0) return;
    const more = total > messages.length ? [h("li", {}, `and ${counted(total - messages.length, "more row")}`)] : [];
    place.replaceChildren(
      h(
        "p",
        {},
        h("strong", {}, `${counted(total, "row")} could not be read`),
        ` and ${total === 1 ? "is" : "are"} left out:`,
      ),
      h("ul", {}, ...messages.map((message) => h("li", {}, message)), ...more),
    );
  }
}
