/** A file's rows through a model: encoded, scored, counted, chunk by chunk. */
import { type Drift, drift } from "../../model/drift.ts";
import { checkedScores } from "../../model/overflow.ts";
import { Counter, referenceOf } from "../../model/reference.ts";
import type { Scorer } from "../../model/scorer.ts";
import type { Matrix } from "../data/matrix.ts";
import { readModelRows, type RowChunk } from "../data/model-rows.ts";
import type { SourceFile } from "../data/scan.ts";

export interface ScoredChunk extends RowChunk {
  readonly matrix: Matrix;
  readonly scores: Float32Array;
}

/** @throws UnseenError as readModelRows does; artefact-malformed where the model gives a row no score */
export async function* scoredChunks(
  scorer: Scorer,
  file: SourceFile,
  beside: readonly string[] = [],
): AsyncGenerator<ScoredChunk> {
  for await (const chunk of readModelRows(scorer.artefact.schema, file, beside)) {
    const data = new Float32Array(chunk.rows.length * scorer.inputs);
    for (const [i, row] of chunk.rows.entries()) data.set(scorer.encode(row, chunk.first + i), i * scorer.inputs);
    const matrix = { rows: chunk.rows.length, cols: scorer.inputs, data };
    yield { ...chunk, matrix, scores: checkedScores(scorer.score(data, matrix.rows), chunk.first + 1, file.name) };
  }
}

/** How far a file's rows are from those a model was trained on. @throws UnseenError reference-missing, data-* */
export async function fileDrift(scorer: Scorer, file: SourceFile): Promise<Drift> {
  const { schema } = scorer.artefact;
  const reference = referenceOf(scorer.artefact);
  const counter = new Counter(schema, reference);
  const counts = new Float64Array(counter.bins);
  for await (const { matrix, scores } of scoredChunks(scorer, file)) {
    for (let i = 0; i < matrix.rows; i++) counter.count(scores[i], matrix.data, i * matrix.cols, counts);
  }
  return drift(schema, reference, counts);
}
