/** Our own learners as methods of the benchmark: the default, the published form, and the default less one ingredient each. */
import { type Artefact, writeArtefact } from "../../model/artefact.ts";
import { Scorer } from "../../model/scorer.ts";
import { DISTANCES, EVIDENCE, type EvidenceName } from "../../model/evidence.ts";
import type { EvidenceOptions } from "../learn/evidence/learn.ts";
import { kernelModule } from "../learn/engine.ts";
import type { LearningMethod, LearningOptions } from "../learn/request.ts";
import { train } from "../learn/train.ts";
import type { Fitted, Method, TrainingSide } from "./method.ts";

interface Choice {
  readonly method: LearningMethod;
  readonly learning?: Partial<LearningOptions>;
  readonly evidence?: Partial<EvidenceOptions>;
}

/** An artefact trained on the side, and on nothing else. */
export async function trainOurs({ fit, schema, seed }: TrainingSide, choice: Choice): Promise<Artefact> {
  const { artefact } = await train(fit, {
    ...choice,
    schema,
    seed,
    split: "rows",
    shots: 0,
    heldOut: [],
    data: { name: "", files: [], roles: {} },
    createdAt: "",
  });
  return artefact;
}

/** Trains an artefact and scores with it, as the edge would. */
async function fitOurs(side: TrainingSide, choice: Choice): Promise<Fitted> {
  const artefact = await trainOurs(side, choice);
  const bytes = writeArtefact(artefact);
  const scorer = Scorer.open(bytes, kernelModule("score"));
  return {
    probability: true,
    thresholds: artefact.thresholds,
    bytes: bytes.length,
    score: ({ data, rows }) => scorer.score(data, rows),
  };
}

const ours = (name: string, title: string, choice: Choice): Method => ({
  name,
  title,
  source: "this project",
  group: "ours",
  labels: true,
  fit: (side) => fitOurs(side, choice),
});

/** The published form at half the reference network's widths and two blocks, so that a fit takes seconds as the peers' do. */
export const CHOICES: Readonly<Record<LearningMethod, Choice>> = {
  unseen: { method: "unseen" },
  paper: { method: "paper", learning: { hidden: 128, blocks: 2, latent: 64 } },
};

export const unseen = ours("unseen", "unseen", CHOICES.unseen);

export const paper: Method = {
  ...ours("paper", "The paper's", CHOICES.paper),
  source: "Roy, Mili, Boker: A multi-directional meta-learning framework, 2026, with corrupted normal rows",
};

const without = (name: EvidenceName): Method =>
  ours(`unseen-no-${name}`, `unseen without ${name}`, {
    method: "unseen",
    evidence: { evidence: EVIDENCE.filter((kind) => kind !== name) },
  });

/** What each ingredient buys; not among the methods run unless named. */
export const ABLATIONS: readonly Method[] = [
  ...EVIDENCE.map(without),
  ours("unseen-no-rotation", "unseen without rotated roles", { method: "unseen", evidence: { rotate: false } }),
  ours("unseen-equal-head", "unseen with equal weights", { method: "unseen", evidence: { learnHead: false } }),
  ours("unseen-no-far", "unseen with nothing far", { method: "unseen", evidence: { far: false } }),
  ours("unseen-no-labels", "unseen by the manifold alone", {
    method: "unseen",
    evidence: { evidence: DISTANCES },
  }),
];
