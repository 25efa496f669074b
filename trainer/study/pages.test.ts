/** The tables of studies say what was measured. */
import { describe, expect, test } from "vitest";
import type { CalibrationResult, CalibrationTask } from "./calibration.ts";
import { calibrationPage } from "./calibration-page.ts";
import { CONFIDENCES } from "./confidences.ts";
import type { DomainsResult, DomainsTask } from "./domains.ts";
import { domainsPage } from "./domains-page.ts";
import type { Entry } from "./study.ts";
import type { TransferResult, TransferTask } from "./transfer.ts";
import { transferPage } from "./transfer-page.ts";

function entry<Task, Result extends object>(task: Partial<Task>, results: readonly Result[]): Entry<Task, Result> {
  return { study: "a", task: task as Task, results };
}

describe("domains", () => {
  const domains = ["day", "night"];
  /** What a method has of a choice of domains: AUC-ROC against its own normal rows and against all. */
  const of = (method: string, seed: number, trained: readonly string[], own: number, all: number) =>
    entry<DomainsTask, DomainsResult>({ data: "flows", method, seed, trained, domains }, [
      {
        family: "dos",
        rows: 500,
        own: { aucRoc: own, falsePositiveRate: 0.01 },
        all: { aucRoc: all, falsePositiveRate: all / 10 },
      },
    ]);
  const page = domainsPage([
    of("unseen", 1, domains, 0.9, 0.8),
    of("unseen", 1, ["day"], 0.9, 0.5),
    of("unseen", 1, ["night"], 0.95, 0.6),
    of("knn", 1, domains, 0.8, 0.7),
    of("knn", 1, ["day"], 0.8, 0.4),
  ]);

  test("means by number of domains, over choices that every method was measured on", () => {
    expect(page.rows).toEqual([
      ["flows", "unseen", "1 of 2", "500", "0.900", "0.500", "1.0 %", "5.0 %"],
      ["flows", "unseen", "2 of 2", "500", "0.900", "0.800", "1.0 %", "8.0 %"],
      ["flows", "knn", "1 of 2", "500", "0.800", "0.400", "1.0 %", "4.0 %"],
      ["flows", "knn", "2 of 2", "500", "0.800", "0.700", "1.0 %", "7.0 %"],
    ]);
    expect(page.finding[0]).toContain("goes from 0.500 to 0.800 (it rises)");
  });
});

test("transfer: trained on the source, beside trained on the target, by family and over seeds", () => {
  const of = (seed: number, trainedOn: "source" | "target", aucRoc: number, falsePositiveRate: number) => {
    const task = { source: "a", target: "b", method: "unseen", columns: [], seed, trainedOn };
    return entry<TransferTask, TransferResult>(task, [{ family: "dos", aucRoc, falsePositiveRate, recall: 0.3 }]);
  };
  const measured = [
    of(1, "source", 0.6, 0.2),
    of(2, "source", 0.8, 0.4),
    of(1, "target", 0.9, 0.01),
    of(2, "target", 0.9, 0.03),
  ];
  expect(transferPage(measured).rows).toEqual([
    ["a → b", "0", "unseen", "dos", "0.700 ± 0.100", "0.900 ± 0.000", "30.0 %", "2.0 %"],
  ]);
});

test("calibration: each confidence by data set, and their mean", () => {
  const of = (data: string, more: number) =>
    entry<CalibrationTask, CalibrationResult>(
      { data, method: "unseen", seed: 1 },
      CONFIDENCES.map((confidence, i) => ({
        family: "dos",
        confidence,
        aucRoc: 0.9 + more,
        recall: 0.5 + more,
        falsePositiveRate: 0.01 + more,
        unseen: { ece: 0.1 + more, brier: 0.2 + more },
        seen: i === 0 ? null : { ece: 0.03 + more, brier: 0.04 + more },
      })),
    );
  const { rows } = calibrationPage([of("flows", 0), of("beats", 0.02)]);
  expect(rows).toHaveLength(3 * CONFIDENCES.length);
  const own = rows.filter(([name]) => name === CONFIDENCES[1]);
  expect(own.map(([, ...cells]) => cells)).toEqual([
    ["unseen", "flows", "0.030", "0.100", "0.040", "0.200", "0.900", "0.500", "1.0 %"],
    ["unseen", "beats", "0.050", "0.120", "0.060", "0.220", "0.920", "0.520", "3.0 %"],
    ["unseen", "mean", "0.040", "0.110", "0.050", "0.210", "0.910", "0.510", "2.0 %"],
  ]);
  expect(rows[0].slice(3, 7)).toEqual(["–", "0.100", "–", "0.200"]);
});
