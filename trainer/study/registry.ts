/** All studies, by name. */
import { UnseenError } from "../../model/errors.ts";
import { didYouMean } from "../nearest.ts";
import { calibrationStudy } from "./calibration.ts";
import { domainsStudy } from "./domains.ts";
import { shotsStudy } from "./shots.ts";
import type { Study } from "./study.ts";
import { transferStudy } from "./transfer.ts";

export const STUDIES: readonly Study[] = [domainsStudy, shotsStudy, calibrationStudy, transferStudy];

/** @throws UnseenError option-invalid with near matches */
export function studyNamed(name: string): Study {
  const found = STUDIES.find((study) => study.name === name);
  if (found !== undefined) return found;
  const names = STUDIES.map((study) => study.name);
  throw new UnseenError("option-invalid", `There is no study "${name}".`, didYouMean(name, names));
}
