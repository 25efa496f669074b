/** Watching: what an isolate counts of the rows it scores, handed on behind the answers every few seconds. */
import { waitUntil } from "cloudflare:workers";
import { Counter } from "../model/reference.ts";
import type { Bindings } from "./bindings.ts";
import { WATCH_MS, WATCHED_ROWS, WATCHED_ROWS_A_REQUEST } from "./limits.ts";
import type { Served } from "./registry.ts";

/** Bins of the score's histogram for Analytics Engine, equal in width over [0, 1]. */
const SCORE_BINS = 10;

interface Tally {
  /** No more of what is served: a tally must not keep a model that has been put out. */
  readonly served: Pick<Served, "name" | "version">;
  /** In milliseconds since 1970. */
  readonly began: number;
  rows: number;
  anomalies: number;
  readonly scores: Float64Array;
  /** Of the sampled rows, where the model has a reference and histograms are bound. */
  readonly counter: Counter | undefined;
  readonly counts: Uint32Array;
  sampled: number;
}

/** Rows scored by a request: their scores, and where their inputs are. */
export interface ScoredRows {
  readonly scores: Float32Array;
  readonly threshold: number;
  /** Inputs of row i: an array, and where in it the row begins. */
  readonly inputs: (i: number) => readonly [Float32Array, number];
}

/** How long a tally gathers before it is handed on. */
const pause = (ms: number): Promise<void> => scheduler.wait(ms);

/**
 * Counts every row's score, and of a bounded sample of rows every feature. It takes a few microseconds a sampled row, at
 * most WATCHED_ROWS of them in WATCH_MS, and never waits: what cannot be handed on is lost.
 */
export class Watch {
  readonly #tallies = new Map<string, Tally>();
  readonly #pause: (ms: number) => Promise<void>;
  readonly #behind: (work: Promise<unknown>) => void;

  constructor(options: { pause?: (ms: number) => Promise<void>; behind?: (work: Promise<unknown>) => void } = {}) {
    this.#pause = options.pause ?? pause;
    this.#behind = options.behind ?? waitUntil;
  }

  observe(env: Bindings, served: Served, { scores, threshold, inputs }: ScoredRows): void {
    if ((!env.DRIFT && !env.ANALYTICS) || scores.length === 0) return;
    const tally = this.#tally(env, served);
    tally.rows += scores.length;
    for (const score of scores) {
      if (score >= threshold) tally.anomalies++;
      tally.scores[Math.min(SCORE_BINS - 1, Math.floor(score * SCORE_BINS))]++;
    }
    if (!tally.counter) return;
    const many = Math.min(scores.length, WATCHED_ROWS_A_REQUEST, WATCHED_ROWS - tally.sampled);
    const step = scores.length / many;
    const first = Math.random() * step;
    for (let k = 0; k < many; k++) {
      const i = Math.floor(first + k * step);
      const [data, offset] = inputs(i);
      tally.counter.count(scores[i], data, offset, tally.counts);
    }
    tally.sampled += many;
  }

  #tally(env: Bindings, served: Served): Tally {
    const key = liveName(served);
    const found = this.#tallies.get(key);
    // one that should have been handed on long ago: the request it hung on was ended before
    if (found && Date.now() - found.began < 2 * WATCH_MS) return found;
    const { reference, schema } = served.scorer.artefact;
    const counter = env.DRIFT && reference ? new Counter(schema, reference) : undefined;
    const { name, version } = served;
    const tally: Tally = {
      began: Date.now(),
      served: { name, version },
      rows: 0,
      anomalies: 0,
      scores: new Float64Array(SCORE_BINS),
      counter,
      counts: new Uint32Array(counter?.bins ?? 0),
      sampled: 0,
    };
    this.#tallies.set(key, tally);
    this.#behind(this.#handOn(env, key, tally));
    return tally;
  }

  async #handOn(env: Bindings, key: string, tally: Tally): Promise<void> {
    await this.#pause(WATCH_MS);
    if (this.#tallies.get(key) === tally) this.#tallies.delete(key);
    const { name, version } = tally.served;
    env.ANALYTICS?.writeDataPoint({
      indexes: [name],
      blobs: ["scores", name, String(version.version), version.sha256],
      doubles: [tally.rows, tally.anomalies, ...tally.scores],
    });
    if (!env.DRIFT || tally.sampled === 0) return;
    try {
      await env.DRIFT.getByName(key).add(tally.counts);
    } catch {
      // Watching must not disturb serving: these few seconds are not counted.
    }
  }
}

/** The name of a version's live histograms. */
export function liveName({ name, version }: Pick<Served, "name" | "version">): string {
  return `${name}/${version.sha256}`;
}
