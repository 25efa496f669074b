/** The peers against independent figures (../shared/reference/peers.json) on two small data sets, by the same protocol. */
import { describe, expect, test } from "vitest";
import { aucRoc, averagePrecision } from "../evaluate/metrics.ts";
import { boostedTrees, shallowTrees } from "./boosted-trees.ts";
import { isolationForest } from "./isolation-forest.ts";
import { knn } from "./knn.ts";
import { logistic } from "./logistic.ts";
import { mahalanobis } from "./mahalanobis.ts";
import type { Method } from "./method.ts";
import { oneClassSvm } from "./one-class-svm.ts";
import { missingReference, readReference, type ReferenceCell, type ReferenceData, sideOf } from "./testing.ts";

/** Families held out in turn: enough to tell a wrong method, few enough to be quick. */
const FAMILIES = 3;

describe.each(["mscad", "ciciot2023"])("%s", (name) => {
  const missing = missingReference(name);
  const word = missing === undefined ? "" : ` (skipped: no ${missing})`;
  let read: ReferenceData | undefined;
  const data = (): ReferenceData => (read ??= readReference(name));

  /** AUC-ROC and average precision of a method, family by family, beside the reference's. */
  async function compare(method: Method, key: string, seed: number): Promise<{ own: number[]; wanted: number[] }[]> {
    const { train, cells } = data();
    const once = method.labels ? undefined : await method.fit(sideOf(train, [], seed));
    return Promise.all(
      cells.slice(0, FAMILIES).map(async ({ support, test: rows, labels, figures }: ReferenceCell) => {
        const fitted = once ?? (await method.fit(sideOf(train, support, seed)));
        const scores = fitted.score(rows);
        return { own: [aucRoc(labels, scores), averagePrecision(labels, scores)], wanted: [...figures[key]] };
      }),
    );
  }

  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

  test.skipIf(missing !== undefined).each([
    { method: knn, key: "knn5" },
    { method: mahalanobis, key: "mahalanobis" },
    { method: oneClassSvm, key: "one_class_svm" },
    { method: logistic, key: "logistic_C0.1" },
  ])(`$method.name agrees to 1e-3, family by family${word}`, async ({ method, key }) => {
    for (const { own, wanted } of await compare(method, key, 1)) {
      for (const [i, value] of own.entries()) expect(Math.abs(value - wanted[i])).toBeLessThan(1e-3);
    }
  });

  test.skipIf(missing !== undefined).each([
    { method: boostedTrees, key: "boosting_default_100" },
    { method: shallowTrees, key: "boosting_shallow" },
  ])(`$method.name agrees to .01 on average, .02 family by family${word}`, async ({ method, key }) => {
    const figures = await compare(method, key, 1);
    for (const { own, wanted } of figures) expect(Math.abs(own[0] - wanted[0])).toBeLessThan(0.02);
    expect(Math.abs(mean(figures.map(({ own, wanted }) => own[0] - wanted[0])))).toBeLessThan(0.01);
  });

  test.skipIf(missing !== undefined)(`isolation-forest agrees to .02 on average of 3 seeds${word}`, async () => {
    const seeds = await Promise.all([1, 2, 3].map((seed) => compare(isolationForest, "isolation_forest", seed)));
    expect(Math.abs(mean(seeds.flat().map(({ own, wanted }) => own[0] - wanted[0])))).toBeLessThan(0.02);
  });
});
