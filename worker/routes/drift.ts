/** Drift: how far the rows of the last hours are from those the model was trained on. */
import type { Context } from "hono";
import { drift } from "../../model/drift.ts";
import { Counter } from "../../model/reference.ts";
import { find, type Target } from "../answers.ts";
import type { AppEnv } from "../bindings.ts";
import { KEPT_HOURS } from "../live-histograms.ts";
import { Problem } from "../problem.ts";
import { readQuery } from "../query.ts";
import type { Registry } from "../registry.ts";
import { DriftQuery } from "../schemas.ts";
import { reached } from "../stores.ts";
import { liveName } from "../watch.ts";

/**
 * `GET …/drift?hours=24`
 *
 * @throws Problem 501 where nothing is counted, 404 for a model without a reference, 422, 503 where the counts cannot be
 *   read
 */
export async function modelDrift(context: Context<AppEnv>, registry: Registry, target: Target): Promise<Response> {
  const { DRIFT } = context.env;
  if (!DRIFT) {
    const remedy = "Bind DRIFT: see wrangler.toml. `unseen drift --model --in` compares a file.";
    throw new Problem(501, "drift-off", "This Worker does not count the rows it scores.", remedy);
  }
  const query = readQuery(context, DriftQuery, `The query takes hours=1 to ${KEPT_HOURS}, once.`);
  const hours = Number(query.hours ?? 24);
  // Of the current version, whoever asks: a canary's drift is asked for by its number.
  const served = await find(context, registry, target);
  const { reference, schema } = served.scorer.artefact;
  if (!reference) {
    const remedy = "Train the model again, or set a reference with `unseen threshold --reference`.";
    throw new Problem(404, "reference-missing", "The model holds no reference histograms of normal rows.", remedy);
  }
  const { bins } = new Counter(schema, reference);
  const counted = await reached(DRIFT.getByName(liveName(served)).read(hours));
  const counts = counted?.length === bins ? counted : new Float64Array(bins);
  const model = { name: served.name, version: served.version.version, sha256: served.version.sha256 };
  return context.json({ model, hours, ...drift(schema, reference, counts) });
}
