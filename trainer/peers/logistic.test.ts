import { describe, expect, test } from "vitest";
import { aucRoc } from "../evaluate/metrics.ts";
import { fitLogistic, logistic } from "./logistic.ts";
import { blob, matrixOf, sideOf } from "./testing.ts";
import { stacked } from "../learn/select.ts";
import { labelled } from "../learn/boosting/labelled.ts";

const logit = (share: number): number => Math.log(share / (1 - share));

describe("logistic regression", () => {
  test("the optimum of one column: w = C·Σ weight·(label − share)·x, and the shares add up to the labels", () => {
    const normal = matrixOf([[-2], [-1], [0.5]]);
    const anomalous = matrixOf([[1], [3]]);
    const training = labelled(normal, anomalous);
    const fitted = fitLogistic(training);
    const shares = fitted.score(training.rows);
    const [atZero, atOne] = fitted.score(matrixOf([[0], [1]]));
    let slope = 0;
    let intercept = 0;
    for (let i = 0; i < 5; i++) {
      const error = 0.1 * training.weights[i] * (training.labels[i] - shares[i]);
      slope += error * training.rows.data[i];
      intercept += error;
    }
    expect(slope).toBeGreaterThan(0.1);
    expect(logit(atOne) - logit(atZero)).toBeCloseTo(slope, 6);
    expect(intercept).toBeCloseTo(0, 6);
  });

  test("normal and anomalous rows count half each however many there are", () => {
    const twice = labelled(blob(4000, 1, 0, 1), blob(40, 1, 0, 2));
    const [share] = fitLogistic(twice).score(matrixOf([[0]]));
    expect(Math.abs(share - 0.5)).toBeLessThan(0.05);
  });

  test("separates blobs, also where they do not touch, and answers one half without labels", async () => {
    const rows = stacked([blob(50, 4, 0, 2), blob(50, 4, 6, 3)], 4);
    const fitted = await logistic.fit(sideOf(blob(500, 4, 0, 1), [blob(10, 4, 6, 4)]));
    expect(aucRoc(new Uint8Array(100).fill(1, 50), fitted.score(rows))).toBeGreaterThan(0.99);
    const none = await logistic.fit(sideOf(blob(50, 4, 0, 1)));
    expect(none.score(rows).every((score) => score === 0.5)).toBe(true);
  });
});
