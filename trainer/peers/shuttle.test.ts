/** Every peer on the shuttle data, where all do well: a family held out, families seen, and a published figure. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { fitSchema } from "../data/fit-schema.ts";
import { encodeRows, type Matrix } from "../data/matrix.ts";
import { readDataset } from "../data/read.ts";
import { splitDataset } from "../data/split.ts";
import { separation } from "../evaluate/metrics.ts";
import { stacked } from "../learn/select.ts";
import { isolationForest } from "./isolation-forest.ts";
import { type Fitted, type TrainingSide, trainingSide } from "./method.ts";
import { METHODS } from "./registry.ts";

const FOLDER = resolve(import.meta.dirname, "../..", process.env["UNSEEN_DATA"] ?? "../shared/data", "shuttle");
const here = existsSync(FOLDER);
const peers = METHODS.filter(({ group }) => group !== "ours");

interface Shuttle {
  readonly side: TrainingSide;
  readonly normal: Matrix;
  /** Test rows by family; bypass is held out. */
  readonly families: ReadonlyMap<string, Matrix>;
}

async function readShuttle(): Promise<Shuttle> {
  const dataset = await readDataset(FOLDER);
  const options = { seed: 1, shots: 50, split: "rows", holdOut: ["bypass"], normalRows: 1500 } as const;
  const { fit, heldOut } = splitDataset(dataset, options);
  const schema = fitSchema(fit);
  const encode = (rows: Parameters<typeof encodeRows>[2]): Matrix => encodeRows(schema, heldOut.columns, rows);
  return {
    side: trainingSide(fit, schema, 1),
    normal: encode(heldOut.normal[0].rows),
    families: new Map([...heldOut.unseen, ...heldOut.seen].map(({ family, rows }) => [family, encode(rows)])),
  };
}

describe.skipIf(!here)(`shuttle${here ? "" : ` (skipped: no data at ${FOLDER})`}`, { timeout: 60_000 }, () => {
  let read: Promise<Shuttle> | undefined;
  const shuttle = (): Promise<Shuttle> => (read ??= readShuttle());
  const auc = ({ score }: Fitted, normal: Matrix, rows: Matrix | undefined): number =>
    separation(Float32Array.from(score(normal)), Float32Array.from(score(rows ?? normal)));

  test.each(peers)("$name tells the family held out, and one with few rows that it knows", async (peer) => {
    const { side, normal, families } = await shuttle();
    const fitted = await peer.fit(side);
    expect(auc(fitted, normal, families.get("bypass"))).toBeGreaterThan(0.98);
    expect(auc(fitted, normal, families.get("fpv_open"))).toBeGreaterThan(0.95);
  });

  test("the isolation forest comes within .01 of its authors' AUC-ROC, 1.00, on all but the largest family as theirs", async () => {
    const { side, normal, families } = await shuttle();
    const rows = [...families].filter(([family]) => family !== "high").map(([, matrix]) => matrix);
    const fitted = await isolationForest.fit({ ...side, seen: [] });
    expect(auc(fitted, normal, stacked(rows, side.width))).toBeGreaterThan(0.99);
  });
});
