/** The threshold: a slider on the plot for mouse, touch and keys, named thresholds to snap to, and a number to type. */
import type { Thresholds } from "../model/artefact.ts";
import { budgetText } from "../model/thresholds.ts";
import { type Axis, positionOf, scoreAt } from "./axis.ts";
import { byId, h } from "./element.ts";
import { score as shown } from "./numbers.ts";

export interface Named {
  readonly name: string;
  /** What the service calls it. */
  readonly spec: string;
  readonly value: number;
}

/** A model's named thresholds, the most tolerant first: false-positive budgets in descending order, and τ*. */
export function namedThresholds({ f1, fpr }: Thresholds): Named[] {
  const budgets = Object.entries(fpr).toSorted(([a], [b]) => Number(b) - Number(a));
  return [
    ...budgets.map(([budget, value]) => ({ name: budgetText(budget), spec: `fpr=${budget}`, value })),
    { name: "best F1", spec: "f1", value: f1 },
  ];
}

/** How near, in pixels, a named threshold draws the dragged one to itself. */
const SNAP = 6;
/** Share of the axis that an arrow key and a page key move it. */
const STEP = { arrow: 1 / 160, page: 1 / 16 } as const;

/** What the slider needs of the plot it lies on. */
export interface Ruler {
  readonly axis: Axis;
  /** Height of a score, and the ends of the axis, in pixels. */
  y(score: number): number;
  frame(): { readonly top: number; readonly bottom: number; readonly left: number; readonly width: number };
}

export class ThresholdControl {
  readonly #slider = byId("threshold");
  readonly #exact = byId<HTMLInputElement>("exact");
  readonly #plot: Ruler;
  readonly #changed: (value: number) => void;
  #named: readonly Named[] = [];
  #value = 0.5;
  /** Says in words what the threshold does, for the slider's text. */
  describe: () => string = () => "";

  constructor(plot: Ruler, changed: (value: number) => void) {
    this.#plot = plot;
    this.#changed = changed;
    this.#slider.addEventListener("keydown", (event) => this.#key(event));
    this.#slider.addEventListener("pointerdown", (event) => this.#grab(event));
    this.#exact.addEventListener("change", () => {
      // keyboards of many languages have a comma and no point
      const typed = this.#exact.value.trim().replace(",", ".");
      const value = typed === "" ? Number.NaN : Number(typed);
      if (value >= 0 && value <= 1) this.set(value);
      this.#write();
    });
    this.#exact.addEventListener("blur", () => this.#write());
  }

  get value(): number {
    return this.#value;
  }

  /** Offers a model's thresholds, and takes the one that the service takes where nothing is asked for. */
  offer(named: readonly Named[], first: string): void {
    this.#named = named;
    byId("named").replaceChildren(
      ...named.map(({ name, spec, value }) => {
        const title = spec === "f1" ? "best F1 on seen families" : `${name} of normal rows flagged`;
        const chip = h("button", { type: "button", "data-spec": spec, title, "aria-pressed": "false" }, name);
        chip.addEventListener("click", () => this.set(value));
        return chip;
      }),
    );
    this.set((named.find(({ spec }) => spec === first) ?? named[0]).value);
  }

  set(value: number): void {
    this.#value = value;
    this.#changed(value);
    this.place();
  }

  /** Puts everything where the threshold is now: after a change of value, axis, size or counts. */
  place(): void {
    const name = this.#named.find(({ value }) => value === this.#value)?.name;
    this.#slider.style.translate = `0 ${this.#plot.y(this.#value)}px`;
    this.#slider.setAttribute("aria-valuenow", String(this.#value));
    const words = [`${shown(this.#value)}${name ? `, named ${name}` : ""}`, this.describe()];
    this.#slider.setAttribute("aria-valuetext", words.filter((word) => word !== "").join(": "));
    byId("knob").textContent = shown(this.#value);
    if (document.activeElement !== this.#exact) this.#write();
    for (const chip of byId("named").children) {
      const named = this.#named.find(({ spec }) => spec === chip.getAttribute("data-spec"));
      chip.setAttribute("aria-pressed", String(named?.value === this.#value));
    }
  }

  #write(): void {
    this.#exact.value = String(Number(this.#value.toPrecision(6)));
  }

  #key(event: KeyboardEvent): void {
    const step = event.key.startsWith("Page") ? STEP.page : STEP.arrow;
    if (["ArrowUp", "ArrowRight", "PageUp"].includes(event.key)) this.#move(step);
    else if (["ArrowDown", "ArrowLeft", "PageDown"].includes(event.key)) this.#move(-step);
    else if (event.key === "Home") this.set(0);
    else if (event.key === "End") this.set(1);
    else return;
    event.preventDefault();
  }

  /** A step along the axis that stops at a named threshold on its way. */
  #move(by: number): void {
    const from = positionOf(this.#value, this.#plot.axis);
    const to = from + by;
    const between = this.#named
      .map(({ value }) => ({ value, at: positionOf(value, this.#plot.axis) }))
      .filter(({ at }) => (by > 0 ? at > from + 1e-9 && at <= to : at < from - 1e-9 && at >= to))
      .toSorted((a, b) => Math.abs(a.at - from) - Math.abs(b.at - from));
    this.set(between[0]?.value ?? scoreAt(to, this.#plot.axis));
  }

  #grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    this.#slider.focus({ preventScroll: true });
    this.#slider.setPointerCapture(event.pointerId);
    this.#slider.classList.add("held");
    const plot = byId("plot");
    const follow = ({ clientY }: PointerEvent): void => {
      const y = clientY - plot.getBoundingClientRect().top;
      const near = this.#named.find(({ value }) => Math.abs(this.#plot.y(value) - y) <= SNAP);
      const { top, bottom } = this.#plot.frame();
      this.set(near?.value ?? scoreAt((bottom - y) / (bottom - top), this.#plot.axis));
    };
    const release = (): void => {
      this.#slider.removeEventListener("pointermove", follow);
      this.#slider.classList.remove("held");
    };
    this.#slider.addEventListener("pointermove", follow);
    this.#slider.addEventListener("lostpointercapture", release, { once: true });
  }
}
