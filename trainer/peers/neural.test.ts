import { describe, expect, test } from "vitest";
import type { Matrix } from "../data/matrix.ts";
import { separation } from "../evaluate/metrics.ts";
import { autoencoder } from "./autoencoder.ts";
import { coral } from "./coral.ts";
import { dann } from "./dann.ts";
import { deepSad } from "./deepsad.ts";
import { devNet } from "./devnet.ts";
import { fomaml } from "./fomaml.ts";
import { labelMlp } from "./label-mlp.ts";
import { maml } from "./maml.ts";
import type { Fitted, Method, TrainingSide } from "./method.ts";
import { mtae } from "./mtae.ts";
import { mtlRed } from "./mtl-red.ts";
import { odin } from "./odin.ts";
import { preNet } from "./prenet.ts";
import { prototypical } from "./prototypical.ts";
import { reptile } from "./reptile.ts";
import { resAd } from "./resad.ts";
import { blob, sideOf } from "./testing.ts";

const INPUTS = 16;
const practice = [autoencoder, labelMlp, deepSad, devNet, preNet];
const paper = [coral, mtae, mtlRed, odin, resAd];
const peers: readonly Method[] = [...practice, ...paper, prototypical, dann, maml, fomaml, reptile];

/** A normal domain: rows of rank 6 with a little noise, moved along a direction of the domain's own. */
function normalRowsOf(domain: number, rows: number, seed: number): Matrix {
  const hidden = blob(rows, 6, 0, seed);
  const matrix = blob(rows, INPUTS, 0, seed + 1000, 0.2);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < INPUTS; j++) {
      for (let k = 0; k < 6; k++) matrix.data[i * INPUTS + j] += hidden.data[i * 6 + k] * Math.cos(1 + 2.3 * j * k + k);
      if (j % 4 === domain) matrix.data[i * INPUTS + j] += 1;
    }
  }
  return matrix;
}

/** An anomaly family: rows of either domain, moved along a direction of the family's. */
function familyOf(family: number, rows: number, seed: number): Matrix {
  const matrix = normalRowsOf(family % 2, rows, seed);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < INPUTS; j++) matrix.data[i * INPUTS + j] += 2.5 * Math.sin(1 + family + (family + 1) * j * j);
  }
  return matrix;
}

function toySide(families: number, domains: number): TrainingSide {
  const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
  return {
    ...sideOf(normalRowsOf(0, 2, 1)),
    normal: range(domains).map((domain) => ({
      domain: `domain ${domain}`,
      train: normalRowsOf(domain, 600 / domains, 10 + domain),
      validation: normalRowsOf(domain, 60, 20 + domain),
    })),
    seen: range(families).map((family) => ({
      family: `family ${family}`,
      kin: `family ${family}`,
      support: familyOf(family, 80, 30 + family),
      validation: familyOf(family, 20, 40 + family),
    })),
  };
}

const score = (fitted: Fitted, rows: Matrix): Float32Array => Float32Array.from(fitted.score(rows));

describe.each(peers)("$name", (peer) => {
  const side = toySide(2, 2);
  const fit = (): Fitted | Promise<Fitted> => peer.fit(side);
  let first: ReturnType<typeof fit> | undefined;

  test("tells seen families, or far rows where it takes no labels, from fresh normal rows", async () => {
    const fitted = await (first ??= fit());
    const normal = score(fitted, normalRowsOf(0, 300, 50));
    const other = score(fitted, normalRowsOf(1, 300, 51));
    const anomalous = peer.labels ? [familyOf(0, 200, 52), familyOf(1, 200, 53)] : [blob(200, INPUTS, 0, 54, 6)];
    for (const rows of anomalous) {
      const scores = score(fitted, rows);
      expect(scores.every(Number.isFinite)).toBe(true);
      expect(separation(normal, scores)).toBeGreaterThan(0.95);
      expect(separation(other, scores)).toBeGreaterThan(0.95);
    }
    expect(normal.every(Number.isFinite)).toBe(true);
    if (fitted.probability) for (const s of [...normal, ...other]) expect(s >= 0 && s <= 1).toBe(true);
    expect(fitted.bytes).toBeGreaterThan(1000);
  });

  test("the same seed gives the same scores", async () => {
    const rows = normalRowsOf(1, 50, 60);
    const wanted = score(await (first ??= fit()), rows);
    // Another array of the same rows: nothing is kept from the first fit.
    expect(score(await peer.fit({ ...side, normal: [...side.normal] }), rows)).toEqual(wanted);
    expect(new Set(wanted).size).toBeGreaterThan(40);
  });

  test("one domain and no family: every row has a score", async () => {
    const scores = score(await peer.fit(toySide(0, 1)), normalRowsOf(0, 30, 61));
    expect(scores).toHaveLength(30);
    expect(scores.every(Number.isFinite)).toBe(true);
  });
});

test.each([labelMlp, odin])("$name without validation rows takes all its steps", async (peer) => {
  const side = toySide(2, 2);
  const none = blob(0, INPUTS, 0, 1);
  const fitted = await peer.fit({
    ...side,
    normal: side.normal.map((part) => ({ ...part, validation: none })),
    seen: side.seen.map((part) => ({ ...part, validation: none })),
  });
  expect(separation(score(fitted, normalRowsOf(0, 200, 50)), score(fitted, familyOf(0, 200, 52)))).toBeGreaterThan(0.9);
});
