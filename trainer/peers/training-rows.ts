/** The training side as plain matrices: all normal rows of all domains, and the labelled rows of all families. */
import type { Matrix } from "../data/matrix.ts";
import { stacked } from "../learn/select.ts";
import type { EncodedSide } from "./method.ts";

/** Normal training rows of all domains. */
export function normalRows({ normal, width }: EncodedSide): Matrix {
  return stacked(
    normal.map(({ train }) => train),
    width,
  );
}

/** Support labels of all seen families. */
export function anomalousRows({ seen, width }: EncodedSide): Matrix {
  return stacked(
    seen.map(({ support }) => support),
    width,
  );
}
