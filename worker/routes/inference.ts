/** The Open Inference Protocol, version 2, over REST: metadata, readiness and inference. */
import type { Context } from "hono";
import { quote } from "../../model/names.ts";
import { resolveThreshold, DEFAULT_THRESHOLD } from "../../model/thresholds.ts";
import { versionsOf } from "../../model/pointer.ts";
import { jsonAnswer, observe, serve, type Target } from "../answers.ts";
import type { AppEnv } from "../bindings.ts";
import { HEADER_LENGTH, splitBody, type Tensor, withBinary } from "../binary-tensors.ts";
import { parseJson, readBytes } from "../body.ts";
import { InferRequest, type ModelMetadata } from "../inference-schemas.ts";
import { BINARY_TYPE, bodyType, JSON_TYPE } from "../media.ts";
import { WORKER_VERSION } from "../version.ts";
import { checkScores } from "../predictions.ts";
import { Problem, toProblem } from "../problem.ts";
import { noQuery } from "../query.ts";
import type { Registry } from "../registry.ts";
import { datatypeOf, encodeTensors } from "../tensors.ts";

/** What a model gives for each row, all of the shape [n]; BOOL as 0 and 1. */
const OUTPUTS = {
  score: { datatype: "FP32", values: (scores) => scores },
  anomaly: { datatype: "BOOL", values: (scores, tau) => Uint8Array.from(scores, (score) => Number(score >= tau)) },
  confidence: {
    datatype: "FP64",
    values: (scores) => Float64Array.from(scores, (score) => Math.max(score, 1 - score)),
  },
  margin: { datatype: "FP64", values: (scores, tau) => Float64Array.from(scores, (score) => score - tau) },
} as const satisfies Record<string, { datatype: string; values: (scores: Float32Array, tau: number) => Values }>;

type Values = Float32Array | Float64Array | Uint8Array;
type Output = keyof typeof OUTPUTS;

const NAMES = Object.keys(OUTPUTS) as Output[];

const ALL = NAMES.map((name) => ({ name, binary: undefined }));

export function serverMetadata(context: Context<AppEnv>): Response {
  return context.json({ name: "unseen", version: WORKER_VERSION, extensions: ["binary_tensor_data"] });
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
    const { status, headers } = toProblem(fault);
    if (status !== 503) throw fault;
    return context.json({ name: target.name, ready: false }, 503, headers);
  }
}

export async function infer(context: Context<AppEnv>, registry: Registry, target: Target): Promise<Response> {
  noQuery(context, "Put threshold into the parameters of the JSON body.");
  const { id, inputs, outputs = [], parameters } = await readRequest(context.req.raw);
  const served = await serve(context, registry, target);
  const { name, version, scorer } = served;
  const wanted = outputs.map((output) => ({ name: knownOutput(output.name), binary: output.parameters?.binary_data }));
  const spec = parameters?.threshold ?? DEFAULT_THRESHOLD;
  const threshold = resolveThreshold(scorer.artefact, typeof spec === "boolean" ? String(spec) : spec);
  const encoded = encodeTensors(inputs, scorer);
  const rows = encoded.length / scorer.inputs;
  const scores = checkScores(scorer.score(encoded, rows));
  observe(context, served, { scores, threshold, inputs: (i) => [encoded, i * scorer.inputs] });
  const behind: Values[] = [];
  const tensors = (wanted.length > 0 ? wanted : ALL).map(({ name: output, binary }) => {
    const { datatype } = OUTPUTS[output];
    const values = OUTPUTS[output].values(scores, threshold);
    const head = `"name":"${output}","shape":[${rows}],"datatype":"${datatype}"`;
    if ((binary ?? parameters?.binary_data_output) === true) {
      behind.push(values);
      return `{${head},"parameters":{"binary_data_size":${values.byteLength}}}`;
    }
    return `{${head},"data":[${datatype === "BOOL" ? Array.from(values, Boolean).join() : values.join()}]}`;
  });
  const head = `"model_name":"${name}","model_version":"${version.version}"`;
  const echoed = id === undefined ? "" : `,"id":${JSON.stringify(id)}`;
  const given = `"parameters":{"threshold":${threshold}}`;
  const json = `{${head}${echoed},${given},"outputs":[${tensors.join()}]}`;
  if (behind.length === 0) return jsonAnswer(context, json);
  const bytes = new TextEncoder().encode(json);
  context.header(HEADER_LENGTH, String(bytes.length));
  const body = await new Blob([bytes, ...behind.map((values) => values.slice())]).arrayBuffer();
  return context.body(body, 200, { "content-type": BINARY_TYPE });
}

/** A request with its tensors in either form. Triton's client for Python names no type. @throws Problem 400, 415 */
async function readRequest(request: Request): Promise<Omit<InferRequest, "inputs"> & { inputs: Tensor[] }> {
  const { headers } = request;
  if (headers.has("content-type"))
    bodyType(headers, headers.has(HEADER_LENGTH) ? [BINARY_TYPE, JSON_TYPE] : [JSON_TYPE]);
  const { json, binary } = splitBody(headers, await readBytes(request));
  const parsed = InferRequest.safeParse(parseJson(json, "Send one JSON object."));
  if (parsed.success) return { ...parsed.data, inputs: withBinary(parsed.data.inputs, binary) };
  const [{ path }] = parsed.error.issues;
  const detail = `${path.length > 0 ? quote(path.join(".")) : "The body"} is not as the protocol has it.`;
  throw new Problem(400, "request-invalid", detail, "See docs/serving.md for an example.");
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
