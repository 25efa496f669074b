/** The study of normal domains: what several of them buy over one, with as many training rows in all. */
import type { Bench } from "../benchmark/bench.ts";
import { CAPS, evenly } from "../benchmark/cell.ts";
import { figuresOf } from "../benchmark/measure.ts";
import { LEAST_TESTED } from "../benchmark/task.ts";
import { UnseenError } from "../../model/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { domainsOf, familiesOf, normalRows } from "../data/families.ts";
import { fitSchema } from "../data/fit-schema.ts";
import { encodeRows, type Matrix } from "../data/matrix.ts";
import { splitDataset, type SplitOptions } from "../data/split.ts";
import { drawFor, shuffled } from "../learn/draw.ts";
import { type Fitted, trainingSide } from "../peers/method.ts";
import { methodNamed } from "../peers/registry.ts";
import { domainsPage } from "./domains-page.ts";
import { type Families, heldOutOf, unseenRows, untested } from "./held-out.ts";
import { scoresOf, validationScores } from "./scores.ts";
import type { Planned, Study, StudyOptions, StudyTask } from "./study.ts";

export interface DomainsTask extends StudyTask {
  readonly folder: string;
  readonly data: string;
  readonly split: StudyOptions["split"];
  readonly shots: number;
  /** Most normal training rows in all. */
  readonly rows: number;
  /** All domains of the study, and those of them that are fitted. */
  readonly domains: readonly string[];
  readonly trained: readonly string[];
  readonly sets: Families;
}

export interface AgainstNormal {
  readonly aucRoc: number;
  /** Share of these normal rows flagged at the 1 % budget. */
  readonly falsePositiveRate: number;
}

export interface DomainsResult {
  readonly family: string;
  /** Normal training rows. */
  readonly rows: number;
  /** Against test rows of the domains trained on, and of all domains. */
  readonly own: AgainstNormal;
  readonly all: AgainstNormal;
}

/** A domain takes part if about this many of its rows are training rows; where fewer than two do, all take part. */
const LEAST_TRAINED = 1000;
const TRAIN_SHARE = 0.6;
/** Choices of domains of each number, and sets of families held out together: what keeps fits few. */
const MOST_CHOICES = 4;
const SETS = 2;
const DRAW = 7100;

export const domainsStudy: Study<DomainsTask, DomainsResult> = {
  name: "domains",
  title: "One normal domain or several",
  question:
    "Does it help to learn normality from several domains (days, services, patients) rather than from more rows of " +
    "one? The number of normal training rows is the same for every choice of domains; held-out families are told from " +
    "normal test rows of the domains trained on, and of all domains, and the 1 % budget is set on validation rows of " +
    "the domains trained on.",

  async plan(bench: Bench, options: StudyOptions): Promise<Planned<DomainsTask>> {
    const tasks: DomainsTask[] = [];
    const notes: string[] = [];
    for (const folder of options.folders) {
      const { dataset } = await bench.read(folder);
      const { data, sets } = await heldOutOf(bench, folder, options, SETS);
      const domains = domainsFor(dataset, options);
      const less = domainsOf(dataset).filter((name) => !domains.includes(name));
      if (domains.length < 2) {
        notes.push(`${data} is left out: it has fewer than two normal domains to choose from.`);
        continue;
      }
      if (less.length > 0)
        notes.push(
          `Of ${data}'s normal domains, ${less.join(", ")} have too few rows to take part, or none on some side of the split.`,
        );
      for (let seed = 1; seed <= options.seeds; seed++) {
        for (const trained of choices(domains, seed)) {
          const { split, rows } = options;
          const base = { folder, data, split, seed, shots: options.shots[0], rows, domains, trained, sets };
          tasks.push(...options.methods.map(({ name }) => ({ ...base, method: name })));
        }
      }
    }
    return { tasks, notes };
  },

  measure,
  remarks: untested,

  page: domainsPage,
};

/** The domains with enough rows, and some to train on, to validate and to test with every seed: none of too small a data set. */
function domainsFor(dataset: Dataset, options: StudyOptions): string[] {
  try {
    return soundDomains(dataset, options);
  } catch (error) {
    if (error instanceof UnseenError && error.code === "data-too-small") return [];
    throw error;
  }
}

function soundDomains(dataset: Dataset, { seeds, split }: StudyOptions): string[] {
  const all = domainsOf(dataset);
  const large = all.filter((name) => TRAIN_SHARE * normalRows(dataset, name) >= LEAST_TRAINED);
  let sound = large.length > 1 ? large : all;
  for (let seed = 1; seed <= seeds; seed++) {
    const { fit, heldOut } = splitDataset(dataset, { ...ruleOf(split, seed, 0), holdOut: familiesOf(dataset) });
    const fitted = fit.normal.filter(({ train, validation }) => train.count > 1 && validation.count > 0);
    sound = sound.filter(
      (name) => fitted.some(({ domain }) => domain === name) && heldOut.normal.some(({ domain }) => domain === name),
    );
  }
  return sound;
}

function ruleOf(
  split: StudyOptions["split"],
  seed: number,
  shots: number,
): Pick<SplitOptions, "seed" | "shots" | "split"> {
  return { seed, shots, split: split === "blocks" ? "blocks" : "rows" };
}

/** Of each number, at most four choices that go round the domains in an order drawn by seed; all together once. */
export function choices(domains: readonly string[], seed: number): string[][] {
  const order = shuffled(drawFor(seed, DRAW), domains);
  return domains.flatMap((_, i) => {
    const count = i + 1;
    const most = count === domains.length ? 1 : Math.min(MOST_CHOICES, domains.length);
    return Array.from({ length: most }, (_, choice) => {
      const first = Math.floor((choice * domains.length) / most);
      return Array.from({ length: count }, (_, k) => order[(first + k) % order.length]);
    });
  });
}

async function measure(bench: Bench, task: DomainsTask): Promise<DomainsResult[]> {
  const { seed, shots, domains, trained } = task;
  const { dataset } = await bench.read(task.folder);
  const rule = ruleOf(task.split, seed, shots);
  const without = (kept: readonly string[]): string[] => domainsOf(dataset).filter((name) => !kept.includes(name));
  // The same test rows and the same number of training rows, whatever is trained on.
  const whole = splitDataset(dataset, { ...rule, holdOut: familiesOf(dataset), holdOutDomains: without(domains) });
  const rows = Math.min(task.rows, ...whole.fit.normal.map(({ train }) => train.count));
  const tested = whole.heldOut.normal.filter(({ domain }) => domains.includes(domain));
  const cap = Math.floor(CAPS.normalTest / domains.length);
  const normal = new Map(tested.map((one) => [one.domain, evenly([one.rows], cap)]));

  const method = methodNamed(task.method);
  const results: DomainsResult[] = [];
  let once: Fitted | undefined;
  for (const set of task.sets) {
    const holdOut = set.flatMap(({ families }) => families);
    const { fit, heldOut } = splitDataset(dataset, {
      ...rule,
      holdOut,
      holdOutDomains: without(trained),
      normalRows: rows,
    });
    const schema = fitSchema(fit);
    const side = trainingSide(fit, schema, seed);
    const fitted = method.labels ? await method.fit(side) : (once ??= await method.fit(side));
    const validation = validationScores(fitted, side);
    const encoded = (names: readonly string[]): Matrix[] =>
      names.flatMap((name) => {
        const found = normal.get(name);
        return found === undefined ? [] : encodeRows(schema, heldOut.columns, found);
      });
    const own = scoresOf(fitted, encoded(trained));
    const all = scoresOf(fitted, encoded(domains));
    for (const group of set) {
      const anomalous = encodeRows(schema, heldOut.columns, unseenRows(heldOut, group, CAPS.family));
      if (anomalous.rows < LEAST_TESTED) continue;
      const unseen = scoresOf(fitted, [anomalous]);
      const against = (scores: typeof own): AgainstNormal => {
        const test = { normal: scores, unseen, seen: new Float32Array() };
        const { aucRoc, budgets } = figuresOf({ validation, test }, fitted.probability === true);
        return { aucRoc, falsePositiveRate: budgets["0.01"].falsePositiveRate };
      };
      const trainedOn = side.normal.reduce((sum, { train }) => sum + train.rows, 0);
      results.push({ family: group.name, rows: trainedOn, own: against(own), all: against(all) });
    }
  }
  return results;
}
