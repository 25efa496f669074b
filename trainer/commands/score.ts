/** `unseen score`: rows in, the same rows out with their scores; in chunks, so memory does not grow with the file. */
import { csvField, namesBeside, SCORE_COLUMNS, scoreCells } from "../../model/cells.ts";
import { UnseenError } from "../../model/errors.ts";
import { explain, type Explanation, MOST_EXPLAINED } from "../../model/explain.ts";
import { checkedScores } from "../../model/overflow.ts";
import type { Scorer } from "../../model/scorer.ts";
import { DEFAULT_THRESHOLD, resolveThreshold } from "../../model/thresholds.ts";
import { readModelRows } from "../data/model-rows.ts";
import type { SourceFile } from "../data/scan.ts";
import type { Progress } from "../learn/request.ts";
import { writeChunks } from "../disk.ts";
import { openModel } from "../model-file.ts";
import { type Command, jsonOption, outFile, printJson, required, text, whole } from "./command.ts";
import { oneFile } from "./data-options.ts";
import { withProgress } from "./progress.ts";

export const scoreCommand: Command = {
  args: {
    model: { type: "string", required: true, valueHint: "FILE", description: "model file" },
    in: { type: "string", required: true, valueHint: "FILE", description: "rows: CSV, CSV.gz or Parquet" },
    out: { type: "string", required: true, valueHint: "FILE", description: "CSV to write: the rows and their scores" },
    threshold: { type: "string", default: "fpr=0.01", description: "f1, fpr=BUDGET or a number in 0…1" },
    explain: {
      type: "string",
      valueHint: "N",
      description: "name the N features (1 to 20) that say most of a flagged row",
    },
    ...jsonOption,
  },
  examples: [
    "unseen score --model model.safetensors --in rows.csv --out scores.csv",
    "unseen score --model model.safetensors --in rows.parquet --out scores.csv --threshold fpr=0.001",
    "unseen score --model model.safetensors --in rows.csv --out scores.csv --explain 3",
  ],
  async run(options) {
    const { scorer } = openModel(required(options, "model"));
    const threshold = resolveThreshold(scorer.artefact, text(options, "threshold") ?? DEFAULT_THRESHOLD);
    const file = oneFile(options, "in");
    const out = outFile(options, "csv");
    const top = whole(options, "explain", 1, MOST_EXPLAINED) ?? 0;
    const quiet = options.json === true;
    const { explanations, ...counts } = await withProgress("scoring", quiet, (report) =>
      scoreFile(scorer, file, out, threshold, report, top),
    );
    if (quiet) return printJson({ out, threshold, ...counts, ...(top > 0 ? { explanations } : {}) });
    console.log(`${out}: ${counts.rows} rows, ${counts.anomalies} at or above ${threshold.toFixed(6)}`);
  },
};

/** Rows of the highest scores whose explanations are kept; every flagged row's are in the file. */
const EXPLAINED_ROWS = 100;

/** Why a row of the file, counted from one, was flagged. */
interface ExplainedRow extends Explanation {
  readonly row: number;
  readonly score: number;
}

interface Counts {
  readonly rows: number;
  readonly anomalies: number;
  /** By descending log odds. */
  readonly explanations: readonly ExplainedRow[];
}

/**
 * Writes every row of `file` with score, anomaly, confidence and margin behind its own columns, which are renamed where
 * they have such a name (`score.1`).
 *
 * @param top with more than 0, behind these `feature_1, contribution_1, …` of as many features; empty in rows not flagged
 * @throws UnseenError column-unknown, data-*, value-* naming the one-based row and the column; artefact-malformed where the
 * model gives a row no score
 */
export async function scoreFile(
  scorer: Scorer,
  file: SourceFile,
  out: string,
  threshold: number,
  report: (progress: Progress) => void = () => {},
  top = 0,
): Promise<Counts> {
  const { features } = scorer.artefact.schema;
  const reasons = Array.from({ length: Math.min(top, features.length) }, (_, i) => i + 1);
  const why = reasons.flatMap((i) => [`feature_${i}`, `contribution_${i}`]);
  const added = [...SCORE_COLUMNS, ...why];
  let rows = 0;
  let anomalies = 0;
  let explanations: ExplainedRow[] = [];
  async function* table(): AsyncGenerator<string> {
    let begun = false;
    for await (const { first, total, names, cells, rows: instances } of readModelRows({ features }, file)) {
      if (!begun) {
        yield `${[...namesBeside(added, names), ...added].map(csvField).join(",")}\n`;
        begun = true;
      }
      const scores = checkedScores(scorer.scoreRows(instances), first + 1, file.name);
      const lines = cells.map((row, i) => {
        const score = scores[i];
        const anomaly = score >= threshold;
        if (anomaly) anomalies++;
        const own = row.map((cell) => csvField(cell ?? ""));
        const line = [...own, ...scoreCells(score, threshold)];
        if (top === 0) return line.join(",");
        if (!anomaly) return [...line, ...why.map(() => "")].join(",");
        const [explanation] = explain(scorer, [instances[i]], { top });
        explanations.push({ row: first + i + 1, score, ...explanation });
        const named = explanation.features.flatMap(({ name, contribution }) => [csvField(name), contribution]);
        return [...line, ...named].join(",");
      });
      explanations = explanations.toSorted((a, b) => b.logOdds - a.logOdds).slice(0, EXPLAINED_ROWS);
      yield lines.map((line) => `${line}\n`).join("");
      rows += cells.length;
      report({ phase: "rows", done: rows, total });
    }
    if (!begun) {
      throw new UnseenError("data-empty", `${file.name} has no rows.`, "Give a file with rows.", { file: file.name });
    }
  }
  await writeChunks(out, table());
  return { rows, anomalies, explanations };
}
