/** Calibration of the evidence network: the outer loop on the head alone, on what the artefact remembers and on feedback. */
import type { Artefact } from "../../model/artefact.ts";
import { UnseenError } from "../../model/errors.ts";
import { EVIDENCE, kindWeights } from "../../model/evidence.ts";
import { memoryOf, type Remembered, remembered, TOLD } from "../../model/memory.ts";
import type { Scorer } from "../../model/scorer.ts";
import { floatTensor } from "../../model/tensor.ts";
import { weightValues } from "../../model/tier.ts";
import type { Matrix } from "../data/matrix.ts";
import { calibrate, equally, fitHead, type Head, headLogits, type Normals } from "../learn/evidence/head.ts";
import { singleColumns, weighsSingleColumns } from "../learn/evidence/kinds.ts";
import { headRows } from "../learn/evidence/tensors.ts";
import { byFamily, joined, NO_ROWS, type Table, thinned } from "../learn/evidence/rows-of-evidence.ts";
import { sigmoid } from "../evaluate/calibrate.ts";
import { storedThresholds } from "../evaluate/thresholds.ts";
import { scoreHistogram } from "../learn/reference.ts";
import { fold, type LabelledRows } from "./feedback.ts";
import { brierOf, type CalibrationFigures, compare, judgedApart } from "./figures.ts";
import { longest, type Side, sideOf, type Told } from "./figures.ts";
import { isToldNormal, rowsOf, withinCap, withoutToldAgain } from "./told.ts";

const KINDS = EVIDENCE.length;
/** Feedback is judged by heads that each leave out one part in so many. */
const FOLDS = 5;
/** Rows that callers found normal count as this share of the normal rows at the most, and each as so many. */
const FALSE_ALARM_SHARE = 0.1;
const FALSE_ALARM_WEIGHT = 20;
/** How much of the change that labels ask for the head may take: the longest step that costs seen families nothing. */
const STEPS = [1, 0.5, 0.25, 0.125];

export interface Calibrated {
  /** With the old golden scores; see `finished` in calibrate.ts. */
  readonly artefact: Artefact;
  readonly figures: CalibrationFigures;
  /** How much of the change that the labels ask for the head took, 1 being all of it. */
  readonly step: number;
  /** Of the labels, those that an earlier calibration has counted. */
  readonly known: { readonly anomalies: number; readonly normal: number };
}

/** A head with its temperature: what the model's log odds are made of. */
interface Boundary {
  readonly head: Required<Head>;
  readonly temperature: number;
}

/**
 * Fits weights ≥ 0, bias, temperature and thresholds anew. Seen families and normal rows come from the artefact's
 * memory: no data set is needed. Rows of earlier feedback are told anew where they come again, under whichever label.
 *
 * @throws UnseenError reference-missing where the artefact has no memory, or one without normal rows to set thresholds on
 */
export function calibrateHead(scorer: Scorer, feedback: LabelledRows): Calibrated {
  const { artefact } = scorer;
  const all = rememberedBy(artefact);
  const tables = (rows: LabelledRows): Told<Table> => ({
    normal: evidenceOf(scorer, rows.normal),
    families: new Map([...rows.families].map(([family, matrix]) => [family, evidenceOf(scorer, matrix)])),
  });
  const labels = tables(feedback);
  const kept = keptBy(withoutToldAgain(all, [labels.normal, ...labels.families.values()]));
  const { setting, check, groups } = kept;
  const side = (boundary: Boundary, told: Told<Table>): Side => {
    const logits = (table: Table): number[] => headLogits(boundary.head, table);
    const brier = brierOf(scoresOf(boundary, setting), scoresOf(boundary, joined([...check.values()])));
    return sideOf(logits(setting), brier, check, told, logits);
  };

  const learn = learnerOf(artefact, all, kept);
  const before = side(boundaryOf(artefact), labels);
  const whole = learn(labels);
  const parts = Array.from({ length: FOLDS }, (_, part) => ({
    learned: learn(tables(fold(feedback, part, FOLDS, false))),
    out: tables(fold(feedback, part, FOLDS, true)),
  }));
  const { boundary, figures, step } = longest(STEPS, (share) => {
    const moved = whole(share);
    const apart = parts.map(({ learned, out }) => side(learned(share), out));
    return { boundary: moved, figures: compare(before, judgedApart(side(moved, labels), apart)), step: share };
  });
  const toldAgain = (role: Remembered["role"]): number =>
    rowsOf(all.filter((group) => group.role === role)) - rowsOf(groups.filter((group) => group.role === role));
  return {
    artefact: withBoundary(artefact, boundary, kept, labels),
    figures,
    step,
    known: { anomalies: toldAgain("fit"), normal: toldAgain("normal") },
  };
}

/** @throws UnseenError reference-missing where there are no normal rows to set thresholds on */
function rememberedBy({ memory }: Artefact): Remembered[] {
  const all = memory ? remembered(memory) : [];
  if (all.some(({ role }) => role === "threshold")) return all;
  throw new UnseenError(
    "reference-missing",
    "the model holds no evidence of the rows its head was fitted on",
    "Train the model again: models of before there was calibration do not remember their families.",
  );
}

/** What is remembered and not told anew. */
interface Kept {
  readonly groups: readonly Remembered[];
  /** Normal rows that set thresholds. */
  readonly setting: Table;
  /** Normal rows of training kept out in turn. */
  readonly others: Table;
  readonly check: ReadonlyMap<string, Table>;
}

function keptBy(groups: readonly Remembered[]): Kept {
  return {
    groups,
    setting: joined(groups.filter(({ role }) => role === "threshold")),
    others: joined(groups.filter((group) => group.role === "normal" && !isToldNormal(group))),
    check: familyTables(groups, "check"),
  };
}

/** What labels ask for, as a head for each share of the change: one fit serves all shares. */
type Learned = (step: number) => Boundary;

/** @param all what is remembered, told anew or not: the head there is had learned from that */
function learnerOf(
  artefact: Artefact,
  all: readonly Remembered[],
  { groups, setting, others, check }: Kept,
): (labels: Told<Table>) => Learned {
  const old = boundaryOf(artefact);
  const byBlocks = artefact.training.split === "blocks";
  const before = familyTables(all, "fit");
  const varying = EVIDENCE.map((_, kind) => [setting, ...before.values()].some((table) => varies(table, kind)));
  // by blocks training may have found that nothing but single columns carries over
  const single = byBlocks && weighsSingleColumns(old.head.weights);
  const weighing = single ? { ...singleColumns(varying), learned: true } : equally(varying);
  const normals = (told: readonly Table[]): Normals => {
    const known = joined([setting, ...(byBlocks ? [others] : []), ...repeated(joined(told), setting.rows)]);
    return { known, strange: byBlocks ? NO_ROWS : others };
  };
  const unchanged = fitHead(normals(all.filter(isToldNormal)), before, weighing);
  return ({ normal, families }) => {
    const beside = normals([...groups.filter(isToldNormal), normal]);
    const fitted = fitHead(beside, byFamily([...familyTables(groups, "fit"), ...families]), weighing);
    const judges = [...check.values(), ...families.values()];
    return (step) => {
      const head = moved(old.head, unchanged, fitted, step);
      const { temperature, shift } = calibrate(head, beside.known, judges);
      return { head: { ...head, bias: head.bias + shift }, temperature };
    };
  };
}

/**
 * The head there is, moved by a share of what labels change in a fit from memory. Such a fit is not the head of training
 * even without new labels: normal rows are remembered as the parts that ship put them, and training fitted beside those
 * of the parts that judged. In the difference of two fits this falls out, and no labels leave the head where it is.
 */
function moved(head: Required<Head>, without: Head, fitted: Head, step: number): Required<Head> {
  return {
    ...head,
    weights: head.weights.map((weight, kind) =>
      Math.max(0, weight + step * (fitted.weights[kind] - without.weights[kind])),
    ),
    bias: head.bias + step * (fitted.bias - without.bias),
  };
}

function withBoundary(
  artefact: Artefact,
  boundary: Boundary,
  { groups, setting, others, check }: Kept,
  labels: Told<Table>,
): Artefact {
  const { head, temperature } = boundary;
  const scores = (table: Table): Float32Array => scoresOf(boundary, table);
  // By blocks, rows kept out in turn set thresholds in training, too.
  const normal = artefact.training.split === "blocks" ? joined([setting, others]) : setting;
  const seen = joined([...check.values(), ...labels.families.values()]);
  const { w, b } = headRows(head);
  const tensors = new Map(artefact.tensors)
    .set("head.w", floatTensor(w, [2, KINDS]))
    .set("head.b", floatTensor(b, [2]));
  const learned: Remembered[] = [
    { role: "normal", family: TOLD, ...labels.normal },
    ...[...labels.families].map(([family, table]): Remembered => ({ role: "fit", family, ...table })),
  ];
  const weights = EVIDENCE.map((name, i) => [`weight-${name}`, head.weights[i]] as const);
  return {
    ...artefact,
    tensors,
    temperature,
    thresholds: storedThresholds(scores(normal), scores(seen), Object.keys(artefact.thresholds.fpr)),
    ...(artefact.reference
      ? {
          reference: {
            ...artefact.reference,
            score: scoreHistogram(scores(thinned(setting, artefact.reference.rows))),
          },
        }
      : {}),
    memory: memoryOf(withinCap(groups, learned)),
    training: { ...artefact.training, figures: { ...artefact.training.figures, ...Object.fromEntries(weights) } },
  };
}

/** Anomaly scores, as the kernel will have them. */
function scoresOf({ head, temperature }: Boundary, table: Table): Float32Array {
  return Float32Array.from(headLogits(head, table), (logit) => sigmoid(logit / temperature));
}

/** The head as the artefact has it. */
function boundaryOf({ tensors, temperature }: Artefact): Boundary {
  const b = weightValues(tensors, "head.b");
  const far = weightValues(tensors, "far");
  return { head: { weights: kindWeights(tensors), bias: b[1] - b[0], far }, temperature };
}

/** Standardised evidence of encoded rows, as the kernel has it. */
function evidenceOf(scorer: Scorer, { rows, cols, data }: Matrix): Table {
  const table = new Float64Array(rows * KINDS);
  for (let i = 0; i < rows; i++) {
    table.set(scorer.evidence(data.subarray(i * cols, (i + 1) * cols)) ?? [], i * KINDS);
  }
  return { rows, data: table };
}

/** Groups of one role by family; a family may have several, from one calibration after another. */
function familyTables(groups: readonly Remembered[], role: "fit" | "check"): Map<string, Table> {
  return byFamily(groups.flatMap((group) => (group.role === role ? [[group.family, group] as const] : [])));
}

/** The rows several times over, so that a few count beside thousands. */
function repeated(table: Table, beside: number): Table[] {
  if (table.rows === 0) return [];
  const times = Math.floor((FALSE_ALARM_SHARE * beside) / table.rows);
  return Array.from({ length: Math.min(FALSE_ALARM_WEIGHT, Math.max(1, times)) }, () => table);
}

function varies({ rows, data }: Table, kind: number): boolean {
  for (let i = 1; i < rows; i++) if (data[i * KINDS + kind] !== data[kind]) return true;
  return false;
}
