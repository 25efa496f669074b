/** What is served: the list of models, and the card of one. */
import type { Context } from "hono";
import type { AppEnv } from "../bindings.ts";
import type { Registry } from "../registry.ts";

export async function listModels(context: Context<AppEnv>, registry: Registry): Promise<Response> {
  return context.json({ models: (await registry.names()).map((name) => ({ name, url: `/v1/models/${name}` })) });
}

export async function modelCard(context: Context<AppEnv>, registry: Registry, name: string): Promise<Response> {
  const { scorer, version, pointer, fault } = await registry.get(name);
  const { network, schema, temperature, epsilon, thresholds, training, evaluation } = scorer.artefact;
  context.set("model", `${name}@${version.version}`);
  context.header("x-model-version", `${name}@${version.version}`);
  return context.json({
    name,
    ...version,
    ...(fault ? { fault, wanted: pointer.current.version } : {}),
    versions: [pointer.current, ...pointer.history],
    network,
    temperature,
    epsilon,
    thresholds,
    features: schema.features,
    training,
    // example rows are in the artefact itself
    ...(evaluation ? { evaluation: { ...evaluation, examples: undefined } } : {}),
  });
}
