/** Findings say what the numbers say, and that nothing was found where nothing was. */
import { describe, expect, test } from "vitest";
import { calibrationFinding, type Judged } from "./calibration-page.ts";
import type { ConfidenceName } from "./confidences.ts";
import { type Course, domainsFinding } from "./domains-page.ts";
import { focusOf, listed, percent, seedMeans, standardError, trendOf } from "./means.ts";
import { type Curve, leastThatHelps, shotsFinding } from "./shots-finding.ts";
import { type Transferred, transferFinding } from "./transfer-page.ts";

describe("means", () => {
  test("one value a seed: over data sets of means over rows", () => {
    const rows = [
      { data: "a", seed: 2, value: 1 },
      { data: "a", seed: 1, value: 0 },
      { data: "a", seed: 1, value: 1 },
      { data: "b", seed: 1, value: 1 },
      { data: "b", seed: 1, value: Number.NaN },
      { data: "c", seed: 1, value: Number.NaN },
      { data: "a", seed: 3, value: Number.NaN },
    ];
    expect(seedMeans(rows, ({ value }) => value)).toEqual([0.75, 1]);
    expect(standardError([1, 3])).toBe(1);
    expect(standardError([1])).toBeNaN();
  });

  test.each([
    [[0.5, 0.6, 0.7], "rises at every step"],
    [[0.5, 0.5, 0.7], "rises at every step"],
    [[0.5, 0.4, 0.7], "rises, but not at every step"],
    [[0.7, 0.6, 0.5], "falls at every step"],
    [[0.7, 0.8, 0.5], "falls, but not at every step"],
    [[0.5, 0.9, 0.5], "rises and falls, and ends where it starts"],
    [[0.5, 0.5002], "does not change"],
    [[0.5, 0.6], "rises"],
    [[0.5, 0.501, 0.502], "rises at every step"],
  ])("%j %s", (values, words) => expect(trendOf(values)).toBe(words));

  test("shares, lists and the method that a finding is about, in words", () => {
    expect([0.125, Number.NaN].map(percent)).toEqual(["12.5 %", "–"]);
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(listed)).toEqual(["", "a", "a and b", "a, b and c"]);
    expect([["knn", "paper", "unseen"], ["knn", "paper"], ["knn"]].map(focusOf)).toEqual(["unseen", "paper", "knn"]);
  });
});

describe("shots", () => {
  const curve = (method: string, labels: boolean, values: Readonly<Record<number, readonly number[]>>): Curve => ({
    method,
    labels,
    points: Object.entries(values).map(([shots, bySeed]) => ({ shots: Number(shots), bySeed })),
  });
  const blind = curve("knn", false, { 0: [0.85, 0.85], 1: [0.85, 0.85], 5: [0.85, 0.85], 25: [0.85, 0.85] });

  test("the least that helps stays above from there on, by more than the standard error", () => {
    // At K = 1 the mean rises by 0.1, the standard error of the two rises, −0.05 and 0.25, is 0.15.
    const ours = curve("unseen", true, { 0: [0.7, 0.7], 1: [0.65, 0.95], 5: [0.8, 0.82], 25: [0.9, 0.92] });
    expect(leastThatHelps(ours)).toBe(5);
    const poorer = curve("lof", false, { 0: [0.6, 0.6], 25: [0.6, 0.6] });
    const [first, second] = shotsFinding([poorer, ours, blind]);
    expect(first).toBe(
      "The least that helps unseen is K = 5 labels of each seen family: from there on it stays above its mean AUC-ROC " +
        "without labels, 0.700, by more than a standard error over 2 seeds (0.810 with 5, 0.910 with 25).",
    );
    expect(second).toBe(
      "From K = 0 to 25 its AUC-ROC rises at every step; unseen stays above knn, the best without labels (0.850), from " +
        "K = 25 on, and with 25 labels unseen stands highest of 3 (0.910).",
    );
  });

  test("a level course is no help, and its own start is not the best without labels", () => {
    const ours = curve("unseen", true, { 0: [0.9], 5: [0.9], 25: [0.9] });
    expect(leastThatHelps(ours)).toBeNull();
    expect(shotsFinding([ours, blind])[1]).toContain(
      "unseen stays above knn, the best without labels (0.850), from K = 0 on",
    );
  });

  test("a rise that does not last is none", () => {
    const ours = curve("unseen", true, { 0: [0.7], 1: [0.9], 5: [0.8], 25: [0.6] });
    expect(leastThatHelps(ours)).toBeNull();
    const [first, second] = shotsFinding([ours, blind]);
    expect(first).toContain("No number of labels up to 25 keeps unseen above");
    expect(first).toContain("one seed");
    expect(second).toContain("falls, but not at every step; unseen does not end above knn");
  });

  test("without K = 0, or without labels at all, nothing is claimed", () => {
    const ours = curve("unseen", true, { 1: [0.9], 5: [0.95] });
    expect(shotsFinding([ours])[0]).toContain("cannot be said");
    expect(shotsFinding([blind])[0]).toContain("No method");
  });
});

describe("domains", () => {
  const course = (method: string, own: number[], all: number[], flagged: number[]): Course => {
    return { data: "flows", method, own: { auc: own }, all: { auc: all, flagged } };
  };

  test("helps", () => {
    const ours = course("unseen", [0.9, 0.85, 0.8], [0.6, 0.7, 0.8], [0.4, 0.1, 0.01]);
    const [first, second] = domainsFinding([ours, course("knn", [0.9, 0.9, 0.9], [0.5, 0.9, 0.9], [0.4, 0.3, 0.2])]);
    expect(first).toMatch(/^Several domains help: .* from 0\.600 to 0\.800 \(it rises at every step\)/);
    expect(first).toContain("from 40.0 % to 1.0 % (it falls at every step)");
    expect(second).toContain("costs 0.100 of AUC-ROC; with all domains knn stands highest of 2 methods (0.900)");
  });

  test("each of several data sets has its own trend", () => {
    const two = { ...course("unseen", [0.9, 0.9], [0.5, 0.7], [0.2, 0.1]), data: "beats" };
    const [first] = domainsFinding([course("unseen", [0.9, 0.9], [0.8, 0.8], [0.1, 0.1]), two]);
    expect(first).toContain(
      "from 0.650 to 0.750 (on flows it does not change, 0.800 to 0.800; on beats it rises, 0.500 to 0.700)",
    );
  });

  test("hurts, or does nothing", () => {
    expect(domainsFinding([course("unseen", [0.8, 0.8], [0.8, 0.7], [0.1, 0.1])])[0]).toMatch(/^Several domains hurt/);
    const [first, second] = domainsFinding([course("unseen", [0.8, 0.8], [0.8, 0.802], [0.1, 0.1])]);
    expect(first).toMatch(/^The number of domains makes no difference/);
    expect(second).toContain("costs and gains nothing.");
    expect(domainsFinding([course("unseen", [0.8, 0.802], [0.8, 0.8], [0.1, 0.1])])[1]).toContain("gains nothing.");
    const gains = course("unseen", [0.8, 0.9], [0.8, 0.8], [0.1, 0.1]);
    expect(domainsFinding([gains])[1]).toContain("gains 0.100 of AUC-ROC.");
  });
});

describe("calibration", () => {
  const judged = (confidence: ConfidenceName, seen: number, unseen: number, brier: number, recall = 0.5): Judged => {
    return { confidence, seen: { ece: seen, brier: 0.05 }, unseen: { ece: unseen, brier }, recall };
  };

  test("names the lowest, on seen and on unseen families, and what does not carry over", () => {
    const [first, second] = calibrationFinding("unseen", [
      judged("softmax margin", 0.02, 0.3, 0.2),
      judged("Platt", 0.018, 0.28, 0.19),
      judged("energy", 0.4, 0.01, 0.25, 0.1),
    ]);
    // The energy's ECE of 0.01 comes with a Brier score of one who knows nothing.
    expect(first).toBe(
      "On families seen in training the softmax margin of unseen has an ECE of 0.020, no worse than the lowest, Platt's " +
        "0.018; on unseen ones the softmax margin of unseen has an ECE of 0.300, above the lowest, Platt's 0.280 " +
        "(left aside: energy, which knows no better than one half of every row).",
    );
    expect(second).toContain("15.0 times as large");
    expect(second).toContain(
      "its recall is 0.500 (0.100 with energy, the same with the others, which rank rows alike)",
    );
  });

  test("a margin that knows nothing is still told of, and others are not said to rank alike that do not", () => {
    const lost = judged("softmax margin", 0.02, 0.1, 0.25);
    expect(calibrationFinding("unseen", [lost])[0]).toContain(
      "on unseen ones the softmax margin of unseen has the lowest",
    );
    const [, second] = calibrationFinding("unseen", [lost, judged("energy", 0.4, 0.2, 0.25, 0.1)]);
    expect(second).toContain("its recall is 0.500 (0.100 with energy).");
  });

  test("says so where it holds, and where there are no seen rows", () => {
    const [first, second] = calibrationFinding("unseen", [judged("softmax margin", 0.02, 0.021, 0.05)]);
    expect(first).toContain("has the lowest ECE (0.020)");
    expect(second).toMatch(/^What is calibrated on seen families holds on unseen ones; none of the others/);
    const none = calibrationFinding("unseen", [judged("softmax margin", Number.NaN, 0.2, 0.1)]);
    expect(none[0]).toMatch(/^No test row of seen families/);
    expect(none.join()).not.toMatch(/NaN|–/);
  });
});

describe("transfer", () => {
  const row = (family: string, away: number, home: number, method = "unseen"): Transferred => {
    const figures = (auc: number): Transferred["home"] => ({ auc: [auc], flagged: [auc === away ? 0.8 : 0.01] });
    const where = { source: "a", target: "b", columns: 9, method, family };
    return { ...where, away: figures(away), home: figures(home) };
  };

  test("states where it fails", () => {
    const [first, second] = transferFinding([
      row("dos", 0.3, 0.9),
      row("scan", 0.9, 0.91),
      row("dos", 0.7, 0.7, "knn"),
    ]);
    expect(first).toMatch(/^Little of it holds: .* is 0\.600, against 0\.905 .*\(a to b 0\.600 against 0\.905\)/);
    expect(first).toContain("knn transfers best of 2 methods (0.700)");
    expect(second).toContain("on 1 of 2 families: dos of b (0.300)");
    expect(second).toContain("flags 80.0 % from a to b");
  });

  test("a family fails that is hardly told from normal rows, or far less well than at home, however well", () => {
    const [first, second] = transferFinding([
      row("poor", 0.55, 0.6),
      row("lost", 0.8, 0.95),
      row("near", 0.85, 0.9),
      row("unmeasured", 0.8, Number.NaN),
    ]);
    expect(first).toContain("is 0.750, against 0.817");
    expect(second).toContain("on 2 of 4 families: poor of b (0.550) and lost of b (0.800);");
    const four = [0.1, 0.2, 0.3, 0.4].map((auc) => row(`f${auc}`, auc, 0.9));
    expect(transferFinding(four)[1]).toContain("on 4 of 4 families: f0.1 of b");
  });

  test("of many failures the worst are named", () => {
    const rows = [0.5, 0.4, 0.1, 0.3, 0.2].map((auc) => row(`f${auc}`, auc, 0.9));
    expect(transferFinding(rows)[1]).toContain(
      "on 5 of 5 families: worst on f0.1 of b (0.100), f0.2 of b (0.200), f0.3 of b (0.300) and f0.4 of b (0.400);",
    );
  });

  test("and where it holds", () => {
    const [first, second] = transferFinding([row("dos", 0.9, 0.91)]);
    expect(first).toMatch(/^It holds/);
    expect(second).toMatch(/^No family falls below 0\.6/);
  });
});
