/** Compressed bodies: undone where they are what they say, and never further than they are read. */
import { describe, expect, test } from "vitest";
import { randomRows } from "../../test/fixtures/artefact.ts";
import { BODY_BYTES, COMPRESSION } from "../limits.ts";
import { ask, good, standUp, TYPES } from "./asking.ts";

standUp();

type Format = "gzip" | "deflate" | "deflate-raw";

async function compress(data: Uint8Array<ArrayBuffer> | string, format: Format = "gzip"): Promise<Uint8Array> {
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const send = (body: BodyInit, coding = "gzip", type = TYPES[0], path = "/v1/score"): Promise<Response> =>
  ask(path, { method: "POST", body, headers: { "content-type": type, "content-encoding": coding } });

async function lines(response: Response): Promise<Record<string, unknown>[]> {
  const text = new TextDecoder().decode(await response.arrayBuffer());
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A body in pieces of so many bytes, and how many of them were asked for. */
function pieces(bytes: Uint8Array, size: number): { body: ReadableStream<Uint8Array>; asked: () => number } {
  let at = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at >= bytes.length) controller.close();
        else controller.enqueue(bytes.subarray(at, (at += size)));
      },
    },
    { highWaterMark: 0 },
  );
  return { body, asked: () => at };
}

const rows = randomRows(300, 17);
const json = JSON.stringify({ instances: rows });
const ndjson = rows.map((row) => `${JSON.stringify(row)}\n`).join("");

describe("compressed bodies", () => {
  test("are scored as they would be without, in every form and coding, however they are cut", async () => {
    const plain = await (await send(json, "identity")).json();
    const wanted = await lines(await send(ndjson, "identity", TYPES[1]));
    expect(wanted).toHaveLength(300);
    for (const [coding, format] of [
      ["gzip", "gzip"],
      [" X-GZIP", "gzip"],
      ["deflate", "deflate"],
    ] as const) {
      for (const size of [3, 1000, 1 << 20]) {
        const whole = await send(pieces(await compress(json, format), size).body, coding);
        expect([whole.status, await whole.json()]).toEqual([200, plain]);
        const streamed = await send(pieces(await compress(ndjson, format), size).body, coding, TYPES[1]);
        expect(await lines(streamed)).toEqual(wanted);
      }
    }
    const floats = new Float32Array(6);
    const scored = [
      await send(floats, "identity", TYPES[2]),
      await send(await compress(new Uint8Array(floats.buffer)), "gzip", TYPES[2]),
    ];
    expect(await scored[1].arrayBuffer()).toEqual(await scored[0].arrayBuffer());
  });

  test("a stated length is that of what is sent", async () => {
    const body = await compress(json);
    const headers = { "content-type": TYPES[0], "content-encoding": "gzip", "content-length": String(body.length) };
    expect((await ask("/v1/score", { method: "POST", body, headers })).status).toBe(200);
  });

  test("lines are answered as their sender flushes them, and a slow reader holds the sender back", async () => {
    const { body, asked } = pieces(await compress(ndjson.repeat(200)), 512);
    const reader = (await send(body, "gzip", TYPES[1])).body?.getReader();
    let text = "";
    while (text.split("\n").length < 100) text += new TextDecoder().decode((await reader?.read())?.value);
    expect(asked()).toBeLessThan(8 * 1024);
    await reader?.cancel();
  });

  test("a bomb is refused at the limit, and no more of it is taken than that", async () => {
    for (const text of [" ", "[", "0"]) {
      const { body, asked } = pieces(await compress(text.repeat(4 * BODY_BYTES)), 1024);
      const response = await send(body);
      expect([response.status, await response.json()]).toEqual([
        413,
        expect.objectContaining({ code: "body-too-large" }),
      ]);
      expect(asked()).toBeLessThan(8 * 1024);
    }
    // no limit of bytes holds for lines, but these come to more than lines can
    const { body, asked } = pieces(await compress(" \n".repeat(4 * BODY_BYTES)), 1024);
    const [last] = await lines(await send(body, "gzip", TYPES[1]));
    expect(last).toMatchObject({ code: "body-too-large" });
    expect(asked()).toBeLessThan((2 * BODY_BYTES) / COMPRESSION);
  });

  test("what is not of its coding, is cut off or goes on behind its end is a bad request, or the last line", async () => {
    const whole = await compress(json);
    const two = new Uint8Array([...whole, ...whole]);
    const wrong = whole.slice();
    wrong[wrong.length - 6] ^= 1;
    for (const [name, body, coding] of [
      ["no gzip", json, "gzip"],
      ["gzip as deflate", whole, "deflate"],
      ["bare deflate", await compress(json, "deflate-raw"), "deflate"],
      ["nothing", new Uint8Array(), "gzip"],
      ["cut in its header", whole.subarray(0, 5), "gzip"],
      ["cut off", whole.subarray(0, -9), "gzip"],
      ["a wrong checksum", wrong, "gzip"],
      ["two in a row", two, "gzip"],
    ] as const) {
      const response = await send(body, coding);
      const { code } = (await response.json()) as { code: string };
      expect([name, response.status, code]).toEqual([name, 400, "body-malformed"]);
      const streamed = await lines(await send(body, coding, TYPES[1]));
      expect([name, streamed.at(-1)]).toEqual([name, expect.objectContaining({ code: "body-malformed" })]);
    }
  });

  test("other codings, and several, are not taken, on any route and in any form", async () => {
    for (const coding of ["br", "zstd", "identity, gzip", "gzip, gzip", "x".repeat(500)]) {
      for (const path of ["/v1/score", "/v1/models/flows:predict", "/v2/models/flows/infer"]) {
        const response = await send(json, coding, TYPES[0], path);
        expect([response.status, response.headers.get("accept-encoding")]).toEqual([415, "gzip, deflate"]);
        await good(response);
      }
      for (const type of TYPES) expect((await send(json, coding, type)).status).toBe(415);
    }
  });
});
