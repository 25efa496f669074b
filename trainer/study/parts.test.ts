/** What studies are made of: choices of domains, shared columns, confidences, the plot. */
import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { datasetOf } from "../data/testing.ts";
import { aucRoc } from "../evaluate/metrics.ts";
import { drawFor, gaussian } from "../learn/draw.ts";
import { project, sharedColumns } from "./columns.ts";
import { confidencesOf, energy, margin } from "./confidences.ts";
import { choices } from "./domains.ts";
import { figure, linesPanel, methodColours, pairsPanel } from "./figure.ts";
import type { Logits } from "./logits.ts";

const numeric = (...names: string[]) => names.map((name) => ({ name, kind: "numeric" as const }));

describe("choices of domains", () => {
  test("each domain as often as any other, all of them once", () => {
    const domains = ["a", "b", "c", "d"];
    const all = choices(domains, 3);
    expect(all.map(({ length }) => length)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4]);
    for (const count of [1, 2, 3]) {
      const own = all.filter(({ length }) => length === count);
      expect(new Set(own.map((choice) => choice.toSorted().join())).size).toBe(4);
      for (const domain of domains) expect(own.filter((choice) => choice.includes(domain))).toHaveLength(count);
    }
    expect(choices(["a", "b", "c", "d", "e", "f", "g"], 1).filter(({ length }) => length === 1)).toHaveLength(4);
  });
});

describe("shared columns", () => {
  test("by name, by CICFlowMeter's two schemes, by the user's map in either direction", () => {
    const old = numeric("Flow Duration", "Total Fwd Packets", "Init_Win_bytes_forward", "Other", "x");
    const late = numeric("tot_fwd_pkts", "flow_duration", "Init Fwd Win Byts", "y", "z");
    const shared = sharedColumns(old, late, new Map([["y", "x"]]));
    expect(shared.map(({ first, second }) => `${first} = ${second}`)).toEqual([
      "Flow Duration = flow_duration",
      "Total Fwd Packets = tot_fwd_pkts",
      "Init_Win_bytes_forward = Init Fwd Win Byts",
      "x = y",
    ]);
    expect(sharedColumns(numeric("a"), numeric("b"))).toEqual([]);
    expect(sharedColumns(numeric("a"), [{ name: "a", kind: "categorical" }])).toEqual([]);
  });

  test("the user's pair takes a column from its namesake", () => {
    const shared = sharedColumns(numeric("a", "b"), numeric("b", "c"), new Map([["a", "b"]]));
    expect(shared.map(({ first, second }) => [first, second])).toEqual([["a", "b"]]);
  });

  test("a data set is cut down to them, in one order and under one name", () => {
    const dataset = datasetOf(numeric("one", "two", "three"), [
      { name: "all", role: "normal", cells: [1, 2, 3].map((x) => Float64Array.of(x)) },
    ]);
    const shared = [
      { first: "three", second: "c", kind: "numeric" as const },
      { first: "one", second: "a", kind: "numeric" as const },
    ];
    const { columns, groups } = project(dataset, shared, "first");
    expect(columns.map(({ name }) => name)).toEqual(["c", "a"]);
    expect(groups[0].cells).toEqual([Float64Array.of(3), Float64Array.of(1)]);
  });
});

describe("confidences", () => {
  const logits = (count: number, centre: number, index: number): Logits => {
    const draw = drawFor(5, index);
    const half = Float64Array.from({ length: count }, () => (centre + 4 * gaussian(draw)) / 2);
    return { normal: half.map((x) => -x), anomalous: half };
  };
  const [normal, seen] = [logits(800, -3, 0), logits(100, 3, 1)];
  const all = confidencesOf({ temperature: 2, shift: 1 }, normal, seen);

  test("ours is the line training left; BCE alone has neither temperature nor shift", () => {
    const one = { normal: Float64Array.of(-1), anomalous: Float64Array.of(2) };
    expect(all.map(({ name }) => name)).toEqual([
      "softmax margin",
      "BCE alone",
      "temperature",
      "Platt",
      "isotonic",
      "energy",
    ]);
    expect(all[0].probability(one)[0]).toBeCloseTo(1 / (1 + Math.exp(-(3 + 1) / 2)), 12);
    expect(all[1].probability(one)[0]).toBeCloseTo(1 / (1 + Math.exp(-3)), 12);
    expect(energy(one)[0]).toBeCloseTo(-Math.log(Math.exp(-1) + Math.exp(2)), 12);
    expect(margin(one)[0]).toBe(3);
  });

  test("all are probabilities; those that rise with the margin rank as it does", () => {
    const labels = new Uint8Array(200).fill(1, 100);
    const [fresh, others] = [logits(100, -3, 2), logits(100, 3, 3)];
    const both = {
      normal: Float64Array.from([...fresh.normal, ...others.normal]),
      anomalous: Float64Array.from([...fresh.anomalous, ...others.anomalous]),
    };
    const auc = aucRoc(labels, margin(both));
    for (const one of all) {
      expect(one.probability(both).every((p) => p >= 0 && p <= 1)).toBe(true);
      const own = aucRoc(labels, one.score(both));
      if (one.name === "energy") expect(own).toBeLessThan(0.7);
      else expect(Math.abs(own - auc)).toBeLessThan(one.name === "isotonic" ? 0.02 : 1e-12);
    }
  });
});

test("the plot is one well-formed SVG that needs nothing else", () => {
  const colours = methodColours(["unseen", '<b>"x"&']);
  const points = [1, 2, 3].flatMap((x) =>
    ["unseen", '<b>"x"&'].map((series, i) => ({ facet: "one & two", x, series, value: x / (4 + i), error: 0.1 })),
  );
  const lines = linesPanel(points, { title: "Lines", x: "x", y: "y", colours });
  const pairs = [{ facet: "a", name: "f", first: 0.4, second: Number.NaN }];
  const dots = pairsPanel(pairs, { title: "Pairs", x: "x", colours: ["#111", "#222"] });
  const text = figure(
    "Both",
    [{ label: "<i>", colour: "#111" }],
    [
      { caption: "Lines & dots", svg: lines },
      { caption: "Pairs", svg: dots },
    ],
  );
  expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(text).not.toMatch(/<b>|<i>|href=|<script|NaN|url\(/);
  const { document } = parseHTML(text);
  expect(document.querySelectorAll("svg > svg")).toHaveLength(2);
  expect(document.querySelectorAll("circle").length).toBe(2 * 3 + 1);
});
