/** An evaluation as the artefact carries it: figures by family, scores at three stages, and example rows where wanted. */
import type { EvaluationSummary, Examples, FamilyFigures, Stage } from "../../model/evaluation.ts";
import { DISTANCES, EVIDENCE } from "../../model/evidence.ts";
import { noScore } from "../../model/overflow.ts";
import type { Scorer } from "../../model/scorer.ts";
import { concat } from "../concat.ts";
import type { Rows } from "../data/dataset.ts";
import { encodeRows, type Matrix } from "../data/matrix.ts";
import { firstRows, rowAt } from "../data/rows.ts";
import type { HeldOut } from "../data/split.ts";
import type { Evaluation, FamilyResult, TestSide } from "./evaluate.ts";
import { separation } from "./metrics.ts";

const BINS = 32;
/** Rows a stage is judged on: normal ones, and of each family. */
const [NORMAL_ROWS, FAMILY_ROWS] = [4000, 400];

/**
 * @param side what was evaluated
 * @param examples how many example rows to take along, 0 for none: they are rows of the data as they stand
 * @throws UnseenError artefact-malformed where the model gives a row no evidence
 */
export function summarise(
  scorer: Scorer,
  { heldOut, ...known }: TestSide,
  { unseen, seen, falsePositives }: Evaluation,
  examples: number,
): EvaluationSummary {
  // families to judge: unseen ones, or where none was held out the seen ones' other rows
  const judged = known.unseen.length > 0 ? known.unseen : known.seen;
  const figures =
    (isUnseen: boolean) =>
    ({ family, rows, aucRoc: area, averagePrecision, atF1, atBudget }: FamilyResult): FamilyFigures => ({
      family,
      unseen: isUnseen,
      rows,
      aucRoc: area,
      // weights that do not divide evenly may sum to a hair over 1
      averagePrecision: Math.min(1, averagePrecision.balanced),
      f1: atF1.f1,
      recall: atBudget.recall,
    });
  return {
    families: [...unseen.map(figures(true)), ...seen.map(figures(false))],
    normalRows: falsePositives.all.rows,
    falsePositives: falsePositives.all.rates,
    stages: stagesOf(scorer, heldOut, judged) ?? scorer.artefact.evaluation?.stages ?? [],
    ...(examples > 0 ? { examples: examplesOf(heldOut, judged, examples) } : {}),
  };
}

/** The default learner's three stages: nothing learned but scales; what normal rows teach; labels as well. */
function stagesOf(scorer: Scorer, heldOut: HeldOut, judged: HeldOut["seen"]): Stage[] | undefined {
  const { schema } = scorer.artefact;
  // Test rows come sorted by hash, so the first ones are as good as any.
  const encode = (rows: Rows, most: number): Matrix => encodeRows(schema, heldOut.columns, firstRows(rows, most));
  const share = Math.ceil(NORMAL_ROWS / heldOut.normal.length);
  const normal = heldOut.normal.map(({ rows }) => encode(rows, share));
  const anomalous = judged.map(({ rows }) => encode(rows, FAMILY_ROWS));
  if (anomalous.length === 0 || scorer.evidence(new Float32Array(scorer.inputs)) === undefined) return undefined;
  const kinds = DISTANCES.map((name) => EVIDENCE.indexOf(name));
  const manifold = (x: Float32Array): number => {
    const z = scorer.evidence(x) ?? [];
    return kinds.reduce((sum, kind) => sum + z[kind], 0) / kinds.length;
  };
  const stage = (name: Stage["name"], score: string, of: (x: Float32Array) => number): Stage => {
    const scores = (matrix: Matrix): Float64Array =>
      Float64Array.from({ length: matrix.rows }, (_, i) => {
        const value = of(matrix.data.subarray(i * matrix.cols, (i + 1) * matrix.cols));
        // also evidence that the head gives no weight, which the score does not show
        if (!Number.isFinite(value)) throw noScore(i + 1);
        return value;
      });
    const [low, high] = [normal.map(scores), anomalous.map(scores)];
    const flat = concat(Float64Array, low);
    const areas = high.map((part) => separation(flat, part));
    const others = concat(Float64Array, high);
    return {
      name,
      score,
      aucRoc: areas.reduce((sum, area) => sum + area, 0) / areas.length,
      ...histograms(flat, others),
    };
  };
  return [
    stage("before", "distance from the median, inputs scaled", (x) =>
      Math.log1p(x.reduce((sum, v) => sum + v * v, 0) / x.length),
    ),
    stage("after inner", "evidence that normal rows alone teach", manifold),
    stage("after outer", "log odds of the score", (x) => scorer.logOdds(1, (_, input, at) => input.set(x, at))[0]),
  ];
}

/** Equal bins from the 0.5th to the 99.5th percentile of both together, each side counted half; the ends take what lies beyond. */
function histograms(normal: Float64Array, anomalous: Float64Array): Pick<Stage, "normal" | "anomalous"> {
  const at = (sorted: Float64Array, share: number): number => sorted[Math.floor(share * (sorted.length - 1))];
  const [a, b] = [normal.toSorted(), anomalous.toSorted()];
  const from = Math.min(at(a, 0.005), at(b, 0.005));
  const to = Math.max(at(a, 0.995), at(b, 0.995), from + 1e-9);
  const bins = (values: Float64Array): number[] => {
    const counts = Array.from({ length: BINS }, () => 0);
    for (const value of values)
      counts[Math.max(0, Math.min(BINS - 1, Math.floor(((value - from) / (to - from)) * BINS)))]++;
    return counts;
  };
  return { normal: bins(normal), anomalous: bins(anomalous) };
}

/** Normal rows with a stretch of each family between them, as they might come in: a fifth of the rows are anomalous. */
function examplesOf(heldOut: HeldOut, judged: HeldOut["seen"], many: number): Examples {
  const firstOf = (from: Rows, most: number): Examples["rows"] =>
    Array.from({ length: Math.min(from.count, most) }, (_, i) => rowAt(from, i, heldOut.columns));
  const each = judged.length > 0 ? Math.max(1, Math.floor(many / 5 / judged.length)) : 0;
  const quiet = Math.max(1, Math.floor((many - each * judged.length) / (judged.length + 1)));
  const wanted = quiet * (judged.length + 1);
  const normal = heldOut.normal.flatMap(({ rows }) => firstOf(rows, Math.ceil(wanted / heldOut.normal.length)));
  const rows: Examples["rows"][number][] = [];
  const names: string[] = [];
  const add = (name: string, some: Examples["rows"]): void => {
    rows.push(...some);
    names.push(...some.map(() => name));
  };
  for (let i = 0; i <= judged.length; i++) {
    // domains take turns
    const stretch = normal.filter((_, at) => at % (judged.length + 1) === i);
    add("normal", stretch.slice(0, quiet));
    if (i < judged.length) add(judged[i].family, firstOf(judged[i].rows, each));
  }
  return { rows, families: names };
}
