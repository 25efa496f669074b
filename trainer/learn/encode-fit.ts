/** The training side of a split as the network's inputs. */
import { spansOf } from "../../model/encode.ts";
import type { Schema } from "../../model/schema.ts";
import { encodeRows, type Matrix } from "../data/matrix.ts";
import type { FitData } from "../data/split.ts";

/** The training side, encoded. */
export interface EncodedFit {
  /** The first input of each feature, and at the end how many inputs there are. */
  readonly spans: Int32Array;
  readonly train: readonly Matrix[];
  /** By blocks, the turn of every training row, domain after domain. */
  readonly turns?: Uint8Array;
  readonly validation: readonly Matrix[];
  readonly support: ReadonlyMap<string, Matrix>;
  /** By blocks, the turns of support rows, or NO_TURN. */
  readonly supportTurns: ReadonlyMap<string, Uint8Array>;
  /** The group that each family belongs to, or its own name. */
  readonly kin: ReadonlyMap<string, string>;
  readonly seenValidation: ReadonlyMap<string, Matrix>;
}

export function encodeFit(fit: FitData, schema: Schema): EncodedFit {
  const encode = (rows: Parameters<typeof encodeRows>[2]): Matrix => encodeRows(schema, fit.columns, rows);
  const filled = (matrices: Matrix[]): Matrix[] => matrices.filter(({ rows }) => rows > 0);
  const turns = fit.normal.flatMap(({ turns: ofDomain }) => (ofDomain ? [...ofDomain] : []));
  const validation = fit.seen.map(({ family, validation: rows }) => [family, encode(rows)] as const);
  return {
    spans: spansOf(schema),
    train: filled(fit.normal.map(({ train: rows }) => encode(rows))),
    ...(turns.length > 0 ? { turns: Uint8Array.from(turns) } : {}),
    validation: filled(fit.normal.map(({ validation: rows }) => encode(rows))),
    support: new Map(fit.seen.map(({ family, support }) => [family, encode(support)])),
    supportTurns: new Map(fit.seen.flatMap((one) => (one.turns ? [[one.family, one.turns] as const] : []))),
    kin: new Map(fit.seen.map(({ family, kin }) => [family, kin])),
    seenValidation: new Map(validation.filter(([, { rows }]) => rows > 0)),
  };
}
