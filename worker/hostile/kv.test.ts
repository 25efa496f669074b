/** No weights file and no pointer in KV makes the Worker fail. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pointerKey, weightsKey } from "../../model/pointer.ts";
import { hostileFiles } from "../../test/hostile/files.ts";
import { bindings, publish, serve, sha256 } from "../test-server.ts";
import { ask, bytes, standUp } from "./asking.ts";
import { mangled } from "./values.ts";

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
    const hash = await sha256(bytes);
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
