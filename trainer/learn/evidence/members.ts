/** Small networks that tell normal rows from labelled and corrupted ones, each blind to some families in turn. */
import type { Matrix } from "../../data/matrix.ts";
import { Mlp } from "../mlp.ts";
import { corrupted } from "../corrupt.ts";
import { below, type Draw, shuffled, unit } from "../draw.ts";
import { cosine } from "../engine.ts";
import { expanded, expandRow, type Pieces } from "./pieces.ts";

export const MEMBERS = 6;
export const HIDDEN = 32;
const STEPS = 300;
const RATE = 3e-3;
const DECAY = 1e-2;
/** Rows of a step: normal, and labelled and corrupted ones half as many each. */
const NORMALS = 128;
/** Share of the inputs hidden from a row, so that no single one is relied upon. */
const DROPOUT = 0.3;
/** Of every family's members, this share never sees it. */
const BLIND = 1 / 3;
/** Corrupted rows drawn at a time. */
const POOL = 4096;

export interface Member {
  readonly net: Mlp;
  /** Families it was trained on. */
  readonly inside: ReadonlySet<string>;
}

export interface MemberOptions {
  readonly domains: readonly Matrix[];
  readonly families: ReadonlyMap<string, Matrix>;
  readonly pieces: Pieces;
  readonly corruption: number;
  readonly draw: Draw;
}

/** Which families each member sees: every group of kin is hidden from a third of them, at least two, as far as roles go. */
export function drawInside(groups: readonly (readonly string[])[], members: number, draw: Draw): Set<string>[] {
  const inside = Array.from({ length: members }, () => new Set(groups.flat()));
  if (groups.length < 2) return inside;
  for (const group of groups) {
    const order = shuffled(draw, inside);
    for (const member of order.slice(0, Math.max(2, Math.round(BLIND * members)))) {
      if (member.size > group.length) for (const family of group) member.delete(family);
    }
  }
  return inside;
}

/** Trains one member: weighted cross-entropy, normal rows against labelled families (all alike) and corrupted rows. */
export function fitMember(inside: ReadonlySet<string>, options: MemberOptions): Member {
  const { domains, families, pieces, corruption, draw } = options;
  const seen = [...inside].flatMap((family) => families.get(family) ?? []);
  const spoilt = corruption > 0 || seen.length === 0 ? NORMALS / 2 : 0;
  const labelled = seen.length > 0 ? NORMALS - spoilt : 0;
  const batch = NORMALS + labelled + spoilt;
  const net = new Mlp({ sizes: [pieces.count, HIDDEN, HIDDEN, 1], batch, decay: DECAY }, draw);
  const total = domains.reduce((sum, { rows }) => sum + rows, 0);
  const x = new Float32Array(batch * pieces.count);
  const gradient = new Float32Array(batch);
  const kept = new Float32Array(pieces.inputs);
  let pool: Matrix | undefined;
  for (let step = 0; step < STEPS; step++) {
    if (spoilt > 0 && (!pool || step % 20 === 0)) pool = corrupted(domains, POOL, draw);
    for (let i = 0; i < batch; i++) {
      for (let j = 0; j < kept.length; j++) kept[j] = unit(draw) < DROPOUT ? 0 : 1 / (1 - DROPOUT);
      const from =
        i < NORMALS ? anyRow(domains, total, draw) : drawRow(i < NORMALS + labelled ? seen : pool ? [pool] : [], draw);
      expandRow(pieces, from.matrix, from.row, x, i * pieces.count, kept);
    }
    const logits = net.forward(x, batch);
    for (let i = 0; i < batch; i++) {
      const anomalous = i >= NORMALS;
      const weight = !anomalous
        ? 0.5 / NORMALS
        : i < NORMALS + labelled
          ? 0.5 / labelled
          : (0.5 * (corruption || 1)) / spoilt;
      gradient[i] = weight * (1 / (1 + Math.exp(-logits[i])) - (anomalous ? 1 : 0));
    }
    net.backward(gradient);
    net.step(cosine(step, STEPS, RATE, STEPS / 10));
  }
  return { net, inside };
}

/** Mean logit of some members, one a row. */
export function meanLogit(members: readonly Member[], pieces: Pieces, rows: Matrix): Float32Array {
  const x = expanded(pieces, rows);
  const sum = new Float32Array(rows.rows);
  for (const { net } of members) {
    const { data } = net.apply(x);
    for (let i = 0; i < sum.length; i++) sum[i] += data[i] / members.length;
  }
  return sum;
}

/** A row of all domains, each row alike. */
function anyRow(domains: readonly Matrix[], total: number, draw: Draw): { matrix: Matrix; row: number } {
  let row = below(draw, total);
  for (const matrix of domains) {
    if (row < matrix.rows) return { matrix, row };
    row -= matrix.rows;
  }
  throw new RangeError("no normal rows");
}

/** A row of one of the matrices, each matrix alike. */
function drawRow(from: readonly Matrix[], draw: Draw): { matrix: Matrix; row: number } {
  const matrix = from[below(draw, from.length)];
  return { matrix, row: below(draw, matrix.rows) };
}
