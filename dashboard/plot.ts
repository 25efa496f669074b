/** The plot: scores by row order with their histogram, on one canvas; what lies above the threshold is drawn as flagged. */
import { type Axis, positionOf, REACHES, ticksOf } from "./axis.ts";

/** Colours and font, as the page's style has them now. */
export interface Ink {
  readonly normal: string;
  readonly flag: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly paper: string;
  readonly font: string;
}

/** Where things lie on the canvas, in CSS pixels. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Left end of the histogram. */
  readonly histogram: number;
  readonly width: number;
}

const BINS = 64;
/** Rows that still get round points. */
const ROUND = 4000;

export class Plot {
  readonly #canvas: HTMLCanvasElement;
  readonly #ink: () => Ink;
  /** The same points and bars in each colour: a threshold that moves only moves where one is cut off for the other. */
  readonly #below = document.createElement("canvas");
  readonly #above = document.createElement("canvas");
  #scores: Float32Array = new Float32Array();
  #known = 0;
  #bins = new Uint32Array(BINS);
  #axis: Axis = { kind: "odds", reach: REACHES[0] };
  #threshold = 0.5;
  #selected: number | undefined;
  #waiting = false;

  constructor(canvas: HTMLCanvasElement, ink: () => Ink) {
    this.#canvas = canvas;
    this.#ink = ink;
  }

  /** Begins with rows that have no scores yet; `scores` is filled by the caller, row by row. */
  start(scores: Float32Array): void {
    this.#scores = scores;
    this.#known = 0;
    this.#selected = undefined;
    this.#axis = { ...this.#axis, reach: REACHES[0] };
    this.restart();
  }

  get axis(): Axis {
    return this.#axis;
  }

  /** Draws everything anew: another size, axis or colours. */
  restart(kind: Axis["kind"] = this.#axis.kind): void {
    this.#axis = { ...this.#axis, kind };
    const known = this.#known;
    this.#known = 0;
    this.#bins = new Uint32Array(BINS);
    const ratio = devicePixelRatio || 1;
    for (const canvas of [this.#canvas, this.#below, this.#above]) {
      canvas.width = Math.round(this.#canvas.clientWidth * ratio);
      canvas.height = Math.round(this.#canvas.clientHeight * ratio);
      canvas.getContext("2d")?.setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.upTo(Math.min(known, this.#scores.length));
  }

  /** Adds the points of the rows before `end`. */
  upTo(end: number): void {
    const [near, far] = REACHES;
    if (this.#axis.reach === near && this.#beyond(near, end)) {
      this.#axis = { ...this.#axis, reach: far };
      this.#known = end;
      return this.restart();
    }
    const frame = this.frame();
    const { normal, flag } = this.#ink();
    const points: [number, number][] = [];
    for (let row = this.#known; row < end; row++) {
      const score = this.#scores[row];
      if (Number.isNaN(score)) continue;
      points.push([this.#x(row, frame), this.y(score)]);
      this.#bins[Math.min(BINS - 1, Math.floor(positionOf(score, this.#axis) * BINS))]++;
    }
    this.#known = Math.max(this.#known, end);
    const round = this.#scores.length <= ROUND;
    const radius = this.#scores.length <= 500 ? 3.2 : 2.2;
    for (const [canvas, colour] of [
      [this.#below, normal],
      [this.#above, flag],
    ] as const) {
      const pen = canvas.getContext("2d");
      if (!pen) continue;
      pen.fillStyle = colour;
      pen.globalAlpha = round ? 0.7 : Math.max(0.12, Math.min(0.6, 12_000 / this.#scores.length));
      for (const [x, y] of points) {
        if (round) {
          pen.beginPath();
          pen.arc(x, y, radius, 0, 2 * Math.PI);
          pen.fill();
        } else pen.fillRect(x - 1, y - 1, 2, 2);
      }
    }
    this.draw();
  }

  /** Whether a row that is not drawn yet lies beyond the axis. */
  #beyond(reach: number, end: number): boolean {
    const least = 1 / (1 + Math.exp(reach));
    return this.#scores.subarray(this.#known, end).some((score) => score < least || score > 1 - least);
  }

  set threshold(score: number) {
    this.#threshold = score;
    this.draw();
  }

  set selected(row: number | undefined) {
    this.#selected = row;
    this.draw();
  }

  /** Draws once before the next frame. */
  draw(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#drawNow();
    });
  }

  frame(): Frame {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const narrow = width < 560;
    const histogram = width - (narrow ? 56 : 150);
    return {
      left: narrow ? 44 : 52,
      right: histogram - (narrow ? 10 : 18),
      top: 14,
      bottom: height - 16,
      histogram,
      width,
    };
  }

  /** Height of a score on the canvas. */
  y(score: number): number {
    const { top, bottom } = this.frame();
    return bottom - (bottom - top) * positionOf(score, this.#axis);
  }

  /** The row whose point lies nearest to a place, within 12 pixels. */
  rowAt(x: number, y: number): number | undefined {
    const frame = this.frame();
    const perRow = (frame.right - frame.left) / Math.max(1, this.#scores.length);
    const middle = Math.floor((x - frame.left) / perRow);
    const reach = Math.ceil(12 / perRow);
    let best: number | undefined;
    let least = 12 ** 2;
    for (let row = Math.max(0, middle - reach); row <= Math.min(this.#known - 1, middle + reach); row++) {
      const distance = (this.#x(row, frame) - x) ** 2 + (this.y(this.#scores[row]) - y) ** 2;
      if (distance < least) [best, least] = [row, distance];
    }
    return best;
  }

  #x(row: number, { left, right }: Frame): number {
    return left + ((row + 0.5) / this.#scores.length) * (right - left);
  }

  #drawNow(): void {
    const pen = this.#canvas.getContext("2d");
    if (!pen || this.#canvas.width === 0) return;
    const frame = this.frame();
    const ink = this.#ink();
    const line = this.y(this.#threshold);
    pen.clearRect(0, 0, frame.width, this.#canvas.clientHeight);
    this.#drawAxis(pen, frame, ink);
    const layers = [
      [this.#above, ink.flag, 0, line],
      [this.#below, ink.normal, line, this.#canvas.clientHeight],
    ] as const;
    for (const [layer, colour, from, to] of layers) {
      pen.save();
      pen.beginPath();
      pen.rect(0, from, frame.width, to - from);
      pen.clip();
      pen.drawImage(layer, 0, 0, frame.width, this.#canvas.clientHeight);
      this.#drawBars(pen, frame, colour);
      pen.restore();
    }
    this.#drawSelected(pen, frame, ink);
  }

  #drawAxis(pen: CanvasRenderingContext2D, { left, right, histogram, width }: Frame, ink: Ink): void {
    pen.font = ink.font;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    pen.strokeStyle = ink.grid;
    pen.lineWidth = 1;
    for (const label of ticksOf(this.#axis)) {
      const y = Math.round(this.y(Number(label))) + 0.5;
      pen.beginPath();
      pen.moveTo(left, y);
      pen.lineTo(right, y);
      pen.moveTo(histogram, y);
      pen.lineTo(width, y);
      pen.stroke();
      pen.fillStyle = ink.muted;
      pen.fillText(label, left - 8, y);
    }
  }

  #drawBars(pen: CanvasRenderingContext2D, { histogram, width, top, bottom }: Frame, colour: string): void {
    const most = Math.sqrt(this.#bins.reduce((a, b) => Math.max(a, b), 1));
    const height = (bottom - top) / BINS;
    pen.fillStyle = colour;
    for (const [bin, rows] of this.#bins.entries()) {
      if (rows === 0) continue;
      const length = Math.max(2, (Math.sqrt(rows) / most) * (width - histogram - 2));
      pen.fillRect(histogram, bottom - (bin + 1) * height + 0.5, length, Math.max(1, height - 1));
    }
  }

  #drawSelected(pen: CanvasRenderingContext2D, frame: Frame, { text, paper }: Ink): void {
    if (this.#selected === undefined) return;
    const [x, y] = [this.#x(this.#selected, frame), this.y(this.#scores[this.#selected])];
    for (const [colour, width] of [
      [paper, 5],
      [text, 2],
    ] as const) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      pen.arc(x, y, 7, 0, 2 * Math.PI);
      pen.stroke();
    }
  }
}
