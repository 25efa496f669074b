/** No header, query, path, body or weights file makes the Worker fail, hang or leak. */
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import kernel from "../build/score.wasm";
import { pointerKey, weightsKey } from "../model/pointer.ts";
import { makeArtefact } from "../test/fixtures/artefact.ts";
import { hostileFiles } from "../test/hostile/files.ts";
import { BODY_BYTES, BODY_MS, LINE_BYTES, RATE_SECONDS } from "./limits.ts";
import { bindings, publish, serve, sha256 } from "./test-server.ts";

const { bytes } = makeArtefact(kernel, 9);
const ask = serve();

beforeAll(async () => {
  await publish("flows", bytes);
  // thousands of lines of log say nothing here
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => expect(Reflect.ownKeys(Object.prototype)).toEqual(KNOWN));
afterAll(() => vi.restoreAllMocks());

const KNOWN = Reflect.ownKeys(Object.prototype);
const SECRET = "7c9e6679f3b94e4a";

/** What holds for every answer, whatever was asked. */
async function good(response: Response, head = false): Promise<void> {
  const body = new TextDecoder().decode(await response.arrayBuffer());
  // 501: batches are not bound here
  if (response.status >= 500 && response.status !== 501) expect.fail(`${response.status}: ${body}`);
  expect(response.headers.get("x-request-id")).toMatch(/^[\w-]{8,64}$/);
  expect(response.headers.get("access-control-allow-origin")).toBe(null);
  if (response.status < 400 || head) return;
  const fault = JSON.parse(body) as { error: string; code?: string; status?: number };
  expect(fault.error.length).toBeGreaterThan(5);
  expect(body.length).toBeLessThan(3000);
  if (body.includes(SECRET) || /\n\s+at |\.ts:|worker\//.test(body)) expect.fail(body);
  if (response.headers.get("content-type") === "application/problem+json") expect(fault.status).toBe(response.status);
}

const PATHS = [
  "/v1/score",
  "/v1/models/flows/score",
  "/v1/models/flows:predict",
  "/v1/models/flows/versions/1/score",
  "/v2/models/flows/infer",
  "/v1/batches",
];
const TYPES = ["application/json", "application/x-ndjson", "application/octet-stream"];

/** Texts that have broken parsers before. */
const NASTY = [
  "1e999",
  "-1e999",
  "9".repeat(400),
  "-0",
  "1E-400",
  "0x10",
  "NaN",
  "Infinity",
  "01",
  "1.",
  "\\u0000",
  "\\ud800",
  "\\udfff\\ud800",
  '"__proto__"',
  '"constructor"',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '"instances":[],',
  "null",
  "true",
  "[]",
  "{}",
  "[".repeat(5000),
  '{"a":'.repeat(5000),
  "\u0000",
  "\ufeff",
  "\u2028",
  "💥",
  "//",
  "/**/",
  "'",
  ",",
  ":",
  '"',
  "\\",
  "\n",
  "\r\n",
];

/** A valid body with pieces of it replaced, doubled, cut out or put in, so that most of it still parses. */
const mangled = (valid: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.record({
        at: fc.nat(valid.length),
        cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(12) }),
        put: fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: "binary", maxLength: 4 }), fc.constant("")),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((edits) => edits.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), valid));

const value = fc.oneof(
  fc.constantFrom(null, true, 0, -0, 1e308, 5e-324, "", "tcp", "__proto__", "\ud800", [], {}),
  fc.double(),
  fc.anything({ maxDepth: 2 }),
);
const cell = fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: fc.constant(SECRET) });
const names = fc.constantFrom("bytes", "duration", "protocol", "tls", "__proto__", "constructor", "toString", "x");

describe("bodies", () => {
  const rows = '{"instances":[{"bytes":1,"duration":2,"protocol":"tcp","tls":true},[1,2,"udp",false]],"explain":2}';
  const lines = '{"bytes":1,"duration":2,"protocol":"tcp","tls":true}\n[1,2,"udp",false]\n[null,null,null,null]\n';
  const tensors = JSON.stringify({
    id: "1",
    parameters: { threshold: "f1" },
    inputs: ["bytes", "duration", "protocol", "tls"].map((name, i) => ({
      name,
      shape: [1],
      datatype: ["FP64", "INT8", "BYTES", "BOOL"][i],
      data: [[1], [2], ["tcp"], [true]][i],
    })),
    outputs: [{ name: "score" }],
  });
  const send = (path: string, type: string, body: BodyInit): Promise<Response> =>
    ask(path, { method: "POST", body, headers: { "content-type": type } });

  test.each([
    ["/v1/score", "application/json", rows],
    ["/v1/models/flows:predict", "application/json", rows],
    ["/v1/score?explain=1", "application/x-ndjson", lines],
    ["/v2/models/flows/infer", "application/json", tensors],
  ])("1,000 mangled ones for %s as %s", async (path, type, valid) => {
    await fc.assert(
      fc.asyncProperty(mangled(valid), async (body) => good(await send(path, type, body))),
      { numRuns: 1000 },
    );
  });

  test("1,500 of random bytes for any route and type, in chunks", async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PATHS), fc.constantFrom(...TYPES), chunks, async (path, type, given) =>
        good(await send(path, type, ReadableStream.from(given))),
      ),
      { numRuns: 1500 },
    );
  });

  test("1,000 rows of any values and names", async () => {
    const row = fc.oneof(fc.dictionary(names, cell), fc.array(cell, { maxLength: 5 }), cell);
    const body = fc.record(
      { instances: fc.array(row, { maxLength: 3 }), threshold: value, explain: value, ["__proto__"]: value },
      { requiredKeys: ["instances"] },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PATHS), body, async (path, given) =>
        good(await send(path, "application/json", json(given))),
      ),
      { numRuns: 1000 },
    );
  });

  test("1,000 tensors of any kind", async () => {
    const input = fc.record({
      name: fc.oneof(names, fc.constant("encoded")),
      shape: fc.oneof(fc.constantFrom([1], [1, 6], [2, 1], [2 ** 53], [0], [1e308]), value),
      datatype: fc.constantFrom("FP32", "FP64", "BYTES", "BOOL", "INT8", "UINT64", "__proto__"),
      data: fc.oneof(fc.array(cell, { maxLength: 6 }), cell),
    });
    const body = fc.record({ inputs: fc.array(input, { maxLength: 5 }), outputs: value, id: value, parameters: value });
    await fc.assert(
      fc.asyncProperty(body, fc.boolean(), async ({ inputs, ...rest }, full) =>
        good(await send("/v2/models/flows/infer", "application/json", json(full ? { inputs, ...rest } : { inputs }))),
      ),
      { numRuns: 1000 },
    );
  });

  test("features named __proto__ and constructor are unknown features, and what they hold is nothing", async () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const body = `{"instances":[{"bytes":1,"duration":2,"protocol":"tcp","${name}":{"tls":true}}]}`;
      const response = await send("/v1/score", "application/json", body);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([422, "feature-unknown"]);
    }
    const body = '{"__proto__":{"threshold":0},"instances":[[1,2,"tcp",true]]}';
    expect((await send("/v1/score", "application/json", body)).status).toBe(422);
  });

  test("of two fields of one name the last counts, and a byte order mark is passed over", async () => {
    const score = async (row: string): Promise<unknown> =>
      (await send("/v1/score", "application/json", `${row}`)).json();
    const once = '{"instances":[{"bytes":7,"duration":2,"protocol":"tcp","tls":true}]}';
    const twice =
      '\ufeff{"instances":[],"instances":[{"bytes":1e999,"bytes":7,"duration":2,"protocol":"tcp","tls":true}]}';
    expect(await score(twice)).toEqual(await score(once));
  });

  test("4 MiB of brackets, of one string, of one number, of blanks and of line feeds", async () => {
    const long = (text: string): string => text.repeat(Math.floor((BODY_BYTES - 40) / text.length));
    for (const body of [
      long("["),
      `{"instances":${long("[").slice(BODY_BYTES / 2)}${"]".repeat(BODY_BYTES / 2 - 40)}}`,
      `{"instances":[["${long("x")}",1,"tcp",true]]}`,
      `{"instances":[[${long("9")},1,"tcp",true]]}`,
      long(" "),
      long("\n"),
      long("\\"),
      long('{"a":'),
    ]) {
      const started = performance.now();
      await good(await send("/v1/score", "application/json", body));
      expect(performance.now() - started).toBeLessThan(10_000);
    }
    for (const body of [long("["), long("\n".repeat(64)), long("0")]) {
      await good(await send("/v1/score", "application/x-ndjson", body));
    }
  });

  test("over the limit, with a true length, a false one, and none", async () => {
    const body = new Uint8Array(BODY_BYTES + 1);
    for (const length of [String(body.length), "1", "-1", "1e9", "x", undefined]) {
      const headers = { "content-type": "application/json", ...(length ? { "content-length": length } : {}) };
      const chunks = Array.from({ length: 65 }, (_, i) => body.subarray(i << 16, (i + 1) << 16));
      const response = await ask("/v1/score", { method: "POST", headers, body: ReadableStream.from(chunks) });
      expect(response.status).toBe(413);
    }
  });

  test("compressed, and types that are none", async () => {
    for (const coding of ["gzip", "br", "identity, gzip", "x".repeat(500)]) {
      const headers = { "content-type": "application/json", "content-encoding": coding };
      const response = await ask("/v1/score", { method: "POST", headers, body: rows });
      expect([response.status, response.headers.get("accept-encoding")]).toEqual([415, "identity"]);
    }
    for (const type of ["text/html", "application/jsonx", "/", "application/json/x", "multipart/form-data"]) {
      const response = await ask("/v1/score", { method: "POST", headers: { "content-type": type }, body: rows });
      expect([response.status, response.headers.get("accept-post")]).toEqual([415, TYPES.join(", ")]);
    }
  });

  test("in other encodings than UTF-8", async () => {
    const utf16 = new Uint8Array(new Uint16Array([...rows].map((c) => c.charCodeAt(0))).buffer);
    const latin1 = Uint8Array.from([...'{"instances":[[1,2,"é",true]]}'].map((c) => c.charCodeAt(0)));
    const surrogate = Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22);
    for (const body of [utf16, latin1, surrogate, Uint8Array.of(0xc0, 0xaf), Uint8Array.of(0xff, 0xfe)]) {
      expect((await send("/v1/score", "application/json", body)).status).toBe(400);
    }
  });
});

describe("bodies that come slowly, or break off", () => {
  afterEach(() => vi.useRealTimers());

  const stalled = (first: string): { body: ReadableStream<Uint8Array>; ended: () => boolean } => {
    let ended = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(first)),
      cancel: () => {
        ended = true;
      },
    });
    return { body, ended: () => ended };
  };
  const send = (type: string, body: BodyInit): Promise<Response> =>
    ask("/v1/score", { method: "POST", body, headers: { "content-type": type } });

  test("a stalled body is given up in time, and let go", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    for (const type of ["application/json", "application/octet-stream"]) {
      const { body, ended } = stalled('{"instances":[');
      const response = send(type, body);
      await vi.advanceTimersByTimeAsync(BODY_MS + 1);
      expect([(await response).status, ended()]).toEqual([408, true]);
    }
  });

  test("a stalled stream of lines ends with a line that says so", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { body, ended } = stalled('[1,2,"tcp",true]\n[1,');
    const answer = (await send("application/x-ndjson", body)).arrayBuffer();
    await vi.advanceTimersByTimeAsync(BODY_MS + 1);
    const lines = new TextDecoder()
      .decode(await answer)
      .trim()
      .split("\n");
    expect([lines.length, JSON.parse(lines[1]), ended()]).toMatchObject([2, { line: 2, code: "body-too-slow" }, true]);
  });

  test("one that breaks off is a bad request, or the last line", async () => {
    const broken = (): ReadableStream<Uint8Array> => {
      let pulls = 0;
      return new ReadableStream({
        pull(controller) {
          if (pulls++ > 0) controller.error(new Error("gone"));
          else controller.enqueue(new TextEncoder().encode('[1,2,"tcp",true]\n[1'));
        },
      });
    };
    expect((await send("application/json", broken())).status).toBe(400);
    const text = new TextDecoder().decode(await (await send("application/x-ndjson", broken())).arrayBuffer());
    expect(JSON.parse(text.trim().split("\n")[1])).toMatchObject({ line: 2, code: "body-malformed" });
  });

  test("a line that never ends is not held", async () => {
    let sent = 0;
    const chunk = new Uint8Array(1 << 16).fill(0x20);
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent >= 40 * LINE_BYTES) controller.close();
        else controller.enqueue(chunk);
        sent += chunk.length;
      },
    });
    const text = new TextDecoder().decode(await (await send("application/x-ndjson", body)).arrayBuffer());
    expect(JSON.parse(text)).toMatchObject({ line: 1, code: "line-too-long" });
  });
});

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
    "access-control-request-method";
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
    API_KEY_SHA256: (await Promise.all(keys.map(sha256))).join(" , "),
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
    expect((await ask("/v1/models", { headers: { "x-api-key": await sha256("first") } }, given)).status).toBe(403);
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
    const busy = await sha256("busy");
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

  test("250 pointers of any text are refused, or serve what they say", async () => {
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
      { numRuns: 250 },
    );
  });
});

/** JSON of any value; what JSON cannot hold is null. */
function json(value: unknown): string {
  try {
    return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each)) ?? "null";
  } catch {
    return "null";
  }
}
