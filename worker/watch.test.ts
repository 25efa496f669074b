import type { AnalyticsEngineDataPoint } from "@cloudflare/workers-types";
import { describe, expect, test, vi } from "vitest";
import kernel from "../build/score.wasm";
import type { Drift } from "../model/drift.ts";
import { Scorer } from "../model/scorer.ts";
import { makeArtefact, randomRows, withReference } from "../test/fixtures/artefact.ts";
import type { Bindings } from "./bindings.ts";
import { WATCHED_ROWS, WATCHED_ROWS_A_REQUEST } from "./limits.ts";
import { development, publish, serve } from "./test-server.ts";
import { liveName, Watch } from "./watch.ts";
import { sha256Of } from "./sha256.ts";

const { DRIFT, ...unbound } = development;
const { artefact, bytes } = withReference(makeArtefact(kernel, 3).artefact, kernel);
const scorer = new Scorer(artefact, kernel);

/** A model as a registry serves it. */
async function served(name: string) {
  const version = { version: 1, sha256: await sha256Of(bytes), publishedAt: "2026-01-01T00:00:00.000Z" };
  return { name, version, scorer, pointer: { name, current: version, history: [] } };
}

/** A watch whose clock the test stops, and that says when what was counted has been handed on. */
function setUp() {
  const work: Promise<unknown>[] = [];
  let release = (): void => {};
  const pause = (): Promise<void> => new Promise((resolve) => (release = resolve));
  const watch = new Watch({ pause, behind: (promise) => void work.push(promise) });
  const handOn = async (): Promise<void> => {
    release();
    while (work.length > 0) await work.pop();
  };
  return { watch, handOn };
}

const scored = (rows: ReturnType<typeof randomRows>) => ({
  scores: scorer.scoreRows(rows),
  threshold: 0.6,
  inputs: (i: number) => [scorer.encode(rows[i]), 0] as const,
});

async function driftOf(name: string, query = ""): Promise<Drift & { hours: number }> {
  const response = await serve()(`/v1/models/${name}/drift${query}`);
  expect(response.status).toBe(200);
  return response.json();
}

describe("drift", () => {
  test("rows like the reference's are stable, others drifted; nothing is said of few; each version has its own", async () => {
    for (const name of ["calm", "moved", "young"]) await publish(name, bytes);
    for (const [name, rows, factor] of [
      ["calm", 1500, 1],
      ["moved", 1500, 60],
      ["young", 105, 1],
    ] as const) {
      const { watch, handOn } = setUp();
      const model = await served(name);
      for (let i = 0; i < rows / 15; i++) {
        const some = randomRows(15, 1000 + i).map(([size, ...rest]) => [
          size === null ? null : Number(size) * factor,
          ...rest,
        ]);
        watch.observe(development, model, scored(some as ReturnType<typeof randomRows>));
        if (i === 40) await handOn();
      }
      await handOn();
    }
    const calm = await driftOf("calm");
    expect(calm).toMatchObject({ verdict: "stable", hours: 24, rows: 1500, referenceRows: 2000 });
    expect(calm.features).toHaveLength(4);
    const moved = await driftOf("moved", "?hours=1");
    expect(moved).toMatchObject({
      verdict: "drifted",
      hours: 1,
      features: [{ name: "bytes", verdict: "drifted" }, {}, {}, {}],
    });
    expect(await driftOf("young")).toMatchObject({ verdict: "too few rows", rows: 105 });
  });

  test("a sample is bounded in a request and in time, while scores are counted for every row", async () => {
    const points: AnalyticsEngineDataPoint[] = [];
    const ANALYTICS = { writeDataPoint: (point: AnalyticsEngineDataPoint) => void points.push(point) };
    const { watch, handOn } = setUp();
    const model = await served("bounded");
    const rows = randomRows(400, 9);
    const all = { ...scored(rows), threshold: scorer.scoreRows(rows).toSorted()[300] };
    let encoded = 0;
    const inputs = (i: number): readonly [Float32Array, number] => {
      encoded++;
      return all.inputs(i);
    };
    watch.observe({ ...development, ANALYTICS }, model, { ...all, inputs });
    expect(encoded).toBe(WATCHED_ROWS_A_REQUEST);
    for (let i = 0; i < 200; i++) watch.observe({ ...development, ANALYTICS }, model, { ...all, inputs });
    expect(encoded).toBe(WATCHED_ROWS);
    await handOn();
    const [{ blobs, doubles = [] }] = points;
    expect(points).toHaveLength(1);
    expect(blobs).toEqual(["scores", "bounded", "1", model.version.sha256]);
    expect(doubles[0]).toBe(201 * 400);
    expect(doubles[1]).toBe(201 * 100);
    const bins = Array.from({ length: 10 }, (_, bin) => all.scores.filter((score) => Math.floor(10 * score) === bin));
    expect(doubles.slice(2)).toEqual(bins.map(({ length }) => 201 * length));
    const counted = await DRIFT?.getByName(liveName(model)).read(1);
    const scoreBins = artefact.reference?.score.counts.length ?? 0;
    expect(counted?.slice(0, scoreBins).reduce((a: number, b: number) => a + b)).toBe(WATCHED_ROWS);
  });

  test("a tally that was never handed on, for the request it hung on was ended, does not stop the next", async () => {
    const model = await served("ended");
    const points: AnalyticsEngineDataPoint[] = [];
    const ANALYTICS = { writeDataPoint: (point: AnalyticsEngineDataPoint) => void points.push(point) };
    const pauses: (() => void)[] = [];
    const watch = new Watch({ pause: () => new Promise((resolve) => pauses.push(resolve)), behind: () => {} });
    const some = scored(randomRows(10, 5));
    const now = vi.spyOn(Date, "now").mockReturnValue(0);
    watch.observe({ ...unbound, ANALYTICS }, model, some);
    now.mockReturnValue(60 * 60 * 1000);
    watch.observe({ ...unbound, ANALYTICS }, model, some);
    now.mockRestore();
    expect(pauses).toHaveLength(2);
    pauses[1]();
    await vi.waitFor(() => expect(points.map(({ doubles = [] }) => doubles[0])).toEqual([10]));
  });

  test("every form of scoring is counted, and a store that fails disturbs nobody", async () => {
    await publish("forms", bytes);
    const ask = serve();
    const points: AnalyticsEngineDataPoint[] = [];
    const broken = {
      ...development,
      ANALYTICS: { writeDataPoint: (point: AnalyticsEngineDataPoint) => void points.push(point) },
      DRIFT: { getByName: () => ({ add: () => Promise.reject(new Error("away")) }) } as unknown as Bindings["DRIFT"],
    };
    const rows = randomRows(3, 4);
    const send = (path: string, type: string, body: BodyInit): Promise<Response> =>
      ask(`/v1/models/forms${path}`, { method: "POST", headers: { "content-type": type }, body }, broken);
    const instances = JSON.stringify({ instances: rows });
    const encoded = Float32Array.from(rows.flatMap((row) => [...scorer.encode(row)]));
    const answers = [
      await send("/score", "application/json", instances),
      await send(":predict", "application/json", instances),
      await send("/score", "application/octet-stream", encoded.buffer),
      await send("/score", "application/x-ndjson", rows.map((row) => JSON.stringify(row)).join("\n")),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
    }
    expect(points.map(({ doubles = [] }) => doubles[0])).toEqual([3, 3, 3, 0]);
    expect(points.map(({ blobs = [] }) => blobs[0])).toEqual(["request", "request", "request", "request"]);
    expect(answers[0].headers.get("server-timing")).toMatch(/^model;dur=\d+, total;dur=\d+$/);
  });

  test("counts that cannot be read are a 503 that says when to ask again", async () => {
    await publish("away", bytes);
    const DRIFT = { getByName: () => ({ read: () => Promise.reject(new Error("overloaded")) }) };
    const given = { ...development, DRIFT: DRIFT as unknown as Bindings["DRIFT"] };
    const response = await serve()("/v1/models/away/drift", {}, given);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await response.json()).toMatchObject({ code: "store-unavailable" });
  });

  test("without a store, a reference or a sensible question there is a problem that says so", async () => {
    await publish("bare", makeArtefact(kernel, 3).bytes);
    await publish("asked", bytes);
    const ask = serve();
    for (const [path, status, code, given] of [
      ["/v1/models/asked/drift", 501, "drift-off", unbound],
      ["/v1/models/bare/drift", 404, "reference-missing", development],
      ["/v1/models/none/drift", 404, "model-unknown", development],
      ["/v1/models/asked/versions/7/drift", 404, "version-unknown", development],
      ["/v1/models/asked/versions/x/drift", 404, "version-unknown", development],
      ["/v1/models/asked/drift?hours=0", 422, "request-invalid", development],
      ["/v1/models/asked/drift?hours=169", 422, "request-invalid", development],
      ["/v1/models/asked/drift?hours=1&hours=2", 422, "request-invalid", development],
      ["/v1/models/asked/drift?days=1", 422, "request-invalid", development],
    ] as const) {
      const response = await ask(path, {}, given);
      expect([path, response.status, await response.json()]).toEqual([path, status, expect.objectContaining({ code })]);
    }
  });
});

test("versions can be listed and looked at one by one", async () => {
  await publish("listed", makeArtefact(kernel, 4).bytes, bytes);
  const ask = serve();
  const { versions } = (await (await ask("/v1/models/listed/versions")).json()) as {
    versions: Record<string, unknown>[];
  };
  expect(versions.map(({ version, state }) => [version, state])).toEqual([
    [2, "current"],
    [1, "previous"],
  ]);
  for (const { url, version } of versions) {
    expect(await (await ask(String(url))).json()).toMatchObject({ name: "listed", version });
  }
  expect((await ask("/v1/models/listed/versions/3")).status).toBe(404);
});
