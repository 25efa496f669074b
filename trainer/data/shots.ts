/** Which rows of a family are its labels, and which are left to test on. */
import { indicesWhere, TEST, TRAIN, VALIDATION, type SidedRows } from "./sides.ts";

/** Row indices into the family's rows. */
export interface Shots {
  readonly support: readonly number[];
  readonly validation: readonly number[];
  /** Labels, and what may have been one before others came between. */
  readonly known: readonly number[];
  readonly test: readonly number[];
}

/**
 * Labels of a seen family: at most `shots` of its rows that are not on the test side and not `barred`, those with the
 * smallest hashes; 80 % support and 20 % validation, at least one of each when there are two or more.
 *
 * By rows, all others are test rows, barred ones included, but for those that may have been labels before others came
 * between: usable ones with hashes up to `reach`. By blocks, only rows of test blocks are; and support comes
 * from training blocks and validation from validation blocks as far as those go, so that what is chosen on validation
 * rows is not flattered by their neighbours in support.
 */
export function labelFamily(
  family: SidedRows,
  shots: number,
  split: "rows" | "blocks",
  barred: (hash: number) => boolean,
  reach = -1,
): Shots {
  const { sides, hashes } = family;
  const usable = indicesWhere(sides.length, (i) => sides[i] !== TEST && !barred(hashes[i]));
  const labels = Math.min(shots, usable.length);
  const forValidation = labels < 2 ? 0 : Math.max(1, Math.round(0.2 * labels));
  const [support, validation] = drawLabels(family, usable, labels - forValidation, forValidation);
  const known = new Set([...support, ...validation, ...usable.filter((i) => hashes[i] <= reach)]);
  const test = indicesWhere(sides.length, (i) => (split === "rows" ? !known.has(i) : sides[i] === TEST));
  return { support, validation, known: [...known], test };
}

/** By rows all usable ones are on the training side: support comes first, validation from what is left. */
function drawLabels(
  { sides }: SidedRows,
  usable: readonly number[],
  forSupport: number,
  forValidation: number,
): [number[], number[]] {
  const support = usable.filter((i) => sides[i] === TRAIN).slice(0, forSupport);
  const validation = usable.filter((i) => sides[i] === VALIDATION).slice(0, forValidation);
  const taken = new Set([...support, ...validation]);
  const left = usable.filter((i) => !taken.has(i));
  const more = forSupport - support.length;
  return [
    support.concat(left.slice(0, more)),
    validation.concat(left.slice(more, more + forValidation - validation.length)),
  ];
}

/** A held-out family has no labels. By blocks its test rows are those of test blocks, or all if it has none there. */
export function holdOutFamily({ sides }: SidedRows, split: "rows" | "blocks"): Shots {
  const all = split === "rows" || !sides.includes(TEST);
  return {
    support: [],
    validation: [],
    known: [],
    test: indicesWhere(sides.length, (i) => all || sides[i] === TEST),
  };
}
