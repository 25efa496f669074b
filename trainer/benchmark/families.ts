/** Which families a benchmark holds out: a rule that reads names, row counts and meta.json, never a result. */
import { UnseenError } from "../../model/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { familiesOf, resolveFamilies } from "../data/families.ts";
import { stem } from "../data/files.ts";
import type { Meta } from "../data/meta.ts";

/** What is held out and reported as one: a family, or a group of families (DoS, Probe, …). */
export interface HeldGroup {
  readonly name: string;
  readonly families: readonly string[];
}

export interface Candidate extends HeldGroup {
  /** Whether it is a group that meta.json names. */
  readonly group: boolean;
  readonly rows: number;
  /** Best AUC-ROC of a single column, mean over files weighted by rows: the lower, the harder. Null where unknown. */
  readonly bestColumn: number | null;
}

/** Families held out per data set at the most. */
const MOST_FAMILIES = 8;
/** Rows a family needs to be eligible; a group of families needs none, there are few of them. */
const LEAST_ROWS = 100;
/** With fewer eligible families than this, the largest ones are taken whatever their size. */
const LEAST_ELIGIBLE = 3;

/** All that could be held out: groups of families where meta.json puts every family in one, else families. */
export function candidatesOf(dataset: Dataset, meta: Meta | null): Candidate[] {
  const families = familiesOf(dataset);
  const kin = new Map<string, string>();
  for (const [path, file] of meta?.files ?? []) if (file.kin !== null) kin.set(stem(path), file.kin);
  const groups = Map.groupBy(families, (family) => kin.get(family) ?? "");
  const grouped = groups.size > 1 && !groups.has("");
  const held = grouped
    ? [...groups].map(([name, members]) => ({ name, families: members }))
    : families.map((name) => ({ name, families: [name] }));
  return held.map((one) => describe(dataset, meta, one, grouped));
}

/**
 * What the user names, each name held out on its own, once, and called as the data set calls it, so that results of one
 * family are known again however its name was typed; and the names that the data set does not have.
 */
export function namedCandidates(
  dataset: Dataset,
  meta: Meta | null,
  names: readonly string[],
): { readonly candidates: readonly Candidate[]; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const found = new Map<string, Candidate>();
  const whole = candidatesOf(dataset, meta);
  for (const name of names) {
    const families = familiesNamed(dataset, name);
    if (families === undefined) {
      missing.push(name);
      continue;
    }
    const alike = (others: readonly string[]): boolean => JSON.stringify(others) === JSON.stringify(families);
    const group = [...(dataset.familyNames ?? [])].find(([, members]) => alike(members))?.[0] ?? name;
    const called = { name: families.length > 1 ? group : families[0], families };
    const one = whole.find((other) => alike(other.families)) ?? describe(dataset, meta, called, families.length > 1);
    found.set(one.name, one);
  }
  return { candidates: [...found.values()], missing };
}

function familiesNamed(dataset: Dataset, name: string): string[] | undefined {
  try {
    return resolveFamilies(dataset, [name]);
  } catch (error) {
    if (error instanceof UnseenError && error.code === "family-unknown") return undefined;
    throw error;
  }
}

/** @throws UnseenError family-unknown for a name that no data set has: a mistyped one must not be left out unsaid */
export function checkNamed(names: readonly string[], outlines: readonly { missing: readonly string[] }[]): void {
  const unknown = names.find((name) => outlines.every(({ missing }) => missing.includes(name)));
  if (unknown === undefined) return;
  const remedy = "Name families or groups as in docs/data.md, each as its file is called.";
  throw new UnseenError("family-unknown", `No data set has an anomaly family "${unknown}".`, remedy);
}

function describe(dataset: Dataset, meta: Meta | null, { name, families }: HeldGroup, group: boolean): Candidate {
  const ours = dataset.groups.filter((one) => one.role === "anomaly" && families.includes(one.name));
  let [sum, weight] = [0, 0];
  for (const { path, rows } of dataset.files) {
    const best = families.includes(stem(path)) ? meta?.bestColumn.get(path) : undefined;
    if (best === undefined) continue;
    sum += rows * best;
    weight += rows;
  }
  return {
    name,
    families,
    group,
    rows: ours.reduce((sum, { count }) => sum + count, 0),
    bestColumn: weight > 0 ? sum / weight : null,
  };
}

/**
 * At most `MOST_FAMILIES` of the candidates, hardest first: groups, and families with at least `LEAST_ROWS` rows (where
 * fewer than three have, the largest), sorted by the best single column's AUC (by name where unknown), at evenly spaced ranks.
 *
 * @param all every eligible one, however many
 */
export function chooseFamilies(candidates: readonly Candidate[], all = false): Candidate[] {
  const eligible = candidates.filter(({ rows, group }) => group || rows >= LEAST_ROWS);
  const bySize = [...candidates].sort((a, b) => b.rows - a.rows || byName(a, b));
  const pool = eligible.length >= LEAST_ELIGIBLE ? eligible : bySize.slice(0, MOST_FAMILIES);
  const order = [...pool].sort((a, b) => (a.bestColumn ?? 1) - (b.bestColumn ?? 1) || byName(a, b));
  if (all || order.length <= MOST_FAMILIES) return order;
  const step = (order.length - 1) / (MOST_FAMILIES - 1);
  return Array.from({ length: MOST_FAMILIES }, (_, i) => order[Math.round(i * step)]);
}

/** The families dealt into sets of at most `k` held out together: each in one set, hard and easy ones mixed. */
export function heldOutSets<T extends HeldGroup>(chosen: readonly T[], k: number): T[][] {
  const sets = Math.ceil(chosen.length / k);
  return Array.from({ length: sets }, (_, set) => chosen.filter((_, i) => i % sets === set));
}

function byName(a: HeldGroup, b: HeldGroup): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
