/** No weights file and no pointer in KV makes the Worker fail. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pointerKey, weightsKey } from "../../model/pointer.ts";
import { hostileFiles } from "../../test/hostile/files.ts";
import type { Bindings } from "../bindings.ts";
import { bindings, development, publish, serve } from "../test-server.ts";
import { ask, bytes, standUp } from "./asking.ts";
import { mangled } from "../../test/mangled.ts";
import { sha256Of } from "../sha256.ts";

standUp();

describe("what lies in KV", () => {
  const files = hostileFiles();

  test("every hostile weights file is refused by its code on every route, and the next model serves", async () => {
    for (const [i, { bytes: file, code, name }] of files.entries()) {
      await publish(`hostile-${i}`, file);
      const card = await ask(`/v1/models/hostile-${i}`);
      expect([name, card.status, ((await card.json()) as { code: string }).code]).toEqual([name, 503, code]);
      expect(card.headers.get("retry-after")).not.toBe(null);
      const headers = { "content-type": "application/json" };
      const score = await ask(`/v1/models/hostile-${i}/score`, {
        method: "POST",
        body: '{"instances":[[1]]}',
        headers,
      });
      expect([name, score.status]).toEqual([name, 503]);
      expect([name, (await ask(`/v2/models/hostile-${i}/ready`)).status]).toEqual([name, 503]);
    }
    expect((await ask("/v1/models/flows")).status).toBe(200);
  });

  test("a KV that fails is a 503 with retry-after on every route that needs it, and nothing on the others", async () => {
    const down = (): Promise<never> => Promise.reject(new Error("KV GET failed: 500"));
    const given = { ...development, MODELS: { get: down, list: down } as unknown as typeof bindings.MODELS };
    const asked = serve();
    const model = "/v1/models/flows";
    for (const path of [
      "/v1/models",
      model,
      `${model}/versions`,
      `${model}/weights/${"0".repeat(64)}`,
      `${model}/drift`,
    ]) {
      const response = await asked(path, {}, given);
      expect([path, response.status, response.headers.get("retry-after")]).toEqual([path, 503, "5"]);
      expect(await response.json()).toMatchObject({ code: "model-unavailable" });
    }
    for (const path of ["/v2/models/flows", "/v2/models/flows/ready", "/v2/health/ready"]) {
      const response = await asked(path, {}, given);
      expect([path, response.status, response.headers.get("retry-after")]).toEqual([path, 503, "5"]);
    }
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", body: '{"instances":[[1,2,"tcp",true]]}', headers };
    for (const path of ["/v1/score", `${model}:predict`]) expect((await asked(path, init, given)).status).toBe(503);
    for (const path of ["/v2", "/v2/health/live", "/docs", "/openapi.json"]) {
      expect((await asked(path, {}, given)).status).toBe(200);
    }
    // the pointer is known, the file cannot be read
    const [hash, get] = [await sha256Of(bytes), bindings.MODELS.get.bind(bindings.MODELS)];
    const half = (key: string, ...rest: unknown[]): Promise<unknown> =>
      key.startsWith("weights/") ? down() : (get as (...all: unknown[]) => Promise<unknown>)(key, ...rest);
    const halfway = { ...given, MODELS: { get: half } as unknown as typeof bindings.MODELS };
    expect((await serve()(`${model}/weights/${hash}`, {}, halfway)).status).toBe(503);
  });

  test("a bucket that fails is a 503 with retry-after on every route of batches", async () => {
    const down = (): Promise<never> => Promise.reject(new Error("R2: internal error"));
    const store = { get: down, head: down, put: down, list: down };
    const given = { ...development, BATCH_STORE: store, BATCH_QUEUE: {}, BATCH_FLOW: {} } as unknown as Bindings;
    const headers = { "content-type": "application/json" };
    const batch = `/v1/batches/${crypto.randomUUID()}`;
    for (const response of [
      await ask("/v1/batches", { method: "POST", body: '{"object":"rows.ndjson"}', headers }, given),
      await ask("/v1/batches", {}, given),
      await ask(batch, {}, given),
      await ask(`${batch}/cancel`, { method: "POST" }, given),
      await ask(`${batch}/results`, {}, given),
    ]) {
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(await response.json()).toMatchObject({ code: "store-unavailable" });
    }
  });

  test("150 weights files with bytes changed are refused, or give the golden scores", async () => {
    const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    let n = 0;
    await fc.assert(
      fc.asyncProperty(changes, async (flips) => {
        const changed = bytes.slice();
        for (const [at, flip] of flips) changed[at] ^= flip;
        const name = `changed-${n++}`;
        await publish(name, changed);
        const status = (await ask(`/v1/models/${name}`)).status;
        expect([200, 503]).toContain(status);
      }),
      { numRuns: 150 },
    );
  });

  test("150 pointers of any text are refused, or serve what they say", async () => {
    const hash = await sha256Of(bytes);
    await bindings.MODELS.put(weightsKey(hash), bytes);
    const valid = JSON.stringify({
      name: "pointed",
      current: { version: 1, sha256: hash, publishedAt: "2026-01-01T00:00:00.000Z" },
      history: [],
    });
    const text = fc.oneof(mangled(valid), fc.json(), fc.string());
    await fc.assert(
      fc.asyncProperty(text, async (pointer) => {
        await bindings.MODELS.put(pointerKey("pointed"), pointer);
        // a Worker of its own, which has not seen the pointer before
        const response = await serve()("/v1/models/pointed");
        expect([200, 503]).toContain(response.status);
      }),
      { numRuns: 150 },
    );
  });
});
