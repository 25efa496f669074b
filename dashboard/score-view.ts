/** The view of scores: rows in, plot, threshold, flagged rows and their reasons kept in step. */
import type { Axis } from "./axis.ts";
import { compareScores, HINT } from "./compare.ts";
import { byId } from "./element.ts";
import { FeedbackForm } from "./feedback.ts";
import { FlaggedTable } from "./flagged.ts";
import type { Batch, Opened } from "./messages.ts";
import { count, counted, percent, score as shown } from "./numbers.ts";
import { type Ink, Plot } from "./plot.ts";
import { clearReasons, showReasons } from "./reasons.ts";
import { type Source, SourceControl } from "./source.ts";
import type { ScoringThread } from "./thread.ts";
import { namedThresholds, ThresholdControl } from "./threshold.ts";

/** How long the threshold rests before the table follows it, ms. */
const REST_MS = 120;
/** Columns beside the scores that help to tell rows apart. */
const BESIDE = 2;
/** Messages of refused rows that are shown. */
const TOLD = 8;

/** The model that rows are scored with. */
export interface Using {
  readonly name: string;
  readonly version: number;
  readonly opened: Opened;
}

export class ScoreView {
  readonly #thread: ScoringThread;
  readonly #plot = new Plot(byId<HTMLCanvasElement>("scatter"), () => ink());
  readonly #threshold = new ThresholdControl(this.#plot, () => this.#thresholdMoved());
  readonly #table: FlaggedTable;
  readonly #source: SourceControl;
  readonly #feedback: FeedbackForm;
  #using: Using | undefined;
  #run = -1;
  #name = "rows.csv";
  #scores: Float32Array = new Float32Array();
  #known = 0;
  #faults: string[] = [];
  #refused = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(thread: ScoringThread) {
    this.#thread = thread;
    this.#table = new FlaggedTable(
      (rows, beside) => thread.call("flagged", this.#run, rows, beside),
      (row) => void this.#choose(row),
    );
    this.#source = new SourceControl(
      (source) => this.#load(source),
      () => thread.call("sample"),
    );
    this.#feedback = new FeedbackForm(thread);
    this.#threshold.describe = () => this.#countsText();
    byId("download").addEventListener("click", () => void this.#download());
    byId("compare").addEventListener("click", () => void this.#compare());
    for (const radio of document.querySelectorAll<HTMLInputElement>("input[name=axis]")) {
      radio.addEventListener("change", () => this.restyle(radio.value as Axis["kind"]));
    }
    new ResizeObserver(() => this.restyle()).observe(byId("scatter"));
    this.#watchPointer();
  }

  /** Scores with another model from now on; rows that are there are scored again, or gone where it refuses them. */
  async use(using: Using): Promise<void> {
    this.#using = using;
    this.#begin(-1, 0);
    byId("results").hidden = true;
    this.#threshold.offer(namedThresholds(using.opened.thresholds), "fpr=0.01");
    byId<HTMLButtonElement>("sample").disabled = false;
    byId<HTMLTextAreaElement>("rows").placeholder = using.opened.schema.features.map(({ name }) => name).join(",");
    await this.#source.again();
  }

  /** Draws anew: another size, axis or colours. */
  restyle(axis?: Axis["kind"]): void {
    if (byId("results").hidden) return;
    this.#plot.restart(axis);
    this.#threshold.place();
  }

  /** Takes scores as the thread sends them. */
  take({ run, first, scores, faults, refused, done }: Batch): void {
    if (run !== this.#run) return;
    this.#scores.set(scores, first);
    this.#known = first + scores.length;
    this.#faults.push(...faults.slice(0, TOLD - this.#faults.length));
    this.#refused += refused;
    this.#plot.upTo(this.#known);
    const progress = byId<HTMLProgressElement>("progress");
    progress.hidden = done;
    progress.value = this.#known / this.#scores.length;
    this.#showCounts();
    // at once, and in full when all is known: a screen reader says it each time
    if (refused > 0 && (done || this.#refused === refused)) this.#source.refused(this.#faults, this.#refused);
    if (!done) return;
    byId<HTMLButtonElement>("download").disabled = false;
    this.#describePlot();
    void this.#chooseFirst();
  }

  async #load(source: Source): Promise<void> {
    const { rows, columns, run } = await this.#thread.call("load", source.content, source.fill);
    this.#begin(run, rows);
    this.#name = source.name;
    byId("results").hidden = false;
    byId("view-score").classList.add("filled");
    byId("compared").textContent = HINT;
    this.#source.describe(source, rows, columns);
    this.#plot.start(this.#scores);
    this.#threshold.place();
    await this.#table.show(this.#scores, 0, 1, columns.ignored.slice(0, BESIDE));
  }

  /** Nothing stays of the run before; rows of this one have no scores yet. */
  #begin(run: number, rows: number): void {
    clearTimeout(this.#rest);
    this.#run = run;
    this.#scores = new Float32Array(rows).fill(Number.NaN);
    this.#known = 0;
    this.#faults = [];
    this.#refused = 0;
    this.#source.refused(this.#faults, this.#refused);
    this.#table.selected = undefined;
    clearReasons();
    this.#feedback.withdraw();
    byId("download-fault").hidden = true;
    // until every row has its score
    byId<HTMLButtonElement>("download").disabled = true;
  }

  #thresholdMoved(): void {
    this.#plot.threshold = this.#threshold.value;
    this.#showCounts();
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.#afterRest(), REST_MS);
  }

  /** Once nothing moves: the table, and for a screen reader the counts. */
  async #afterRest(): Promise<void> {
    if (this.#known === 0) return;
    byId("live").textContent = this.#countsText();
    await this.#table.show(this.#scores, this.#known, this.#threshold.value);
  }

  /** Once all rows are scored: the highest, where none of them was chosen meanwhile. */
  async #chooseFirst(): Promise<void> {
    const run = this.#run;
    await this.#afterRest();
    if (run !== this.#run || this.#table.selected !== undefined) return;
    const top = this.#scores.reduce((best, score, row) => (score > (this.#scores[best] || 0) ? row : best), 0);
    if (this.#scores[top] >= this.#threshold.value) await this.#choose(top, false);
  }

  #flagged(): number {
    const { value } = this.#threshold;
    let flagged = 0;
    for (let row = 0; row < this.#known; row++) if (this.#scores[row] >= value) flagged++;
    return flagged;
  }

  #countsText(): string {
    const scored = this.#known - this.#refused;
    const flagged = this.#flagged();
    return scored > 0 ? `${count(flagged)} of ${counted(scored, "row")} flagged, ${percent(flagged / scored)}` : "";
  }

  #showCounts(): void {
    const scored = this.#known - this.#refused;
    const flagged = this.#flagged();
    byId("flagged-count").textContent = count(flagged);
    byId("flagged-of").textContent =
      `of ${counted(scored, "row")} flagged · ${scored > 0 ? percent(flagged / scored) : "–"}`;
    this.#threshold.place();
  }

  #describePlot(): void {
    const sorted = this.#scores.filter((score) => !Number.isNaN(score)).toSorted();
    const [least, middle, most] = [0, 0.5, 1].map((share) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
    const words = `lowest ${shown(least)}, median ${shown(middle)}, highest ${shown(most)}`;
    byId("scatter").setAttribute("aria-label", `Scores by row order: ${sorted.length > 0 ? words : "there are none"}`);
  }

  async #choose(row: number, move = true): Promise<void> {
    const using = this.#using;
    if (!using || Number.isNaN(this.#scores[row])) return;
    this.#plot.selected = row;
    this.#table.selected = row;
    const run = this.#run;
    const explanation = await this.#thread.call("explain", run, row).catch(() => undefined);
    if (run !== this.#run || !explanation) return;
    showReasons(row, this.#scores[row], explanation, using.opened.schema);
    this.#feedback.ask(using.name, run, row, using.opened.training.families);
    if (!move) return;
    byId("live").textContent = byId("why-title").textContent;
    // On a phone the reasons lie below the table.
    const { top } = byId("why").getBoundingClientRect();
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    if (top > innerHeight - 80) byId("why").scrollIntoView({ block: "start", behavior });
  }

  #watchPointer(): void {
    const canvas = byId("scatter");
    const tip = byId("tip");
    canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => {
      const row = this.#plot.rowAt(offsetX, offsetY);
      canvas.style.cursor = row === undefined ? "" : "pointer";
      tip.hidden = row === undefined;
      if (row === undefined) return;
      tip.textContent = `row ${count(row + 1)} · ${shown(this.#scores[row])}`;
      tip.style.translate = `${Math.max(60, offsetX)}px ${offsetY}px`;
    });
    canvas.addEventListener("pointerleave", () => (tip.hidden = true));
    canvas.addEventListener("click", ({ offsetX, offsetY }) => {
      const row = this.#plot.rowAt(offsetX, offsetY);
      if (row !== undefined) void this.#choose(row);
    });
  }

  async #download(): Promise<void> {
    const fault = byId("download-fault");
    fault.hidden = true;
    try {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await this.#thread.call("save", this.#run, this.#threshold.value));
      link.download = `${this.#name.replace(/(\.(csv|tsv|txt))?(\.gz)?$/i, "")}-scored.csv`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (cause) {
      const { message, remedy = "" } = cause as Error & { remedy?: string };
      fault.textContent = `The file could not be made: ${message} ${remedy}`;
      fault.hidden = false;
    }
  }

  async #compare(): Promise<void> {
    if (!this.#using) return;
    const place = byId("compared");
    place.textContent = "Asking the service …";
    const run = this.#run;
    const said = await compareScores(this.#thread, this.#using, run, this.#scores);
    if (run === this.#run) place.textContent = said;
  }
}

/** Colours as the style has them now, read off the legend, which wears them. */
function ink(): Ink {
  const colour = (id: string, of: "color" | "borderTopColor" | "backgroundColor" = "color"): string =>
    getComputedStyle(byId(id))[of];
  const { fontFamily } = getComputedStyle(document.body);
  return {
    normal: colour("swatch-normal"),
    flag: colour("swatch-flag"),
    text: colour("counts"),
    muted: colour("named-label"),
    grid: colour("plot", "borderTopColor"),
    paper: colour("plot", "backgroundColor"),
    font: `11px ${fontFamily}`,
  };
}
