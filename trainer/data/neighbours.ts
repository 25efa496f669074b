/** Whether rows that follow each other are alike, as those of a time series are. */
import { countBelow, countUpTo } from "../counts.ts";
import type { Cells, Dataset, Group } from "./dataset.ts";

/** Rows of a group, and numeric columns, that are looked at. */
const [ROWS, COLUMNS] = [2000, 64];
/** Fewer rows are in some order by chance. */
const LEAST_ROWS = 200;
/** Rows in no order have a ratio of 1, give or take .02 over 2,000 rows; series that were looked at, .2 to .8. */
const ALIKE = 0.85;

/** A remark where rows split at random would have their neighbours on the other side, which flatters every figure. */
export function neighbourNotes({ columns, groups }: Dataset): string[] {
  const numeric = columns.flatMap(({ kind }, j) => (kind === "numeric" ? [j] : []));
  const alike = groups.filter((group) => group.role === "normal" && orderRatio(group, numeric) < ALIKE);
  if (alike.length === 0) return [];
  const named = alike.length === 1 ? alike[0].name : `${alike[0].name} and ${alike.length - 1} more domains`;
  return [
    `Neighbouring normal rows are alike (${named}), as in a time series: split by rows, they fall on both sides, and figures flatter. Consider --split blocks.`,
  ];
}

/** Median over columns that vary of von Neumann's ratio of ranks (Bartels 1982); 1 where there are too few rows. */
function orderRatio({ count, cells }: Group, numeric: readonly number[]): number {
  if (count < LEAST_ROWS) return 1;
  const ratios = numeric.slice(0, COLUMNS).flatMap((j) => ratioOf(cells[j]));
  return ratios.toSorted((a, b) => a - b)[ratios.length >> 1] ?? 1;
}

/** Σ(Rᵢ₊₁ − Rᵢ)²/2Σ(Rᵢ − R̄)² of the ranks R of a column's first values; none where all are equal. */
function ratioOf(cells: Cells): number[] {
  const values = Float64Array.from(cells.slice(0, ROWS) as Float64Array, (value) => (Number.isNaN(value) ? 0 : value));
  const sorted = values.toSorted();
  // ties share the mean of their places
  const ranks = values.map((value) => (countBelow(sorted, value) + countUpTo(sorted, value)) / 2);
  const middle = ranks.length / 2;
  let [steps, spread] = [0, 0];
  for (const [i, rank] of ranks.entries()) {
    spread += (rank - middle) ** 2;
    if (i > 0) steps += (rank - ranks[i - 1]) ** 2;
  }
  return spread > 0 ? [steps / (2 * spread)] : [];
}
