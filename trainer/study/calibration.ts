/** The study of confidence: our softmax margin beside other calibrations of the same logits, on families seen and unseen. */
import type { Bench } from "../benchmark/bench.ts";
import { baseOf, cellOf } from "../benchmark/cell.ts";
import type { ConfidenceError } from "../benchmark/line.ts";
import { confidenceError, round } from "../benchmark/measure.ts";
import { LEAST_TESTED } from "../benchmark/task.ts";
import { UnseenError } from "../../model/errors.ts";
import { budgetThreshold } from "../evaluate/budget.ts";
import { aucRoc, decisions, pooled } from "../evaluate/metrics.ts";
import { LEARNING_METHODS, type LearningMethod } from "../learn/request.ts";
import { CHOICES, trainOurs } from "../peers/ours.ts";
import type { Matrix } from "../data/matrix.ts";
import { calibrationPage } from "./calibration-page.ts";
import { type Confidence, type ConfidenceName, confidencesOf } from "./confidences.ts";
import { type Families, heldOutOf, untested } from "./held-out.ts";
import { LogitReader, type Logits, together } from "./logits.ts";
import type { Planned, Study, StudyOptions, StudyTask } from "./study.ts";

export interface CalibrationTask extends StudyTask {
  readonly folder: string;
  readonly data: string;
  readonly split: StudyOptions["split"];
  readonly shots: number;
  readonly sets: Families;
}

export interface CalibrationResult {
  readonly family: string;
  readonly confidence: ConfidenceName;
  readonly aucRoc: number;
  /** At the 1 % budget. */
  readonly recall: number;
  readonly falsePositiveRate: number;
  /** Against the held-out family; against test rows of seen families, null where there is none. */
  readonly unseen: ConfidenceError;
  readonly seen: ConfidenceError | null;
}

export const calibrationStudy: Study<CalibrationTask, CalibrationResult> = {
  name: "calibration",
  title: "The softmax margin and other confidences",
  question:
    "Does the confidence say how often a row is an attack, and does it still on families nobody has labelled? One model " +
    "for each held-out family; its logits become confidences in six ways, each fitted on the same validation rows " +
    "(normal ones, and labels of seen families); ECE (10 bins) and Brier score weigh normal and anomalous test rows " +
    "half each.",

  async plan(bench: Bench, options: StudyOptions): Promise<Planned<CalibrationTask>> {
    const methods = options.methods.map(({ name }) => name).filter((name) => learner(name) !== undefined);
    if (methods.length === 0) {
      const remedy = `Give some of ${LEARNING_METHODS.join(", ")}.`;
      throw new UnseenError("option-invalid", "None of these --methods has logits to calibrate.", remedy);
    }
    const tasks: CalibrationTask[] = [];
    for (const folder of options.folders) {
      const { data, sets } = await heldOutOf(bench, folder, options);
      for (let seed = 1; seed <= options.seeds; seed++) {
        const base = { folder, data, split: options.split, seed, shots: options.shots[0] };
        for (const set of sets) tasks.push(...methods.map((method) => ({ ...base, method, sets: [set] })));
      }
    }
    const others = options.methods.filter(({ name }) => !methods.includes(name)).map(({ name }) => name);
    return { tasks, notes: others.length > 0 ? [`${others.join(", ")}: no logits to calibrate.`] : [] };
  },

  async measure(bench, task) {
    const { dataset } = await bench.read(task.folder);
    const { split, seed, shots } = task;
    const base = baseOf(dataset, { split, seed, shots, full: false });
    const results: CalibrationResult[] = [];
    for (const set of task.sets) {
      const { side, test } = cellOf(base, set);
      const artefact = await trainOurs(side, CHOICES[learner(task.method) ?? "unseen"]);
      const reader = new LogitReader(artefact);
      const read = (parts: readonly Matrix[]): Logits => together(parts.map((rows) => reader.read(rows)));
      const validation = read(side.normal.map((domain) => domain.validation));
      const labelled = read(side.seen.map((family) => family.validation));
      if (labelled.normal.length === 0) {
        throw new UnseenError("data-too-small", "No label of a seen family is left to calibrate on.", "Give --shots.");
      }
      const own = { temperature: artefact.temperature, shift: reader.shift };
      const confidences = confidencesOf(own, validation, labelled);
      const [normal, seen] = [read([test.normal]), read([test.seen])];
      for (const { family, rows } of test.unseen) {
        if (rows.rows < LEAST_TESTED) continue;
        const unseen = read([rows]);
        results.push(...confidences.map((one) => ({ family, ...measured(one, { validation, normal, unseen, seen }) })));
      }
    }
    return results;
  },

  remarks: (entries) => untested(entries.filter(({ results }) => results.length > 0)),

  page: calibrationPage,
};

interface Parts {
  /** Normal validation rows, which set the budget. */
  readonly validation: Logits;
  readonly normal: Logits;
  readonly unseen: Logits;
  readonly seen: Logits;
}

function measured(confidence: Confidence, parts: Parts): Omit<CalibrationResult, "family"> {
  const [normal, unseen] = [confidence.score(parts.normal), confidence.score(parts.unseen)];
  const { labels, scores } = pooled(normal, unseen);
  const threshold = budgetThreshold(confidence.score(parts.validation), 0.01, false);
  const { recall, falsePositiveRate } = decisions(labels, scores, threshold);
  return {
    confidence: confidence.name,
    aucRoc: round(aucRoc(labels, scores)),
    recall: round(recall),
    falsePositiveRate: round(falsePositiveRate),
    unseen: errors(confidence, parts.normal, parts.unseen),
    seen: parts.seen.normal.length > 0 ? errors(confidence, parts.normal, parts.seen) : null,
  };
}

function errors(confidence: Confidence, normal: Logits, anomalous: Logits): ConfidenceError {
  const count = normal.normal.length;
  const probabilities = confidence.probability(together([normal, anomalous]));
  const labels = new Uint8Array(probabilities.length).fill(1, count);
  return confidenceError(labels, probabilities);
}

function learner(name: string): LearningMethod | undefined {
  return LEARNING_METHODS.find((known) => known === name);
}
