import { describe, expect, test } from "vitest";
import kernel from "../build/score.wasm";
import { writeArtefact } from "../model/artefact.ts";
import { makeArtefact, randomRows, SCHEMA } from "../test/fixtures/artefact.ts";
import type { Bindings } from "./bindings.ts";
import { countFeedback } from "./feedback-store.ts";
import { FEEDBACK_PAGE, FEEDBACK_ROW, FEEDBACK_ROWS, FEEDBACK_ROWS_A_REQUEST } from "./limits.ts";
import { bindings, development, publish, serve } from "./test-server.ts";
import { sha256Of } from "./sha256.ts";

const { FEEDBACK, ...unbound } = development;
const { artefact, bytes } = makeArtefact(kernel, 3);
/** The same features in another order and scaling, as a version trained anew may have them. */
const rescaled = retrained();
const ask = serve();
const row = { bytes: 10, duration: 1, protocol: "tcp", tls: true };

function retrained(): Uint8Array {
  const features = SCHEMA.features.map((feature) =>
    feature.kind === "categorical" ? feature : { ...feature, center: feature.center + 1, scale: 3 * feature.scale },
  );
  const draft = { ...artefact, schema: { features: features.toReversed() }, golden: { rows: [], scores: [] } };
  return writeArtefact(draft);
}

function give(model: string, feedback: unknown, given: Bindings = development, of = ask): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return of(`/v1/models/${model}/feedback`, { method: "POST", headers, body: JSON.stringify({ feedback }) }, given);
}

/** All pages of a model's feedback. */
async function taken(model: string): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  for (let after: string | null = ""; after !== null;) {
    const page = await ask(`/v1/models/${model}/feedback${after ? `?after=${after}` : ""}`);
    expect(page.status).toBe(200);
    lines.push(
      ...new TextDecoder()
        .decode(await page.arrayBuffer())
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    );
    after = page.headers.get("x-next");
  }
  return lines;
}

describe("feedback", () => {
  test("labelled rows are kept once, by row and not by wording; a later label corrects an earlier one", async () => {
    await publish("taught", bytes);
    const worm = { instance: row, label: "anomaly", family: "worm" };
    expect(await (await give("taught", [worm])).json()).toEqual({ model: "taught", stored: 1, known: 0, rows: 1 });
    const turned = { tls: true, protocol: "tcp", duration: 1, bytes: 10 };
    const listed = Object.values(row);
    const again = [turned, listed, row].map((instance) => ({ ...worm, instance }));
    expect(await (await give("taught", again)).json()).toMatchObject({ stored: 0, known: 1, rows: 3 });
    await give("taught", [
      { instance: row, label: "normal" },
      { ...worm, instance: { ...row, bytes: null } },
    ]);
    const lines = await taken("taught");
    expect(lines.map(({ label, family, instance, version }) => ({ label, family, instance, version }))).toEqual(
      expect.arrayContaining([
        { label: "normal", family: "", instance: row, version: 1 },
        { label: "anomaly", family: "worm", instance: { ...row, bytes: null }, version: 1 },
      ]),
    );
    expect(lines).toHaveLength(2);
    await publish("untaught", bytes);
    expect(await taken("untaught")).toEqual([]);
  });

  test("a row stays the same row under another version's scaling, and is another one beyond the clip", async () => {
    await publish("rescaled", bytes);
    let isolate = ask;
    const label = (values: object, as: string): Promise<Response> =>
      give("rescaled", [{ instance: { ...row, ...values }, label: as }], development, isolate);
    await label({}, "anomaly");
    await label({ tls: false }, "normal");
    await publish("rescaled", bytes, rescaled);
    isolate = serve();
    expect(await (await label({}, "normal")).json()).toMatchObject({ stored: 1 });
    expect(await (await label({ tls: 0 }, "normal")).json()).toMatchObject({ stored: 0, known: 1 });
    const lines = await taken("rescaled");
    expect(lines.map((line) => [line.label, line.version]).toSorted()).toEqual([
      ["normal", 1],
      ["normal", 2],
    ]);
    // each of them read as another by the model, or by nothing but what it is
    for (const values of [{ duration: 1000 }, { duration: 2000 }, { protocol: "icmp" }, { protocol: "null" }]) {
      expect(await (await label(values, "anomaly")).json()).toMatchObject({ stored: 1, known: 0 });
    }
    expect(await (await label({ protocol: null }, "anomaly")).json()).toMatchObject({ stored: 1, known: 0 });
  });

  test("a label without its row is told so", async () => {
    await publish("rowless", bytes);
    const response = await give("rowless", [{ label: "anomaly" }]);
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { detail: "feedback.0.instance must be a row." },
    ]);
  });

  test.each(["Web Attack – XSS", "Störung", "a/b", "DDoS+scan", "攻撃", "__proto__", "x".repeat(64)])(
    "a family may be called %s",
    async (family) => {
      await publish("families", bytes);
      const response = await give("families", [{ instance: row, label: "anomaly", family }]);
      expect(response.status).toBe(200);
      expect(await taken("families")).toMatchObject([{ family }]);
    },
  );

  test.each(["", " \u00a0", "a\tb", "a\u0085", "\ud83d", "x".repeat(65), 3])(
    "a family is not called %j, and the answer says what it may be",
    async (family) => {
      await publish("families", bytes);
      const response = await give("families", [{ instance: row, label: "anomaly", family }]);
      expect([response.status, await response.json()]).toEqual([
        422,
        expect.objectContaining({
          code: "request-invalid",
          detail:
            "feedback.0.family must be a text of 1 to 64 characters, not all blanks and without control characters.",
        }),
      ]);
    },
  );

  test("a database that fails is a 503 that says when to ask again", async () => {
    await publish("away", bytes);
    const prepare = (): never => {
      throw new Error("D1_ERROR: overloaded");
    };
    const given = { ...development, FEEDBACK: { prepare, batch: prepare, exec: prepare } as never };
    for (const response of [
      await give("away", [{ instance: row, label: "normal" }], given),
      await ask("/v1/models/away/feedback", {}, given),
    ]) {
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(await response.json()).toMatchObject({ code: "store-unavailable" });
    }
  });

  test("more than a page comes in pages, each row once", async () => {
    await publish("paged", bytes);
    const rows = randomRows(FEEDBACK_PAGE.rows + 20, 8).map((some, i) => ({
      instance: some.with(0, i),
      label: "normal",
    }));
    for (let i = 0; i < rows.length; i += FEEDBACK_ROWS_A_REQUEST) {
      expect((await give("paged", rows.slice(i, i + FEEDBACK_ROWS_A_REQUEST))).status).toBe(200);
    }
    const lines = await taken("paged");
    expect(new Set(lines.map(({ id }) => id)).size).toBe(rows.length);
    const names = SCHEMA.features.map(({ name }) => name);
    expect(Object.keys(lines[0].instance as object)).toEqual(names);
  });

  test("large rows come in pages of few, and none larger than a line of a stream is taken", async () => {
    await publish("large", bytes);
    const [features] = [SCHEMA.features.map(({ name }) => name)];
    expect(features).toContain("protocol");
    for (let i = 0; i < 24; i++) {
      const instance = { ...row, protocol: `${i} ${"x".repeat(250_000)}` };
      expect((await give("large", [{ instance, label: "normal" }])).status).toBe(200);
    }
    const page = await ask("/v1/models/large/feedback");
    const lines = (await page.text()).trim().split("\n");
    expect([lines.length, page.headers.get("x-next")]).toEqual([16, expect.any(String)]);
    expect(await taken("large")).toHaveLength(24);
    const instance = { ...row, protocol: "x".repeat(FEEDBACK_ROW) };
    const refused = await give("large", [{ instance, label: "normal" }]);
    expect([refused.status, await refused.json()]).toEqual([413, expect.objectContaining({ code: "body-too-large" })]);
  });

  test.each<[string, unknown, number, string]>([
    ["no list", {}, 422, "request-invalid"],
    ["an empty list", [], 422, "request-invalid"],
    ["another label", [{ instance: row, label: "odd" }], 422, "request-invalid"],
    ["no label", [{ instance: row }], 422, "request-invalid"],
    ["another field", [{ instance: row, label: "normal", why: "x" }], 422, "request-invalid"],
    ["a family of no name", [{ instance: row, label: "anomaly", family: "\n" }], 422, "request-invalid"],
    ["a normal row with a family", [{ instance: row, label: "normal", family: "worm" }], 422, "request-invalid"],
    ["no row", [{ instance: 3, label: "normal" }], 422, "row-wrong-shape"],
    ["no instance", [{ label: "normal" }], 422, "request-invalid"],
    ["a row of another model", [{ instance: { size: 1 }, label: "normal" }], 422, "feature-unknown"],
    ["a wrong value", [{ instance: { ...row, bytes: "x" }, label: "normal" }], 422, "value-wrong-type"],
    [
      "too many rows",
      Array.from({ length: FEEDBACK_ROWS_A_REQUEST + 1 }, () => ({ instance: row, label: "normal" })),
      413,
      "rows-too-many",
    ],
  ])("%s is refused, and nothing is kept", async (_, feedback, status, code) => {
    await publish("strict", bytes);
    const response = await give("strict", feedback);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
    expect(await taken("strict")).toEqual([]);
  });

  test("where a model has the most rows, no more are taken", async () => {
    await publish("full", bytes);
    if (!FEEDBACK) throw new Error("no database");
    await countFeedback(FEEDBACK, "full", []);
    const filled = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
      INSERT INTO feedback SELECT 'full', printf('%064x', i), 'normal', '', '{}', 1, 0 FROM n`;
    await FEEDBACK.prepare(filled)
      .bind(FEEDBACK_ROWS - 1)
      .run();
    expect((await give("full", [{ instance: row, label: "normal" }])).status).toBe(200);
    const refused = await give("full", [{ instance: { ...row, bytes: 11 }, label: "normal" }]);
    expect([refused.status, await refused.json()]).toEqual([409, expect.objectContaining({ code: "feedback-full" })]);
    for (const [label, stored] of [
      ["normal", 0],
      ["anomaly", 1],
    ] as const) {
      const known = await give("full", [{ instance: row, label }]);
      expect([known.status, await known.json()]).toEqual([200, expect.objectContaining({ stored })]);
    }
  });

  test("without a database, a model or a key that may, there is a problem that says so", async () => {
    await publish("kept", bytes);
    const one = [{ instance: row, label: "normal" }];
    expect((await give("kept", one, unbound)).status).toBe(501);
    expect((await give("none", one)).status).toBe(404);
    expect((await ask("/v1/models/none/feedback")).status).toBe(404);
    const locked = {
      ...bindings,
      ENVIRONMENT: "production",
      API_KEY_SHA256: `${await sha256Of("scores")},${await sha256Of("teaches")}`,
      FEEDBACK_KEY_SHA256: await sha256Of("teaches"),
    };
    for (const [key, status] of [
      ["scores", 403],
      ["teaches", 200],
      ["guesses", 403],
    ] as const) {
      const headers = { "x-api-key": key, "content-type": "application/json" };
      const post = { method: "POST", headers, body: JSON.stringify({ feedback: one }) };
      expect((await ask("/v1/models/kept/feedback", post, locked)).status).toBe(status);
      expect((await ask("/v1/models/kept/feedback", { headers }, locked)).status).toBe(status);
    }
    expect((await ask("/v1/models/kept/feedback", {}, locked)).status).toBe(401);
    expect((await ask("/v1/models/kept/feedback?after=x")).status).toBe(422);
    const after = `after=${"0".repeat(64)}`;
    expect((await ask(`/v1/models/kept/feedback?${after}&${after}`)).status).toBe(422);
  });
});
