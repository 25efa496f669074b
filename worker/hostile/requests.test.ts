/** No path, method, query or header makes the Worker fail, and no key but the right ones opens it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RATE_SECONDS } from "../limits.ts";
import { bindings } from "../test-server.ts";
import { ask, good, PATHS, standUp, TYPES } from "./asking.ts";
import { sha256Of } from "../sha256.ts";

standUp();

describe("paths, methods, queries and headers", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 30 });
  const segment = fc.oneof(
    fc.constantFrom("v1", "v2", "models", "flows", "score", "infer", "versions", "health", "docs", "..", ".", ""),
    fc.constantFrom("%00", "%", "%E0%A4%A", "%2e%2e", "%2F", "flows%00", ":predict", "a:predict", "*", "__proto__"),
    text.map((each) => encodeURIComponent(each.toWellFormed())),
  );
  const HEADERS =
    "x-request-id authorization x-api-key content-type content-length content-encoding accept accept-encoding range " +
    "transfer-encoding expect if-none-match x-unseen-caller origin cookie cf-connecting-ip upgrade __proto__ " +
    "access-control-request-method inference-header-content-length";
  const METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "PROPFIND"];

  test("2,000 paths and queries with any method", async () => {
    const query = fc.oneof(
      fc.constant(""),
      fc.webQueryParameters().map((each) => `?${each}`),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...METHODS),
        fc.array(segment, { maxLength: 7 }),
        query,
        async (method, segments, search) =>
          good(await ask(`/${segments.join("/")}${search}`, { method }), method === "HEAD"),
      ),
      { numRuns: 2000 },
    );
  });

  test("HEAD answers as GET does without a body; OPTIONS says what there is", async () => {
    const head = await ask("/v1/models/flows", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const options = await ask("/v1/models/flows", { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
    expect((await ask("/v1/models/%00")).status).toBe(404);
    expect((await ask(`/v1/models/${"a".repeat(10_000)}`)).status).toBe(404);
    expect((await ask(`/v1/models/flows?${"a=b&".repeat(10_000)}`)).status).toBe(200);
  });

  test("1,500 headers of any value, some of them huge", async () => {
    const name = fc.constantFrom(...HEADERS.split(" "));
    const header = fc.oneof(
      fc.string({ unit: fc.constantFrom(..."aZ09 ;=/,.-_~%\"'()<>{}[]*\t"), maxLength: 200 }),
      fc.constantFrom("a,".repeat(20_000), "x".repeat(60_000), "*/*;q=2, text/*;q=-1", "application/json;q=0"),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, header, { maxKeys: 5 }),
        fc.constantFrom(...PATHS),
        fc.constantFrom(...TYPES),
        async (given, path, type) => {
          const headers = new Headers();
          headers.set("content-type", type);
          for (const [each, content] of Object.entries(given)) {
            try {
              headers.set(each, content);
            } catch {
              // what the platform refuses cannot come in
            }
          }
          await good(await ask(path, { method: "POST", headers, body: '{"instances":[[1,2,"tcp",true]]}' }));
        },
      ),
      { numRuns: 1500 },
    );
  });
});

describe("keys", () => {
  const locked = async (...keys: string[]): Promise<typeof bindings> => ({
    ...bindings,
    ENVIRONMENT: "production",
    API_KEY_SHA256: (await Promise.all(keys.map(sha256Of))).join(" , "),
  });

  test("500 keys that are none, in any header, do not open it; each of several does", async () => {
    const given = await locked("first", "second");
    const guess = fc.oneof(fc.string({ maxLength: 100 }), fc.constantFrom("first ", "First", "", "0".repeat(64)));
    await fc.assert(
      fc.asyncProperty(guess, fc.boolean(), async (key, bearer) => {
        const headers = new Headers();
        try {
          headers.set(bearer ? "authorization" : "x-api-key", bearer ? `Bearer ${key}` : key);
        } catch {
          return;
        }
        fc.pre(
          !/^\s*(Bearer\s+)?(first|second)\s*$/.test(headers.get("x-api-key") ?? headers.get("authorization") ?? ""),
        );
        expect([401, 403]).toContain((await ask("/v1/models", { headers }, given)).status);
      }),
      { numRuns: 500 },
    );
    for (const key of ["first", "second"]) {
      expect((await ask("/v1/models", { headers: { "x-api-key": key } }, given)).status).toBe(200);
    }
    // the digest is no key
    expect((await ask("/v1/models", { headers: { "x-api-key": await sha256Of("first") } }, given)).status).toBe(403);
  });

  test("a secret that is no digest closes the Worker", async () => {
    for (const secret of ["", "secret", "0".repeat(63), ",,,", `${"0".repeat(64)}x`]) {
      const given = { ...bindings, ENVIRONMENT: "production", API_KEY_SHA256: secret };
      const response = await ask("/v1/models", { headers: { "x-api-key": "secret" } }, given);
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    }
  });

  test("a key over its rate is told to wait, others are not; without a limiter, or with one that fails, none is", async () => {
    const limiter = bindings.RATE_LIMITER;
    if (!limiter) return expect.fail("wrangler.toml binds a rate limiter");
    const given = await locked("busy", "calm");
    const busy = await sha256Of("busy");
    // as many as vitest.config.ts allows, straight at the limiter
    while ((await limiter.limit({ key: busy })).success);
    const of = (key: string, env: typeof bindings): Promise<Response> =>
      ask("/v1/models", { headers: { "x-api-key": key } }, env);
    const response = await of("busy", given);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, String(RATE_SECONDS)]);
    expect(await response.json()).toMatchObject({ code: "rate-limited" });
    expect((await ask("/v2/models/flows", { headers: { "x-api-key": "busy" } }, given)).status).toBe(429);
    expect((await of("calm", given)).status).toBe(200);
    expect((await ask("/v2/health/live", { headers: { "x-api-key": "busy" } }, given)).status).toBe(200);
    const { RATE_LIMITER: _, ...without } = given;
    expect((await of("busy", without)).status).toBe(200);
    const failing = { ...given, RATE_LIMITER: { limit: () => Promise.reject(new Error("down")) } };
    expect((await of("busy", failing)).status).toBe(200);
  });
});
