/** The Open Inference Protocol, version 2, over REST: metadata, readiness and inference. */
import type { Context } from "hono";
import { resolveThreshold, DEFAULT_THRESHOLD } from "../../model/thresholds.ts";
import { versionsOf } from "../../model/pointer.ts";
import { jsonAnswer, observe, serve, type Target } from "../answers.ts";
import type { AppEnv } from "../bindings.ts";
import { WORKER_VERSION } from "../version.ts";
import { readJson } from "../body.ts";
import { InferRequest, type ModelMetadata } from "../inference-schemas.ts";
import { checkEncoded, checkScores } from "../predictions.ts";
import { Problem, toProblem } from "../problem.ts";
import type { Registry } from "../registry.ts";
import { datatypeOf, encodeTensors } from "../tensors.ts";

/** What a model gives for each row, all of the shape [n]. */
const OUTPUTS = {
  score: { datatype: "FP32", json: (scores) => scores.join() },
  anomaly: { datatype: "BOOL", json: (scores, tau) => Array.from(scores, (score) => score >= tau).join() },
  confidence: { datatype: "FP64", json: (scores) => Array.from(scores, (score) => Math.max(score, 1 - score)).join() },
  margin: { datatype: "FP64", json: (scores, tau) => Array.from(scores, (score) => score - tau).join() },
} as const satisfies Record<string, { datatype: string; json: (scores: Float32Array, tau: number) => string }>;

type Output = keyof typeof OUTPUTS;

const NAMES = Object.keys(OUTPUTS) as Output[];

export function serverMetadata(context: Context<AppEnv>): Response {
  return context.json({ name: "unseen", version: WORKER_VERSION, extensions: [] });
}

export async function modelMetadata(context: Context<AppEnv>, registry: Registry, target: Target): Promise<Response> {
  const { name, pointer, scorer } = await serve(context, registry, target);
  const metadata: ModelMetadata = {
    name,
    versions: versionsOf(pointer).map(({ version }) => String(version)),
    platform: "unseen_safetensors",
    inputs: scorer.artefact.schema.features.map((feature) => ({
      name: feature.name,
      datatype: datatypeOf(feature),
      shape: [-1],
    })),
    outputs: NAMES.map((output) => ({ name: output, datatype: OUTPUTS[output].datatype, shape: [-1] })),
  };
  return context.json(metadata);
}

/** Ready where the model, or that version of it, can be served. @throws Problem 404 where there is none */
export async function modelReady(context: Context<AppEnv>, registry: Registry, target: Target): Promise<Response> {
  try {
    const { name } = await serve(context, registry, target);
    return context.json({ name, ready: true });
  } catch (fault) {
    if (toProblem(fault).status !== 503) throw fault;
    return context.json({ name: target.name, ready: false }, 503);
  }
}

export async function infer(context: Context<AppEnv>, registry: Registry, target: Target): Promise<Response> {
  const parsed = InferRequest.safeParse(await readJson(context.req.raw));
  if (!parsed.success) {
    const [{ path }] = parsed.error.issues;
    const detail = `${path.length > 0 ? path.join(".") : "The body"} is not as the protocol has it.`;
    throw new Problem(400, "request-invalid", detail, "See docs/serving.md for an example.");
  }
  const { id, inputs, outputs, parameters } = parsed.data;
  const served = await serve(context, registry, target);
  const { name, version, scorer } = served;
  const wanted = outputs && outputs.length > 0 ? outputs.map((output) => knownOutput(output.name)) : NAMES;
  const spec = parameters?.threshold ?? DEFAULT_THRESHOLD;
  const threshold = resolveThreshold(scorer.artefact, typeof spec === "boolean" ? String(spec) : spec);
  const encoded = checkEncoded(encodeTensors(inputs, scorer), scorer);
  const rows = encoded.length / scorer.inputs;
  const scores = checkScores(scorer.score(encoded, rows));
  observe(context, served, { scores, threshold, inputs: (i) => [encoded, i * scorer.inputs] });
  const tensors = wanted.map((output) => {
    const { datatype, json } = OUTPUTS[output];
    return `{"name":"${output}","shape":[${rows}],"datatype":"${datatype}","data":[${json(scores, threshold)}]}`;
  });
  const head = `"model_name":"${name}","model_version":"${version.version}"`;
  const echoed = id === undefined ? "" : `,"id":${JSON.stringify(id)}`;
  const given = `"parameters":{"threshold":${threshold}}`;
  return jsonAnswer(context, `{${head}${echoed},${given},"outputs":[${tensors.join()}]}`);
}

function knownOutput(name: string): Output {
  const output = NAMES.find((each) => each === name);
  if (output) return output;
  throw new Problem(
    400,
    "request-invalid",
    "An output is asked for that there is not.",
    `Ask for ${NAMES.join(", ")}.`,
  );
}
