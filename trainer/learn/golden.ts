/** The golden rows of an artefact: typical normal rows and a few anomalies, which every host scores before serving. */
import { type Artefact, type Golden, GOLDEN_GROUPS } from "../../model/artefact.ts";
import { Scorer } from "../../model/scorer.ts";
import type { Rows } from "../data/dataset.ts";
import { rowAt } from "../data/rows.ts";
import type { FitData } from "../data/split.ts";
import { kernelModule } from "./engine.ts";

/** Rows of a domain among which the most typical is sought. */
const CANDIDATES = 512;

/** One training row each of the first domains, their most typical, and of the first seen families, with their scores. */
export function goldenRows(scorer: Scorer, fit: FitData): Golden {
  const rows = [
    ...fit.normal.slice(0, GOLDEN_GROUPS).flatMap(({ train }) => typical(scorer, train, fit.columns)),
    ...fit.seen.slice(0, GOLDEN_GROUPS).flatMap(({ support }) => candidates(support, fit.columns).slice(0, 1)),
  ];
  return { rows, scores: [...scorer.scoreRows(rows)] };
}

/** The same model with its golden rows scored anew. */
export function rescored(artefact: Artefact): Artefact {
  const { rows } = artefact.golden;
  const scores = [...new Scorer(artefact, kernelModule("score"), { selfTest: false }).scoreRows(rows)];
  return { ...artefact, golden: { rows, scores } };
}

/** The medoid: the row with the least sum of absolute distances of its inputs to the others'; none of no rows. */
function typical(scorer: Scorer, rows: Rows, columns: FitData["columns"]): Golden["rows"] {
  const all = candidates(rows, columns);
  const encoded = all.map((row, i) => scorer.encode(row, i));
  const distances = encoded.map((x) => encoded.reduce((sum, y) => sum + manhattan(x, y), 0));
  const medoid = distances.indexOf(Math.min(...distances));
  return medoid < 0 ? [] : [all[medoid]];
}

function candidates(rows: Rows, columns: FitData["columns"]): Golden["rows"] {
  return Array.from({ length: Math.min(rows.count, CANDIDATES) }, (_, i) => rowAt(rows, i, columns));
}

function manhattan(x: Float32Array, y: Float32Array): number {
  let sum = 0;
  for (let j = 0; j < x.length; j++) sum += Math.abs(x[j] - y[j]);
  return sum;
}
