/** All methods of the benchmark, by name. */
import { UnseenError } from "../../model/errors.ts";
import { didYouMean } from "../nearest.ts";
import { autoencoder } from "./autoencoder.ts";
import { boostedTrees, shallowTrees, tunedTrees } from "./boosted-trees.ts";
import { coral } from "./coral.ts";
import { dann } from "./dann.ts";
import { deepSad } from "./deepsad.ts";
import { devNet } from "./devnet.ts";
import { ecod } from "./ecod.ts";
import { fomaml } from "./fomaml.ts";
import { isolationForest } from "./isolation-forest.ts";
import { knn } from "./knn.ts";
import { labelMlp } from "./label-mlp.ts";
import { logistic } from "./logistic.ts";
import { mahalanobis } from "./mahalanobis.ts";
import { maml } from "./maml.ts";
import type { Method } from "./method.ts";
import { mtae } from "./mtae.ts";
import { mtlRed } from "./mtl-red.ts";
import { odin } from "./odin.ts";
import { ABLATIONS, paper, unseen } from "./ours.ts";
import { oneClassSvm } from "./one-class-svm.ts";
import { preNet } from "./prenet.ts";
import { prototypical } from "./prototypical.ts";
import { reptile } from "./reptile.ts";
import { resAd } from "./resad.ts";
import { xgbod } from "./xgbod.ts";

/** In the order of tables: without labels first, then with. */
export const METHODS: readonly Method[] = [
  knn,
  mahalanobis,
  isolationForest,
  oneClassSvm,
  ecod,
  autoencoder,
  logistic,
  labelMlp,
  boostedTrees,
  shallowTrees,
  tunedTrees,
  xgbod,
  deepSad,
  devNet,
  preNet,
  resAd,
  prototypical,
  maml,
  fomaml,
  reptile,
  odin,
  coral,
  dann,
  mtae,
  mtlRed,
  paper,
  unseen,
];

/** The method of that name. @throws UnseenError option-invalid with near matches */
export function methodNamed(name: string): Method {
  const all = [...METHODS, ...ABLATIONS];
  const found = all.find((method) => method.name === name);
  if (found !== undefined) return found;
  const remedy = didYouMean(
    name,
    all.map((method) => method.name),
  );
  throw new UnseenError("option-invalid", `There is no method "${name}".`, remedy);
}
