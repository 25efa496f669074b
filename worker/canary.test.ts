import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import kernel from "../build/score.wasm";
import { pointerKey, type Version, weightsKey, writtenPointer } from "../model/pointer.ts";
import { Scorer } from "../model/scorer.ts";
import { makeArtefact } from "../test/fixtures/artefact.ts";
import { createApp } from "./app.ts";
import { VersionList } from "./card-schemas.ts";
import type { Bindings } from "./bindings.ts";
import { sha256Of } from "./sha256.ts";

const bindings = { ...(env as unknown as Bindings), ENVIRONMENT: "development" };

async function weights(version: number): Promise<Version> {
  const { bytes } = makeArtefact(kernel, version);
  const sha256 = await sha256Of(bytes);
  await bindings.MODELS.put(weightsKey(sha256), bytes);
  return { version, sha256, publishedAt: "2026-01-01T00:00:00.000Z" };
}

test("a canary answers the callers of its share, told apart by their name, their key or their address", async () => {
  const [current, second] = [await weights(1), await weights(2)];
  const pointer = { name: "trial", current, canary: { ...second, percent: 50 }, history: [] };
  await bindings.MODELS.put(pointerKey("trial"), writtenPointer(pointer));
  const app = createApp((bytes) => Scorer.open(bytes, kernel));
  const versions = (headers: (i: number) => Record<string, string>): Promise<(string | null)[]> =>
    Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const body = '{"instances":[[1,1,"tcp",true]]}';
        const init = { method: "POST", body, headers: { "content-type": "application/json", ...headers(i) } };
        const response = await app.request("/v1/models/trial/score", init, bindings);
        return response.headers.get("x-model-version");
      }),
    );
  const named = (i: number): Record<string, string> => ({ "x-unseen-caller": `sensor-${i}` });
  expect(new Set(await versions(() => ({})))).toEqual(new Set(["trial@1"]));
  // The canary's weights load behind the first answers.
  await expect.poll(async () => new Set(await versions(named)).size, { timeout: 10_000 }).toBe(2);
  expect(await versions(named)).toEqual(await versions(named));
  for (const header of ["authorization", "x-api-key", "cf-connecting-ip"]) {
    expect(new Set(await versions((i) => ({ [header]: `${i}` })))).toEqual(new Set(["trial@1", "trial@2"]));
    expect(new Set(await versions(() => ({ [header]: "same" }))).size).toBe(1);
  }
});

test("what became of a version is listed, and a refusal names the version that refused", async () => {
  const [current, second] = [await weights(3), await weights(2)];
  const history = [
    { ...second, rolledBack: true },
    { ...(await weights(1)), abandoned: true },
  ];
  await bindings.MODELS.put(pointerKey("marked"), writtenPointer({ name: "marked", current, history }));
  const app = createApp((bytes) => Scorer.open(bytes, kernel));
  const listed = await app.request("/v1/models/marked/versions", {}, bindings);
  const { versions } = VersionList.parse(await listed.json());
  expect(versions.map(({ version, state }) => [version, state])).toEqual([
    [3, "current"],
    [2, "rolled-back"],
    [1, "abandoned"],
  ]);
  for (const each of versions) expect(each).not.toHaveProperty("rolledBack");
  const infer = '{"inputs":[{"name":"bites","shape":[1],"datatype":"FP64","data":[1]}]}';
  for (const [path, body] of [
    ["/v1/models/marked/score", '{"instances":[[1]]}'],
    ["/v1/models/marked/versions/3/score", '{"instances":[[1]]}'],
    ["/v2/models/marked/infer", infer],
  ]) {
    const init = { method: "POST", body, headers: { "content-type": "application/json" } };
    const { status, headers } = await app.request(path, init, bindings);
    expect([path, status >= 400, headers.get("x-model-version")]).toEqual([path, true, "marked@3"]);
  }
});
