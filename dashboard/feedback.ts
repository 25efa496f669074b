/** Feedback: what a row turned out to be, sent to the service when a button is pressed and not before. */
import { giveFeedback } from "./api.ts";
import { byId, h } from "./element.ts";
import { count } from "./numbers.ts";
import type { ScoringThread } from "./thread.ts";

const HINT = "Sends this row with its label to this service; unseen calibrate learns from it.";

/** The form below a row's reasons. */
export class FeedbackForm {
  readonly #form = byId<HTMLFormElement>("feedback");
  readonly #family = byId<HTMLInputElement>("family");
  readonly #said = byId("feedback-said");
  readonly #thread: ScoringThread;
  #about: { readonly model: string; readonly run: number; readonly row: number } | undefined;

  constructor(thread: ScoringThread) {
    this.#thread = thread;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { value } = event.submitter as HTMLButtonElement;
      void this.#give(value === "normal" ? "normal" : "anomaly");
    });
  }

  /** Asks about a row of a run; the families are offered as names to choose from. */
  ask(model: string, run: number, row: number, families: readonly string[]): void {
    // what was typed of another row is not of this one
    if (run !== this.#about?.run || row !== this.#about.row) this.#family.value = "";
    this.#about = { model, run, row };
    this.#form.hidden = false;
    this.#said.textContent = HINT;
    byId("families").replaceChildren(...families.map((family) => h("option", { value: family })));
  }

  withdraw(): void {
    this.#about = undefined;
    this.#form.hidden = true;
  }

  async #give(label: "normal" | "anomaly"): Promise<void> {
    const about = this.#about;
    if (!about) return;
    const family = label === "anomaly" ? this.#family.value.trim() : "";
    this.#said.textContent = "Sending …";
    let said: string;
    try {
      const [instance] = await this.#thread.call("instances", about.run, [about.row]);
      const stored = await giveFeedback(about.model, { instance, label, ...(family ? { family } : {}) });
      const what = `row ${count(about.row + 1)} as ${label === "normal" ? "normal" : `an anomaly${family && `, ${family}`}`}`;
      said = stored ? `The service keeps ${what}.` : `The service knew ${what}.`;
    } catch (cause) {
      const { message, remedy = "" } = cause as Error & { remedy?: string };
      said = `${message} ${remedy}`;
    }
    if (about === this.#about) this.#said.textContent = said;
  }
}
