/** The Worker without scoring: all it does, reading rows included, but encoding them and running the kernel; every score is 0. */
import kernel from "../../build/score.wasm";
import { readArtefact } from "../../model/artefact.ts";
import type { Cells } from "../../model/row-reader.ts";
import type { Row } from "../../model/schema.ts";
import { Scorer } from "../../model/scorer.ts";
import { createApp } from "../../worker/app.ts";

class IdleScorer extends Scorer {
  override scoreRows(rows: readonly Row[]): Float32Array {
    return new Float32Array(rows.length);
  }

  override scoreCells({ rows }: Cells): Float32Array {
    return new Float32Array(rows);
  }
}

export { LiveHistograms } from "../../worker/live-histograms.ts";
export default createApp((bytes) => new IdleScorer(readArtefact(bytes), kernel, { selfTest: false }));
