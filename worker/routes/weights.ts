/** A published model file, for programs that score by themselves, as the dashboard does in the browser. */
import type { Context } from "hono";
import { versionsOf } from "../../model/pointer.ts";
import type { AppEnv } from "../bindings.ts";
import { unavailable } from "../decoded.ts";
import { Problem } from "../problem.ts";
import type { Registry } from "../registry.ts";
import { streamWeights } from "../stored-weights.ts";

/**
 * Streams the artefact of one of a model's versions out of KV. Its address holds its SHA-256, so it never changes and
 * may be kept for ever, by the caller's own cache only.
 *
 * @throws Problem 404 where the model has no version of that hash, 503 where KV cannot be read
 */
export async function weights(
  context: Context<AppEnv>,
  registry: Registry,
  name: string,
  sha256: string,
): Promise<Response> {
  const version = versionsOf(await registry.pointer(name)).find((known) => known.sha256 === sha256);
  if (!version) throw missing(`The model "${name}" has no version of this hash.`);
  context.set("model", `${name}@${version.version}`);
  const headers = {
    etag: `"${sha256}"`,
    "cache-control": "private, max-age=31536000, immutable",
    vary: "authorization, x-api-key",
  };
  const known = context.req.header("if-none-match") ?? "";
  if (known.trim() === "*" || known.includes(headers.etag)) return new Response(null, { status: 304, headers });
  const value = await streamWeights(context.env.MODELS, sha256).catch(() => {
    throw unavailable("KV could not be read", "model-unavailable");
  });
  if (!value) throw missing(`The weights of version ${version.version} are not there (yet).`);
  const file = `attachment; filename="${name}-${version.version}.safetensors"`;
  return new Response(value as unknown as BodyInit, {
    headers: { ...headers, "content-type": "application/octet-stream", "content-disposition": file },
  });
}

function missing(detail: string): Problem {
  return new Problem(404, "version-unknown", detail, "GET /v1/models/{model} lists the versions with their hashes.");
}
