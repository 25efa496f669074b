/** Checks each part of an artefact out of a file: network, thresholds, golden rows, training summary. */
import type { EvidenceShape, Golden, NetworkShape, ResidualShape, Thresholds, TrainingSummary } from "./artefact.ts";
import { RowEncoder } from "./encode.ts";
import { UnseenError } from "./errors.ts";
import type { JsonValue } from "./json-value.ts";
import type { Schema } from "./schema.ts";

/** Sizes a network may have, [least, most]; they bound the memory and time a file can ask for. */
export const LIMITS = {
  inputs: [1, 4096],
  hidden: [1, 2048],
  blocks: [0, 16],
  latent: [1, 1024],
} as const satisfies Limits<ResidualShape>;

/** The same for the evidence network. */
const EVIDENCE_LIMITS = {
  inputs: [1, 4096],
  tailKnots: [1, 131072],
  prototypeSets: [1, 16],
  prototypes: [1, 4096],
  references: [1, 8192],
  shallowTrees: [1, 10_000],
  shallowNodes: [1, 1_000_000],
  deepTrees: [1, 10_000],
  deepNodes: [1, 1_000_000],
  departureTrees: [1, 10_000],
  departureNodes: [1, 1_000_000],
} as const satisfies Limits<Omit<EvidenceShape, "kind" | "weighted">>;

type Limits<Shape> = Readonly<Record<keyof Shape, readonly [number, number]>>;

/** Most golden rows: they are scored whenever a model is opened. */
const GOLDEN_CAP = 256;

const REMEDY = "The file is damaged or was written by another program: train or publish it again.";

/** The error for a part that is not as this version writes it. */
export function malformed(message: string): UnseenError {
  return new UnseenError("artefact-malformed", message, REMEDY);
}

/** @throws UnseenError artefact-malformed, network-limits */
export function readNetwork(json: JsonValue): NetworkShape {
  if (!json.has("kind")) return sizes(json, LIMITS);
  const beside = json.has("weighted") ? (["kind", "weighted"] as const) : (["kind"] as const);
  const { kind, weighted } = json.fields<string>(...names(EVIDENCE_LIMITS), ...beside);
  if (weighted && !weighted.boolean()) throw weighted.wrong("true, or left out");
  const shape = { kind: kind.oneOf("evidence"), ...sizes(json, EVIDENCE_LIMITS, ...beside) };
  return weighted ? { ...shape, weighted: true } : shape;
}

function names<T extends object>(limits: T): (keyof T & string)[] {
  return Object.keys(limits) as (keyof T & string)[];
}

/** The sizes a network has, each within its limits, and no other but `beside`. */
function sizes<Name extends string>(
  json: JsonValue,
  limits: Readonly<Record<Name, readonly [number, number]>>,
  ...beside: string[]
): Record<Name, number> {
  const given = json.fields(...names(limits), ...beside);
  const result = {} as Record<Name, number>;
  for (const name of names(limits)) {
    const value = given[name].integer();
    checkSize(given[name].path, value, limits[name]);
    result[name] = value;
  }
  return result;
}

/** @throws UnseenError network-limits */
export function checkSize(name: string, value: number, [least, most]: readonly [number, number]): void {
  if (value >= least && value <= most) return;
  throw new UnseenError(
    "network-limits",
    `${name} is ${value}, outside ${least} to ${most}`,
    "Train a network within the limits, with fewer features or smaller layers.",
  );
}

export function readThresholds(json: JsonValue): Thresholds {
  const given = json.fields("f1", "fpr");
  const fpr: Record<string, number> = Object.create(null);
  for (const [budget, threshold] of given.fpr.entries()) {
    if (!/^(0(\.\d+)?|1)$/.test(budget)) throw given.fpr.wrong("named by budgets like 0.01");
    fpr[budget] = threshold.number(0, 1);
  }
  return { f1: given.f1.number(0, 1), fpr };
}

/**
 * Golden rows must encode under the schema; whether their scores come out again is the scorer's check.
 *
 * @throws UnseenError artefact-malformed with the row, artefact-too-large
 */
export function readGolden(json: JsonValue, schema: Schema): Golden {
  const given = json.fields("rows", "scores");
  const items = given.rows.items();
  if (items.length > GOLDEN_CAP) {
    throw new UnseenError(
      "artefact-too-large",
      `${items.length} golden rows; at most ${GOLDEN_CAP} are read`,
      "Write the artefact with fewer golden rows.",
    );
  }
  const scores = given.scores.items(GOLDEN_CAP).map((score) => score.number(0, 1));
  if (items.length !== scores.length) {
    throw malformed(`${json.path} has ${items.length} rows but ${scores.length} scores`);
  }
  const encoder = new RowEncoder(schema);
  const inputs = new Float32Array(encoder.width);
  const rows = items.map((item, i) => {
    const row = item.list(schema.features.length, "a number, string, boolean or null", isCell);
    try {
      encoder.encode(row, inputs, 0, i);
    } catch (error) {
      if (!(error instanceof UnseenError)) throw error;
      throw new UnseenError("artefact-malformed", `${json.path}: ${error.message}`, REMEDY, error.place);
    }
    return row;
  });
  return { rows, scores };
}

function isCell(value: unknown): value is number | string | boolean | null {
  if (typeof value === "number") return Number.isFinite(value);
  return value === null || typeof value === "boolean" || (typeof value === "string" && value.isWellFormed());
}

export function readTraining(json: JsonValue): TrainingSummary {
  const given = json.fields(
    "method",
    "createdAt",
    "seed",
    "split",
    "shots",
    "labels",
    "heldOut",
    "domains",
    "families",
    "reach",
    "normalRows",
    "data",
    "figures",
  );
  const data = given.data.fields("name", "files", "roles");
  const figures: Record<string, number> = Object.create(null);
  for (const [name, figure] of given.figures.entries()) figures[name] = figure.number();
  const reach: Record<string, number> = Object.create(null);
  for (const [family, hash] of given.reach.entries()) reach[family] = hash.integer();
  return {
    method: given.method.text(),
    createdAt: given.createdAt.text(),
    seed: given.seed.integer(-Number.MAX_SAFE_INTEGER),
    split: given.split.oneOf("rows", "blocks"),
    shots: given.shots.integer(),
    labels: given.labels.integer(),
    heldOut: given.heldOut.texts(),
    domains: given.domains.texts(),
    families: given.families.texts(),
    reach,
    normalRows: given.normalRows.integer(),
    data: {
      name: data.name.text(),
      files: data.files.items().map(readDataFile),
      roles: Object.fromEntries(Array.from(data.roles.entries(), ([role, column]) => [role, column.text()])),
    },
    figures,
  };
}

function readDataFile(json: JsonValue): { path: string; sha256: string } {
  const given = json.fields("path", "sha256");
  const sha256 = given.sha256.text();
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw given.sha256.wrong("64 hexadecimal digits");
  return { path: given.path.text(), sha256 };
}
