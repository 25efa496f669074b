/** How the neural peers train: steps at a cosine rate, keeping the state that the seen families' validation rows like best. */
import type { Matrix } from "../data/matrix.ts";
import { separation } from "../evaluate/metrics.ts";
import { below, type Draw } from "../learn/draw.ts";
import { cosine } from "../learn/engine.ts";
import { gather } from "../learn/judge.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import type { Mlp } from "./mlp.ts";

/** Normal validation rows that judge a state. */
const JUDGING_ROWS = 1000;
/** Steps from one judgement to the next. */
const EVERY = 40;
/** Judgements without a better one after which training stops. */
const PATIENCE = 6;

export interface TrainingPlan {
  /** Every net that learns; the state kept is theirs. */
  readonly nets: readonly Mlp[];
  readonly steps: number;
  /** Learning rate at its highest. */
  readonly rate: number;
  /** Fills the nets' gradients for step `index`; the step itself is taken by `train`. */
  gradients(index: number): void;
  /** Value of the present state, higher being better; without, all steps are taken and the last state is kept. */
  readonly value?: (() => number) | undefined;
}

/** Trains the nets and leaves them in the best state by `value`, a later one among equals. */
export function train({ nets, steps, rate, gradients, value }: TrainingPlan): void {
  let best: { value: number; states: ReturnType<Mlp["save"]>[] } | undefined;
  let since = 0;
  for (let index = 0; index < steps; index++) {
    gradients(index);
    const now = cosine(index, steps, rate, Math.min(20, steps / 10));
    for (const net of nets) net.step(now);
    if (!value || ((index + 1) % EVERY > 0 && index + 1 < steps)) continue;
    const found = value();
    since = best && found <= best.value ? since + 1 : 0;
    if (!best || found >= best.value) best = { value: found, states: nets.map((net) => net.save()) };
    if (since >= PATIENCE) break;
  }
  for (const [i, net] of nets.entries()) if (best) net.restore(best.states[i]);
}

/** Mean AUC-ROC of the seen families on validation rows; undefined where there are none to judge by. */
export function seenAuc(
  { normal, seen, width }: EncodedSide,
  score: (rows: Matrix) => ArrayLike<number>,
): (() => number) | undefined {
  const normals = gather(
    normal.map(({ validation }) => validation),
    JUDGING_ROWS,
    width,
  );
  const families = seen.map(({ validation }) => validation).filter(({ rows }) => rows > 0);
  if (families.length === 0 || normals.rows === 0) return undefined;
  return () => {
    // a copy: the net's next answer goes where this one is
    const ofNormals = Float64Array.from(score(normals));
    return families.reduce((sum, rows) => sum + separation(ofNormals, score(rows)), 0) / families.length;
  };
}

/** Copies row `row` of a matrix to row `to` of `into`. */
export function copyRow({ data, cols }: Matrix, row: number, into: Float32Array, to: number): void {
  for (let j = 0, from = row * cols, at = to * cols; j < cols; j++, from++, at++) into[at] = data[from];
}

/** Draws `count` rows with replacement into rows `first`… of `into`, evenly over the parts whatever their size. */
export function drawInto(parts: readonly Matrix[], count: number, draw: Draw, into: Float32Array, first = 0): void {
  for (let i = 0; i < count; i++) {
    const part = parts[below(draw, parts.length)];
    copyRow(part, below(draw, part.rows), into, first + i);
  }
}

/** Support rows of the seen families. */
export function families({ seen }: EncodedSide): Matrix[] {
  return seen.map(({ support }) => support);
}

/** What a labelled method falls back to where there is no label: every row scores alike. */
export function constantScores(probability: boolean): Fitted {
  return { probability, bytes: 0, score: ({ rows }) => new Float64Array(rows).fill(probability ? 0.5 : 0) };
}
