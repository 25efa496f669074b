/** Calibration of the published form: outer steps on head and T; encoder and ε stay. */
import { type Artefact, tensorShapes } from "../../model/artefact.ts";
import { UnseenError } from "../../model/errors.ts";
import { isEvidence } from "../../model/evidence.ts";
import { isHead } from "../../model/network.ts";
import type { Scorer } from "../../model/scorer.ts";
import { tierOf, weightValues } from "../../model/tier.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Matrix } from "../data/matrix.ts";
import { familiesOf } from "../data/families.ts";
import { splitAgain } from "../data/split-again.ts";
import { drawFor } from "../learn/draw.ts";
import { exportArtefact, learnedTensors } from "../learn/export.ts";
import { gather } from "../learn/judge.ts";
import { Learner } from "../learn/learner.ts";
import { OuterLoop } from "../learn/outer.ts";
import { quantise } from "../learn/quantise.ts";
import { stacked } from "../learn/select.ts";
import { encodeFit } from "../learn/encode-fit.ts";
import { finish } from "../learn/episode.ts";
import { LEARNING_DEFAULTS } from "../learn/request.ts";
import type { Calibrated } from "./evidence-head.ts";
import { fold, type LabelledRows } from "./feedback.ts";
import { brierOf, compare, judgedApart, type Side, sideOf } from "./figures.ts";

/** Fewer than for the evidence head: each part takes a run of outer steps. */
const FOLDS = 3;
/** Normal validation rows that figures are worked out on. */
const NORMAL_ROWS = 5_000;
/** Of training's learning rate: the head is near its place already, and a large step would leave it. */
const RATE = 0.2;

/**
 * The head needs the rows themselves, for the input step moves them by its own gradient: seen families and normal rows
 * come from the data set the model was trained on, divided as training divided it.
 *
 * @throws UnseenError data-changed where it is another data set
 */
export async function calibratePublished(
  scorer: Scorer,
  dataset: Dataset,
  feedback: LabelledRows,
): Promise<Calibrated> {
  const { artefact } = scorer;
  const { training, schema } = artefact;
  checkFiles(artefact, dataset);
  const { seed, split, shots, reach } = training;
  // families learned from feedback alone among them: training had no label of theirs out of these data
  const holdOut = familiesOf(dataset).filter((family) => !Object.hasOwn(reach, family));
  const { fit } = splitAgain(training, dataset, holdOut, false);
  const data = encodeFit(fit, schema);
  const normal = gather(data.validation, NORMAL_ROWS, scorer.inputs);

  const learn = async (rows: LabelledRows): Promise<Learner> => {
    const learner = learnerOf(artefact);
    const support = new Map(data.support);
    for (const [family, matrix] of rows.families) {
      const known = support.get(family);
      support.set(family, known ? stacked([known, matrix], matrix.cols) : matrix);
    }
    const train = rows.normal.rows > 0 ? [...data.train, rows.normal] : data.train;
    const outerRate = RATE * LEARNING_DEFAULTS.outerRate;
    const options = { ...LEARNING_DEFAULTS, outerRate, epsilon: artefact.epsilon };
    await finish(new OuterLoop(learner, options), { ...data, support, train }, options, seed);
    return learner;
  };
  const side = (score: (rows: Matrix) => Float32Array, rows: LabelledRows): Side => {
    const reference = score(normal);
    const brier = brierOf(reference, score(stacked([...data.seenValidation.values()], scorer.inputs)));
    return sideOf(reference, brier, data.seenValidation, rows, score);
  };
  const asLearned = (learner: Learner) => (rows: Matrix) => learner.score(rows);

  const learner = await learn(feedback);
  const apart: Side[] = [];
  for (let part = 0; part < FOLDS; part++) {
    const rest = await learn(fold(feedback, part, FOLDS, false));
    apart.push(side(asLearned(rest), fold(feedback, part, FOLDS, true)));
    await rest.kernel.close();
  }
  const after = judgedApart(side(asLearned(learner), feedback), apart);
  const before = side((rows) => scorer.score(rows.data, rows.rows), feedback);
  const model = {
    network: artefact.network,
    temperature: learner.temperature.value,
    epsilon: artefact.epsilon,
    tensors: learnedTensors(learner),
    method: training.method,
    figures: training.figures,
    budgets: Object.keys(artefact.thresholds.fpr),
  };
  const { heldOut, createdAt } = training;
  const request = { seed, split, shots, heldOut, createdAt, data: training.data };
  const exported = exportArtefact(model, fit, schema, data, request);
  await learner.kernel.close();
  const quantised = quantise({ ...exported, training }, tierOf(artefact.tensors));
  // the published form remembers no rows, so none is known again
  return { artefact: quantised, figures: compare(before, after), step: 1, known: { anomalies: 0, normal: 0 } };
}

/** A learner that stands where training left it. */
function learnerOf({ network, tensors, temperature, epsilon, training }: Artefact): Learner {
  if (isEvidence(network)) throw new RangeError("an evidence network has no learner");
  const learner = new Learner(network, epsilon, drawFor(training.seed, -1));
  for (const name of tensorShapes(network).keys()) {
    (isHead(name) ? learner.head : learner.encoder).parameters.load(name, weightValues(tensors, name));
  }
  learner.temperature.restore([temperature, 0, 0, 0]);
  return learner;
}

function checkFiles({ training }: Artefact, { files }: Dataset): void {
  const known = new Set(training.data.files.map(({ sha256 }) => sha256));
  const other = files.find(({ sha256 }) => !known.has(sha256));
  if (!other && files.length === training.data.files.length) return;
  throw new UnseenError(
    "data-changed",
    `${other ? `${other.path} is` : "these are"} not what the model was trained on.`,
    "Give the same files as in training, or train again.",
  );
}
