import { beforeAll, describe, expect, test, vi } from "vitest";
import kernel from "../build/score.wasm";
import { inputWidth } from "../model/encode.ts";
import { readArtefact, writeArtefact } from "../model/artefact.ts";
import { weightShapes } from "../model/network.ts";
import { Scorer } from "../model/scorer.ts";
import { floatTensor } from "../model/tensor.ts";
import { makeArtefact, randomRows, SCHEMA } from "../test/fixtures/artefact.ts";
import { SCORES, LINE_BYTES } from "./limits.ts";
import type { LineFault, Prediction } from "./schemas.ts";
import { createApp } from "./app.ts";
import { development, inChunks, publish, serve } from "./test-server.ts";
import { Watch } from "./watch.ts";

const artefacts = [3, 4].map((seed) => makeArtefact(kernel, seed));
const [, scorer] = artefacts.map(({ artefact }) => new Scorer(artefact, kernel));
const ask = serve();
const row = '[1200,2.5,"tcp",true]';

beforeAll(() => publish("flows", ...artefacts.map(({ bytes }) => bytes)));

function predictionOf(score: number, threshold: number): Prediction {
  const confidence = Math.max(score, 1 - score);
  return { score, anomaly: score >= threshold, confidence, margin: score - threshold };
}

function wideModel(inputs: number): Uint8Array {
  const network = { inputs, hidden: 4, blocks: 0, latent: 4 };
  const tensors = new Map(
    [...weightShapes(network)].map(([name, shape]) => {
      const size = shape.reduce((all, n) => all * n, 1);
      return [
        name,
        floatTensor(
          Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
          shape,
        ),
      ];
    }),
  );
  const features = Array.from({ length: inputs }, (_, i) => ({ ...NUMERIC, name: `c${i}` }));
  const [{ artefact }] = artefacts;
  return writeArtefact({ ...artefact, network, schema: { features }, tensors, golden: { rows: [], scores: [] } });
}

const NUMERIC = { kind: "numeric", impute: 0, signedLog: false, center: 0, scale: 1, clip: 10 } as const;

describe("lines", () => {
  const send = (body: BodyInit, query = ""): Promise<Response> =>
    ask(`/v1/score${query}`, { method: "POST", body, headers: { "content-type": "application/x-ndjson" } });
  const answers = async (response: Response): Promise<(Prediction & LineFault)[]> => {
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    // not text(): workerd warns where a type does not say that it is text
    const text = new TextDecoder().decode(await response.arrayBuffer());
    expect(text === "" || text.endsWith("\n")).toBe(true);
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Prediction & LineFault);
  };

  test("a row a line in, a prediction a line out, by the threshold in the query", async () => {
    const rows = randomRows(500, 5);
    const wanted = scorer.scoreRows(rows);
    const response = await send(rows.map((each) => `${JSON.stringify(each)}\n`).join(""), "?threshold=fpr%3D5%25");
    expect(response.headers.get("x-threshold")).toBe("0.6");
    expect(response.headers.get("x-model-version")).toBe("flows@2");
    expect(await answers(response)).toEqual(Array.from(wanted, (score) => predictionOf(score, 0.6)));
  });

  test("a bad line is answered in its place, with its number, and the rest go on", async () => {
    const lines = [row, "", "{", '[1,"x","tcp",true]', `  ${row}\r`, '{"bites":1}', "7", "null", '"\\ud800"', row];
    const got = await answers(await send(lines.join("\n")));
    const faults = [
      [3, "body-malformed"],
      [4, "value-wrong-type", "duration"],
      [6, "feature-unknown", "bites"],
      [7, "row-wrong-shape"],
      [8, "row-wrong-shape"],
      [9, "row-wrong-shape"],
    ] as const;
    const [score] = scorer.scoreRows([JSON.parse(row) as unknown[]]);
    const good = predictionOf(score, 0.7);
    expect(got).toHaveLength(9);
    expect([got[0], got[3], got[8]]).toEqual([good, good, good]);
    const bad = [got[1], got[2], ...got.slice(4, 8)];
    expect(bad.map(({ line, code, feature }) => [line, code, ...(feature ? [feature] : [])])).toEqual(faults);
    for (const { error, remedy } of bad) expect([error.length > 5, remedy.length > 5]).toEqual([true, true]);
  });

  test("a row on which the model overflows is answered with its own line's number, and counted nowhere", async () => {
    const udp = 3;
    class Overflowing extends Scorer {
      override score(encoded: Float32Array, rows: number): Float32Array {
        const scores = super.score(encoded, rows);
        return scores.map((score, i) => (encoded[i * this.inputs + udp] > 0 ? NaN : score));
      }
    }
    const app = createApp((bytes) => new Overflowing(readArtefact(bytes), kernel, { selfTest: false }));
    const body = [row, "", '[1,2,"udp",true]', "{", row, ""].join("\n");
    const init = { method: "POST", body, headers: { "content-type": "application/x-ndjson" } };
    const watched = vi.spyOn(Watch.prototype, "observe");
    const got = await answers(await app.request("/v1/score", init, development));
    const [{ scores, inputs }] = watched.mock.calls.map(([, , rows]) => rows).filter((rows) => rows.scores.length > 0);
    watched.mockRestore();
    expect(Array.from(scores)).toEqual([got[0], got[3]].map((answer) => (answer as unknown as Prediction).score));
    const [data, offset] = inputs(1);
    expect(data.slice(offset, offset + scorer.inputs)).toEqual(scorer.encode(JSON.parse(row)));
    expect(got.map(({ line, code }) => line && [line, code])).toEqual([
      undefined,
      [3, "model-unavailable"],
      [4, "body-malformed"],
      undefined,
    ]);
    expect(got[1].error).toContain("row 3:");
  });

  test("lines come out right however their bytes are cut", async () => {
    const rows = randomRows(40, 6);
    const text = rows.map((each) => JSON.stringify(each)).join("\r\n");
    const bytes = new TextEncoder().encode(text);
    const wanted = Array.from(scorer.scoreRows(rows), (score) => predictionOf(score, 0.7));
    for (const size of [1, 2, 7, 64, 1000]) {
      const cuts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(await answers(await send(inChunks(cuts)))).toEqual(wanted);
    }
  });

  test("a line over the limit is passed over without being held", async () => {
    const long = new TextEncoder().encode(`["${"x".repeat(1 << 16)}`);
    const chunks = [`${row}\n`, ...Array.from({ length: 2 + LINE_BYTES / long.length }, () => long), `\n${row}\n`];
    const body = inChunks(chunks.map((chunk) => (typeof chunk === "string" ? encode(chunk) : chunk)));
    const got = await answers(await send(body));
    expect(got.map(({ line, code }) => code && [line, code])).toEqual([undefined, [2, "line-too-long"], undefined]);
  });

  test("answers come while the sender has not ended, and a slow reader holds the sender back", async () => {
    let sent = 0;
    let open = true;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          sent++;
          controller.enqueue(encode(`${row}\n`.repeat(100)));
        },
        cancel: () => {
          open = false;
        },
      },
      { highWaterMark: 0 },
    );
    const response = await send(body);
    const reader = response.body?.getReader();
    let text = "";
    while (text.length < 1_000_000) text += new TextDecoder().decode((await reader?.read())?.value);
    const [lines, before] = [text.split("\n").length, sent];
    expect(before * 100).toBeLessThan(lines + 2000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent - before).toBeLessThan(20);
    await reader?.cancel();
    expect(open).toBe(false);
  });

  test("where features are many, few lines are explained at a time", async () => {
    await publish("wide", wideModel(1500));
    const text = `${JSON.stringify(Array.from({ length: 1500 }, () => 1))}\n`.repeat(12);
    const body = inChunks([new TextEncoder().encode(text)]);
    const headers = { "content-type": "application/x-ndjson" };
    const response = await ask("/v1/models/wide/score?explain=1", { method: "POST", body, headers });
    const reader = response.body?.getReader();
    const first = new TextDecoder().decode((await reader?.read())?.value);
    expect(first.trim().split("\n"), first.slice(0, 200)).toHaveLength(3);
    await reader?.cancel();
  });

  test("explanations, an empty body, and a query or an accept header that is wrong", async () => {
    const [explained] = await answers(await send(row, "?explain=2"));
    expect(explained.reasons).toHaveLength(2);
    expect(await answers(await send(""))).toEqual([]);
    for (const query of [
      "?explain=0",
      "?treshold=1",
      "?threshold=fpr%3D0.3",
      "?explain=1e1",
      "?threshold=1&threshold=f1",
    ]) {
      expect((await send(row, query)).status).toBe(422);
    }
    const headers = { "content-type": "application/x-ndjson", accept: "text/html" };
    expect((await ask("/v1/score", { method: "POST", body: row, headers })).status).toBe(406);
  });
});

describe("binary", () => {
  const send = (body: BodyInit, query = "", accept = "*/*"): Promise<Response> =>
    ask(`/v1/models/flows/score${query}`, {
      method: "POST",
      body,
      headers: { "content-type": "application/octet-stream", accept },
    });
  const width = inputWidth(SCHEMA);

  test("encoded rows in, scores out, or JSON where that is accepted", async () => {
    const rows = randomRows(200, 8);
    const encoded = new Float32Array(rows.length * width);
    for (const [i, each] of rows.entries()) encoded.set(scorer.encode(each), i * width);
    const response = await send(encoded, "?threshold=f1");
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    expect(response.headers.get("x-threshold")).toBe("0.5");
    expect(new Float32Array(await response.arrayBuffer())).toEqual(scorer.scoreRows(rows));
    const json = (await (await send(encoded, "", "application/json")).json()) as { predictions: Prediction[] };
    expect(json.predictions).toEqual(Array.from(scorer.scoreRows(rows), (score) => predictionOf(score, 0.7)));
  });

  test("JSON rows may be answered with bare scores", async () => {
    const headers = { "content-type": "application/json", accept: "application/octet-stream" };
    const response = await ask("/v1/score", { method: "POST", body: `{"instances":[${row}]}`, headers });
    const [score] = scorer.scoreRows([JSON.parse(row) as unknown[]]);
    expect(new Float32Array(await response.arrayBuffer())).toEqual(Float32Array.of(score));
    const explained = await ask("/v1/score", { method: "POST", body: `{"instances":[${row}],"explain":2}`, headers });
    expect([explained.status, await explained.json()]).toEqual([
      422,
      expect.objectContaining({ code: "request-invalid", detail: "Bare scores have no room for reasons." }),
    ]);
  });

  test.each([
    ["nothing", new Float32Array(), 422, "row-wrong-length"],
    ["half a row", new Float32Array(width + 1), 422, "row-wrong-length"],
    ["half a number", new Uint8Array(4 * width + 2), 422, "row-wrong-length"],
    ["NaN", new Float32Array(width).fill(NaN), 422, "value-not-finite"],
    ["infinity", new Float32Array(width).fill(-Infinity), 422, "value-not-finite"],
    ["a number beyond all bounds", new Float32Array(width).fill(3e38), 422, "value-not-finite"],
    ["too many rows", new Float32Array(width * (SCORES + 1)), 413, "rows-too-many"],
  ])("%s", async (_, body, status, code) => {
    const response = await send(body);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });

  test("no explanations", async () => {
    expect((await send(new Float32Array(width), "?explain=3")).status).toBe(422);
  });
});

describe("TensorFlow Serving's row form and pinned versions", () => {
  const send = (path: string, body: object): Promise<Response> =>
    ask(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  const instances = [JSON.parse(row) as unknown[]];

  test("predictions, with and without a version", async () => {
    const [first, second] = artefacts.map(({ artefact }) => new Scorer(artefact, kernel).scoreRows(instances)[0]);
    for (const [path, score] of [
      ["/v1/models/flows:predict", second],
      ["/v1/models/flows/versions/1:predict", first],
      ["/v1/models/flows%3Apredict", second],
      ["/v1/models/flows/versions/1%3apredict", first],
      ["/v1/models/flows/versions/1/score", first],
      ["/v1/models/flows/versions/2/score", second],
    ] as const) {
      const { predictions } = (await (await send(path, { instances })).json()) as { predictions: Prediction[] };
      expect(predictions).toEqual([predictionOf(score, 0.7)]);
    }
    expect((await send("/v1/models/flows:predict", { instances, signature_name: "serving_default" })).status).toBe(200);
  });

  test.each(["/v1/models/flows:predict", "/v1/models/flows/versions/1:predict"])(
    "%s has POST alone, and says so",
    async (path) => {
      for (const [method, status] of [
        ["GET", 405],
        ["HEAD", 405],
        ["DELETE", 405],
        ["OPTIONS", 204],
      ] as const) {
        const response = await ask(path, { method });
        expect([method, response.status, response.headers.get("allow")]).toEqual([method, status, "POST, OPTIONS"]);
      }
    },
  );

  test("what is not there", async () => {
    for (const version of ["3", "0", "-1", "1.5", "one", "1e0", "%00", "9".repeat(400)]) {
      expect((await send(`/v1/models/flows/versions/${version}/score`, { instances })).status).toBe(404);
    }
    expect((await send("/v1/models/flows:classify", { instances })).status).toBe(404);
    expect((await send("/v1/models/none:predict", { instances })).status).toBe(404);
    expect((await send("/v1/models/flows:predict", { inputs: [[1]] })).status).toBe(422);
    expect((await ask("/v1/models/flows:predict?threshold=f1", { method: "POST" })).status).toBe(422);
  });
});

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
