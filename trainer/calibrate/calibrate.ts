/** Calibration: the outer loop again, on the head, T and thresholds alone, with labels that came in after training. */
import type { Artefact } from "../../model/artefact.ts";
import { UnseenError } from "../../model/errors.ts";
import { isEvidence } from "../../model/evidence.ts";
import type { Scorer } from "../../model/scorer.ts";
import type { Dataset } from "../data/dataset.ts";
import { rescored } from "../learn/golden.ts";
import { type Calibrated, calibrateHead } from "./evidence-head.ts";
import type { LabelledRows } from "./feedback.ts";
import { type CalibrationFigures, refuseLosses } from "./figures.ts";
import { calibratePublished } from "./published-head.ts";

/**
 * A model with the labels of feedback learned by its head; trees and distances stay as they are. What has to
 * be known of seen families comes from the artefact's memory for the evidence network, from `dataset` for the published
 * form.
 *
 * @param shown is given the figures before they may be refused
 * @throws UnseenError calibration-refused where figures of seen families would fall; option-invalid where the published
 * form comes without its data; reference-missing, data-changed
 */
export async function calibrateModel(
  scorer: Scorer,
  feedback: LabelledRows,
  dataset: () => Promise<Dataset | undefined>,
  shown: (figures: CalibrationFigures) => void = () => {},
): Promise<Calibrated> {
  const calibrated = isEvidence(scorer.artefact.network)
    ? calibrateHead(scorer, feedback)
    : await calibratePublished(scorer, await needed(dataset), feedback);
  shown(calibrated.figures);
  refuseLosses(calibrated.figures);
  return { ...calibrated, artefact: finished(scorer.artefact, calibrated, feedback) };
}

async function needed(dataset: () => Promise<Dataset | undefined>): Promise<Dataset> {
  const found = await dataset();
  if (found) return found;
  const remedy = "Give --data with the files the model was trained on; only the default method remembers its families.";
  throw new UnseenError("option-invalid", "The published form is calibrated on its own data.", remedy);
}

/** Golden scores by the new head, the labels counted, and no figures of the old head and its thresholds left. */
function finished(before: Artefact, { artefact: calibrated, known }: Calibrated, feedback: LabelledRows): Artefact {
  const { evaluation: _, ...artefact } = calibrated;
  const { families, heldOut, labels, reach } = artefact.training;
  const { rethresholdedRows: __, ...figures } = artefact.training.figures;
  // one that feedback brought, and feedback has corrected since, is none any more
  const groups = artefact.memory?.groups;
  const kept = families.filter(
    (one) => !groups || Object.hasOwn(reach, one) || groups.some(({ family }) => family === one),
  );
  const anomalies = feedback.count - feedback.normal.rows - known.anomalies;
  const told = anomalies + feedback.normal.rows - known.normal;
  return {
    ...rescored({ ...artefact, golden: before.golden }),
    training: {
      ...artefact.training,
      families: [...new Set([...kept, ...feedback.families.keys()])],
      heldOut: heldOut.filter((family) => !feedback.families.has(family)),
      labels: labels + anomalies,
      figures: { ...figures, calibratedLabels: (figures.calibratedLabels ?? 0) + told },
    },
  };
}
