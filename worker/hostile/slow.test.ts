/** Bodies that come slowly, break off or never end. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { BODY_MS, LINE_BYTES } from "../limits.ts";
import { ask, standUp } from "./asking.ts";

standUp();

describe("bodies that come slowly, or break off", () => {
  afterEach(() => vi.useRealTimers());

  const stalled = (first: string | Uint8Array): { body: ReadableStream<Uint8Array>; ended: () => boolean } => {
    let ended = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(typeof first === "string" ? new TextEncoder().encode(first) : first),
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

  test("a stalled compressed body is given up in time, and let go, whole or in lines", async () => {
    const plain = new Blob(['[1,2,"tcp",true]\n'.repeat(3)]).stream();
    const bytes = new Uint8Array(await new Response(plain.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    for (const [type, status, last] of [
      ["application/json", 408, { code: "body-too-slow" }],
      ["application/x-ndjson", 200, { line: 1, code: "body-too-slow" }],
    ] as const) {
      const { body, ended } = stalled(bytes.subarray(0, 12));
      const headers = { "content-type": type, "content-encoding": "gzip" };
      const answer = ask("/v1/score", { method: "POST", body, headers }).then(async (response) => ({
        status: response.status,
        text: new TextDecoder().decode(await response.arrayBuffer()),
      }));
      await vi.advanceTimersByTimeAsync(2 * BODY_MS + 1);
      const { status: found, text } = await answer;
      expect([found, JSON.parse(text), ended()]).toMatchObject([status, last, true]);
    }
  });

  test("a body that stalls short of the length it states is given up in time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { body } = stalled('{"instances":[');
    const headers = { "content-type": "application/json", "content-length": "100" };
    const response = ask("/v1/score", { method: "POST", body, headers });
    await vi.advanceTimersByTimeAsync(BODY_MS + 1);
    expect((await response).status).toBe(408);
  });

  test("a stalled stream of lines ends with a line that says so", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { body, ended } = stalled('[1,2,"tcp",true]\n[1,');
    const answer = (await send("application/x-ndjson", body)).arrayBuffer();
    await vi.advanceTimersByTimeAsync(2 * BODY_MS + 1);
    const lines = new TextDecoder()
      .decode(await answer)
      .trim()
      .split("\n");
    expect([lines.length, JSON.parse(lines[1]), ended()]).toMatchObject([2, { line: 2, code: "body-too-slow" }, true]);
  });

  test("a reader that takes its time is not taken for a slow sender", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let left = 3;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (left-- > 0) controller.enqueue(new TextEncoder().encode('[1,2,"tcp",true]\n'));
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const reader = (await send("application/x-ndjson", body)).body?.getReader();
    let text = "";
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
      text += new TextDecoder().decode(piece.value);
      await vi.advanceTimersByTimeAsync(10 * BODY_MS);
    }
    expect(
      text
        .trim()
        .split("\n")
        .map((line) => "score" in (JSON.parse(line) as object)),
    ).toEqual([true, true, true]);
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
