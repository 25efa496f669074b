/** Parts that have not seen what an episode keeps out: manifolds once a turn, forests anew each time. */
import type { Matrix } from "../../data/matrix.ts";
import type { Booster } from "../boosting/histogram-booster.ts";
import type { Draw } from "../draw.ts";
import type { EncodedFit } from "../encode-fit.ts";
import { rowsWhere } from "../select.ts";
import { type Episode, NOTHING } from "./episodes.ts";
import { type Counts, type Forests, type Grounds, growForests, NO_FORESTS, ONE_EACH, SHIPPED } from "./forests.ts";
import type { Relevance } from "./relevance.ts";
import {
  type Columns,
  evidenceOf,
  fitManifold,
  groundsOf,
  type Manifold,
  type Parts,
  type View,
  viewOf,
} from "./parts.ts";

/** What is left without a turn. */
interface Rest {
  readonly normal: Matrix;
  readonly manifold: Manifold;
  /** What trees are grown on, once they are. */
  grounds?: Grounds;
  /** The rows that judge, as the manifold has them, once they are asked for. */
  view?: View;
}

/** Learns parts; everything of a turn is learned once. */
export class Learning {
  readonly #rests = new Map<number | null, Rest>();
  readonly #data: EncodedFit;
  readonly #normal: Matrix;
  readonly #relevance: Relevance;
  readonly #turns: Uint8Array;
  readonly #judges: Matrix;
  readonly #draw: (index: number) => Draw;
  readonly #step: <T>(note: string, compute: () => T) => Promise<T>;

  /**
   * @param normal all normal training rows
   * @param turns the turn of each row
   * @param judges rows that `judged` puts
   * @param step called with every piece of work
   */
  constructor(
    data: EncodedFit,
    normal: Matrix,
    relevance: Relevance,
    turns: Uint8Array,
    judges: Matrix,
    draw: (index: number) => Draw,
    step: <T>(note: string, compute: () => T) => Promise<T>,
  ) {
    this.#data = data;
    this.#normal = normal;
    this.#relevance = relevance;
    this.#turns = turns;
    this.#judges = judges;
    this.#draw = draw;
    this.#step = step;
  }

  /** Normal rows of a turn. */
  rowsOf(turn: number): Matrix {
    return rowsWhere(this.#normal, (i) => this.#turns[i] === turn);
  }

  /**
   * Parts without what an episode keeps out.
   *
   * @param first where the draws of its forests begin
   * @param forests how many of each kind
   */
  async without({ outside, turn }: Episode, first: number, forests = ONE_EACH): Promise<Parts> {
    const rest = await this.#restOf(turn);
    if (this.#data.support.size === 0) return { ...rest.manifold, ...NO_FORESTS };
    const grounds = this.#groundsOf(rest, outside, turn);
    return { ...rest.manifold, ...(await this.#grow(grounds, outside, forests, first)) };
  }

  /**
   * Parts that have seen everything. By blocks the small trees have so in turn: a forest without each, so that no block
   * has a say in all of them.
   *
   * @param turns by blocks, those that episodes keep out
   * @param first where their draws begin
   */
  async shipping(turns: readonly number[], first: number): Promise<Parts> {
    if (this.#data.support.size === 0 || turns.length === 0) return this.without(NOTHING, first, SHIPPED);
    const rest = await this.#restOf(null);
    const { outside } = NOTHING;
    const large = await this.#grow(this.#groundsOf(rest, outside, null), outside, { ...SHIPPED, shallow: 0 }, first);
    const shallow: Booster[] = [];
    for (const [i, turn] of turns.entries()) {
      const grounds = this.#groundsOf(await this.#restOf(turn), outside, turn);
      const small = await this.#grow(grounds, outside, { ...ONE_EACH, deep: 0, departure: 0 }, first + i);
      shallow.push(...small.shallow);
    }
    return { ...rest.manifold, ...large, shallow };
  }

  #grow(grounds: Grounds, outside: ReadonlySet<string>, many: Counts, first: number): Promise<Forests> {
    const draw = (kind: number, index: number): Draw => this.#draw(first + 20 * kind + index);
    return growForests(grounds, this.#data.turns !== undefined, outside, many, draw, this.#step);
  }

  /** What parts without a turn say of the rows that judge. */
  async judged(parts: Parts, turn: number | null): Promise<Columns> {
    const rest = await this.#restOf(turn);
    rest.view ??= viewOf(rest.manifold, this.#judges);
    return evidenceOf(parts, this.#judges, rest.view);
  }

  async #restOf(turn: number | null): Promise<Rest> {
    const known = this.#rests.get(turn);
    if (known) return known;
    const normal = turn === null ? this.#normal : rowsWhere(this.#normal, (i) => this.#turns[i] !== turn);
    const first = turn === null ? 1000 : 2000 + 1000 * turn;
    const draw = (index: number): Draw => this.#draw(first + index);
    const rest = { normal, manifold: await fitManifold(normal, this.#relevance, draw, this.#step) };
    this.#rests.set(turn, rest);
    return rest;
  }

  /** Where all labels left are of families kept out, those in blocks of the turn have to do. */
  #groundsOf(rest: Rest, outside: ReadonlySet<string>, turn: number | null): Grounds {
    const { normal, manifold } = rest;
    rest.grounds ??= groundsOf(normal, labelsBeside(this.#data, turn), manifold);
    const some = [...rest.grounds.shallow.families.keys()].some((family) => !outside.has(family));
    return some ? rest.grounds : groundsOf(normal, this.#data.support, manifold);
  }
}

/** Support rows without those in blocks of a turn; families that have no other row are left out. */
function labelsBeside({ support, supportTurns }: EncodedFit, turn: number | null): ReadonlyMap<string, Matrix> {
  const kept = [...support].flatMap(([family, rows]) => {
    const turns = supportTurns.get(family);
    const others = turns && turn !== null ? rowsWhere(rows, (i) => turns[i] !== turn) : rows;
    return others.rows > 0 ? [[family, others] as const] : [];
  });
  return new Map(kept);
}
