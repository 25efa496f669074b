/** What is served: the list of models, and the card of one. */
import type { Context } from "hono";
import { versionsOf } from "../../model/pointer.ts";
import { find, type Target } from "../answers.ts";
import type { AppEnv } from "../bindings.ts";
import type { Registry } from "../registry.ts";

export async function listModels(context: Context<AppEnv>, registry: Registry): Promise<Response> {
  return context.json({ models: (await registry.names()).map((name) => ({ name, url: `/v1/models/${name}` })) });
}

/** The card of the current version, or of the one the path names. */
export async function modelCard(context: Context<AppEnv>, registry: Registry, target: Target): Promise<Response> {
  const { name, scorer, version, pointer, fault } = await find(context, registry, target);
  const { network, schema, temperature, epsilon, thresholds, training, evaluation } = scorer.artefact;
  return context.json({
    name,
    ...version,
    ...(fault ? { fault } : {}),
    // where the pointer itself cannot be read, nobody knows
    ...(fault && pointer.current.version !== version.version ? { wanted: pointer.current.version } : {}),
    versions: versionsOf(pointer),
    ...(pointer.canary ? { canary: pointer.canary } : {}),
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

/** Every version that can be asked for by number, with what it stands for now. */
export async function listVersions(context: Context<AppEnv>, registry: Registry, name: string): Promise<Response> {
  const { current, canary, history } = await registry.pointer(name);
  const states = [
    { ...current, state: "current" },
    ...(canary ? [{ ...canary, state: "canary" }] : []),
    ...history.map(({ abandoned, rolledBack, ...version }) => ({
      ...version,
      state: abandoned ? "abandoned" : rolledBack ? "rolled-back" : "previous",
    })),
  ];
  return context.json({
    name,
    versions: states.map((each) => ({ ...each, url: `/v1/models/${name}/versions/${each.version}` })),
  });
}
