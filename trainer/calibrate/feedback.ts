/** Feedback as calibration takes it: encoded rows with labels, from the Worker's lines or from a table. */
import { cellText } from "../../model/cells.ts";
import { UnseenError } from "../../model/errors.ts";
import type { Row } from "../../model/schema.ts";
import type { Scorer } from "../../model/scorer.ts";
import { readText } from "../disk.ts";
import { concat } from "../concat.ts";
import type { Matrix } from "../data/matrix.ts";
import type { SourceFile } from "../data/scan.ts";
import { scoredChunks } from "../evaluate/scored-file.ts";
import { rowsWhere } from "../learn/select.ts";
import type { Told } from "./figures.ts";

export interface LabelledRows extends Told<Matrix> {
  /** Labels in all. */
  readonly count: number;
}

const UNNAMED = "feedback";

interface Labelled {
  /** Or line, one-based. */
  readonly row: number;
  readonly label: unknown;
  readonly family: unknown;
  readonly inputs: Float32Array;
}

/**
 * Reads a file: lines as the Worker gives them (`.jsonl`, `.ndjson`), or a table with the columns `label` (normal or
 * anomaly), `family` and those of the model, none of which may be called so.
 *
 * @throws UnseenError data-unreadable naming the line, data-empty, column-unknown, value-*
 */
export async function readFeedback(scorer: Scorer, file: SourceFile): Promise<LabelledRows> {
  if (/\.(jsonl|ndjson)$/i.test(file.path)) return feedbackOfLines(scorer, readText(file.path), file.name);
  const clash = scorer.artefact.schema.features.find(({ name }) => name === "label" || name === "family");
  if (clash) {
    const why = `${file.name}: the column "${clash.name}" would be a feature of the model as well as what a row was found to be`;
    const remedy = "Give the feedback as lines (.jsonl), as the Worker does.";
    throw new UnseenError("data-unreadable", why, remedy, { file: file.name, feature: clash.name });
  }
  const rows: Labelled[] = [];
  for await (const { matrix, names, cells } of scoredChunks(scorer, file, ["label", "family"])) {
    const [label, family] = [names.indexOf("label"), names.indexOf("family")];
    for (const [i, row] of cells.entries()) {
      const inputs = matrix.data.subarray(i * matrix.cols, (i + 1) * matrix.cols);
      const [found, name] = [label, family].map((column) => cellText(row[column] ?? "") ?? "");
      rows.push({ row: rows.length + 1, label: found, family: name, inputs });
    }
  }
  return gathered(scorer, rows, file.name);
}

/**
 * Feedback out of the Worker's lines.
 *
 * @param refused is given what is wrong with rows that the model does not take, which then are left out, not thrown: what a
 * Worker keeps of versions with other features cannot be corrected
 * @throws UnseenError as readFeedback does
 */
export function feedbackOfLines(scorer: Scorer, text: string, name: string, refused?: UnseenError[]): LabelledRows {
  const rows: Labelled[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    try {
      const told: unknown = JSON.parse(line);
      if (typeof told !== "object" || told === null) throw new UnseenError("data-unreadable", "it is no row", "");
      const { label, family, instance } = told as { label: unknown; family: unknown; instance: Row };
      rows.push({ row: i + 1, label, family: family ?? "", inputs: scorer.encode(instance, i + 1) });
    } catch (cause) {
      if (refused && cause instanceof UnseenError) {
        refused.push(cause);
        continue;
      }
      const why = cause instanceof UnseenError ? cause.message : "it is not JSON";
      const code = cause instanceof UnseenError ? cause.code : "data-unreadable";
      throw new UnseenError(code, `${name}, line ${i + 1}: ${why}`, "Correct or remove the line.", { file: name });
    }
  }
  if (rows.length === 0 && refused?.[0]) {
    const why = `${name} has no feedback that the model takes: ${refused[0].message}.`;
    throw new UnseenError("data-empty", why, "Calibrate the version that the rows were given to.", { file: name });
  }
  return gathered(scorer, rows, name);
}

function gathered({ inputs: cols }: Scorer, rows: readonly Labelled[], name: string): LabelledRows {
  const groups = new Map<string, Float32Array[]>([["", []]]);
  for (const { row, label, family, inputs } of rows) {
    if (label !== "normal" && label !== "anomaly") {
      const why = `${name}, row ${row}: the label is neither normal nor anomaly`;
      throw new UnseenError("data-unreadable", why, "Label every row normal or anomaly.", { file: name, row });
    }
    const group = label === "normal" ? "" : String(family) || UNNAMED;
    const members = groups.get(group) ?? [];
    groups.set(group, members);
    members.push(inputs);
  }
  if (rows.length === 0) {
    throw new UnseenError("data-empty", `${name} has no feedback.`, "Give labelled rows first.", { file: name });
  }
  const [normal, ...families] = [...groups].map(([family, members]) => {
    const matrix: Matrix = { rows: members.length, cols, data: concat(Float32Array, members) };
    return [family, matrix] as const;
  });
  return { normal: normal[1], families: new Map(families), count: rows.length };
}

/** Every `of`-th row from `part` on, or all others. */
export function fold(rows: LabelledRows, part: number, of: number, inside: boolean): LabelledRows {
  const chosen = (matrix: Matrix): Matrix => rowsWhere(matrix, (i) => (i % of === part) === inside);
  const families = [...rows.families].map(([family, matrix]) => [family, chosen(matrix)] as const);
  const filled = new Map(families.filter(([, matrix]) => matrix.rows > 0));
  const normal = chosen(rows.normal);
  return { normal, families: filled, count: normal.rows + [...filled.values()].reduce((sum, m) => sum + m.rows, 0) };
}
