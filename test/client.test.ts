/** The client for TypeScript, the examples of docs/serving.md, and raw sockets, all against real workerd over HTTP. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import getPort from "get-port";
import { ServiceProblem, Unseen } from "unseen/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Scorer } from "../model/scorer.ts";
import { makeKey, secretsOf } from "../trainer/keys/keys.ts";
import { startWorker, type WorkerProcess } from "../trainer/commands/worker-process.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { publish } from "../trainer/publish/publish.ts";
import { makeArtefact, randomRows } from "./fixtures/artefact.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-client-"));
const { artefact, bytes } = makeArtefact(kernelModule("score"), 31);
const scorer = new Scorer(artefact, kernelModule("score"));
const rows = randomRows(300, 12);
const wanted = [...scorer.scoreRows(rows)];
/** The Worker is closed to all but this one, as a deployed one is. */
const { key, entry } = makeKey("tests", false);
let worker: WorkerProcess;
let unseen: Unseen;

beforeAll(async () => {
  const file = join(folder, "model.safetensors");
  writeFileSync(file, bytes);
  await publish({ file, name: "flows", persistTo: folder });
  worker = await startWorker(await getPort(), folder, { ENVIRONMENT: "production", ...secretsOf([entry]) });
  unseen = new Unseen(`${worker.url}/`, { key });
}, 90_000);
afterAll(async () => {
  await worker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The Worker may run another build of the kernel than Node: the same to 1e-6. */
function near(found: ArrayLike<unknown>, expected: ArrayLike<unknown>): void {
  expect(found).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [found[i], expected[i]];
    if (typeof a === "number" && typeof b === "number") expect(Math.abs(a - b)).toBeLessThan(1e-6);
    else expect(a).toBe(b);
  }
}

describe("the client", () => {
  test("scores rows, pinned and not, with thresholds and reasons", async () => {
    const { predictions, threshold } = await unseen.score(rows, { threshold: "f1" });
    near(
      predictions.map(({ score }) => score),
      wanted,
    );
    expect(threshold.value).toBe(artefact.thresholds.f1);
    const pinned = await unseen.score(rows.slice(0, 2), { model: "flows", version: 1, explain: 2 });
    expect(pinned.predictions.map(({ reasons }) => reasons?.length)).toEqual([2, 2]);
  });

  test("scores a stream of rows, faults in their places, and stops where the reader does", async () => {
    async function* given(): AsyncGenerator<(typeof rows)[number]> {
      yield* rows.slice(0, 100);
      yield [1];
      yield* rows.slice(100);
    }
    const scores: (number | string)[] = [];
    for await (const answer of unseen.scoreLines(given())) scores.push("code" in answer ? answer.code : answer.score);
    near(scores, [...wanted.slice(0, 100), "row-wrong-length", ...wanted.slice(100)]);
    let taken = 0;
    const options = { threshold: "fpr=0.05", explain: false };
    for await (const _ of unseen.scoreLines(rows, options)) if (++taken === 5) break;
    expect(taken).toBe(5);
  });

  test("a row of a source that waits is answered before the next", async () => {
    let answers = 0;
    async function* given(): AsyncGenerator<(typeof rows)[number]> {
      for (const [i, row] of rows.slice(0, 3).entries()) {
        yield row;
        for (let waited = 0; answers <= i; waited++) {
          if (waited === 1000) throw new Error(`no answer to row ${i}`);
          await sleep(5);
        }
      }
    }
    for await (const _ of unseen.scoreLines(given())) answers++;
    expect(answers).toBe(3);
  });

  test("scores encoded rows", async () => {
    const encoded = new Float32Array(rows.length * scorer.inputs);
    for (const [i, row] of rows.entries()) encoded.set(scorer.encode(row), i * scorer.inputs);
    near(await unseen.scoreEncoded(encoded), wanted);
    for (const [body, type] of [
      ["<html>", "text/html"],
      ["five!", "application/octet-stream"],
    ]) {
      const answer = async () => new Response(body, { headers: { "content-type": type } });
      const fault = await new Unseen("http://proxy", { fetch: answer })
        .scoreEncoded(encoded)
        .catch((cause: unknown) => cause);
      expect(fault).toMatchObject({ status: 200, problem: { code: "answer-unreadable" } });
    }
  });

  test("lists models, reads cards, and throws problems as they are", async () => {
    expect(await unseen.models()).toEqual(["flows"]);
    const card = await unseen.model("flows", 1);
    expect([card.version, card.network.inputs, card.features.length]).toEqual([1, scorer.inputs, 4]);
    const fault = await unseen.score([[1]]).catch((cause: unknown) => cause);
    expect(fault).toBeInstanceOf(ServiceProblem);
    expect(fault).toMatchObject({ status: 422, problem: { code: "row-wrong-length", row: 0 } });
    const unknown = { status: 404, retryAfter: undefined };
    await expect(unseen.scoreLines(rows, { model: "none" }).next()).rejects.toMatchObject(unknown);
    for (const [given, status] of [
      [{}, 401],
      [{ key: "another" }, 403],
    ] as const) {
      await expect(new Unseen(worker.url, given).models()).rejects.toMatchObject({ status });
    }
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "refuses %d, which JSON would turn into a missing value, and names its place",
    async (value) => {
      const named = { bytes: 1, duration: value, protocol: "tcp", tls: true };
      const listed = [1, value, "tcp", true];
      const sent: unknown[] = [];
      const deaf = new Unseen(worker.url, { fetch: async (...call) => (sent.push(call), Response.error()) });
      await expect(deaf.score([rows[0], named])).rejects.toThrow(`row 1, column "duration": ${value}`);
      await expect(deaf.score([rows[0], listed])).rejects.toThrow(`row 1, column 1: ${value}`);
      expect(sent).toEqual([]);
      for (const [row, place] of [
        [named, 'column "duration"'],
        [listed, "column 1"],
      ] as const) {
        for (const before of [0, 100]) {
          const scores: number[] = [];
          const reading = (async () => {
            const given = [...rows.slice(0, before), row, ...rows];
            for await (const answer of unseen.scoreLines(given)) scores.push("score" in answer ? answer.score : -1);
          })();
          await expect(reading).rejects.toThrow(`line ${before + 1}, ${place}: ${value}`);
          near(scores, wanted.slice(0, before));
        }
      }
    },
  );

  test("refuses what a list has no value for, and passes over fields of no value as JSON does", async () => {
    await expect(unseen.score([[1, undefined as never, "tcp", true]])).rejects.toThrow(RangeError);
    const row = { bytes: 1200, duration: 0.4, protocol: "tcp", tls: true, note: undefined as never };
    expect((await unseen.score([row])).predictions).toHaveLength(1);
  });

  test("what the rows themselves throw comes behind the answers to those before", async () => {
    let closed = false;
    function* broken(): Generator<(typeof rows)[number]> {
      try {
        yield* rows.slice(0, 70);
        throw new Error("no more");
      } finally {
        closed = true;
      }
    }
    let answers = 0;
    const reading = (async () => {
      for await (const _ of unseen.scoreLines(broken())) answers++;
    })();
    await expect(reading).rejects.toThrow("no more");
    expect([answers, closed]).toEqual([70, true]);
  });

  test.each([
    ["left", () => unseen],
    ["refused", () => new Unseen(worker.url, { fetch: async () => new Response("", { status: 404 }) })],
  ])("rows are taken no longer than answers are, where the stream is %s", async (_, client) => {
    let taken = 0;
    let closed = false;
    async function* endless(): AsyncGenerator<(typeof rows)[number]> {
      try {
        for (; ; taken++) {
          yield rows[0];
          await sleep(5);
        }
      } finally {
        closed = true;
      }
    }
    const first = async (): Promise<unknown> => {
      for await (const answer of client().scoreLines(endless())) return answer;
      return undefined;
    };
    await first().catch((fault: unknown) => expect(fault).toBeInstanceOf(ServiceProblem));
    await sleep(100);
    const before = taken;
    await sleep(100);
    expect([taken, closed]).toEqual([before, true]);
  });

  test.each([
    ["without its last line feed is an answer", '{"score":0.25}', [0.25]],
    ["that is cut off", '{"score":0.25}\n{"sco', "The answer is 200, but no JSON."],
    ["that is a page", "<html>sign in</html>", "The answer is 200, but no JSON."],
    ["that is not the last of all", '{"score":0.25}\n', "The answers end after 1 of 2 rows."],
    [
      "that is one row's fault",
      '{"score":0.25}\n{"line":2,"code":"value-wrong-type"}',
      "The answers end after 2 of 3 rows.",
    ],
  ])("a last line %s, and never lost", async (_, body, wanted) => {
    const sent = body.split("\n").filter((line) => line.startsWith('{"')).length + (Array.isArray(wanted) ? 0 : 1);
    const between = new Unseen(worker.url, { fetch: async () => new Response(body) });
    const scores: unknown[] = [];
    const reading = (async () => {
      for await (const answer of between.scoreLines(rows.slice(0, sent)))
        if ("score" in answer) scores.push(answer.score);
    })();
    if (Array.isArray(wanted)) await reading;
    else await expect(reading).rejects.toThrow(wanted);
    expect(scores).toEqual(body.startsWith("{") ? [0.25] : []);
  });

  test("rows may come by promises of another realm, as in a test runner's", async () => {
    let taken = 0;
    const { Promise: Other } = runInNewContext("({ Promise })") as { Promise: PromiseConstructor };
    const next = (): Promise<IteratorResult<(typeof rows)[number]>> =>
      Other.resolve(taken === 3 ? { done: true, value: undefined } : { value: rows[taken++] });
    const given = { [Symbol.asyncIterator]: () => ({ next }) };
    const scores: unknown[] = [];
    for await (const answer of unseen.scoreLines(given)) scores.push("score" in answer && answer.score);
    near(scores, wanted.slice(0, 3));
  });

  test("gives up where it is aborted, with answers at hand as well", async () => {
    const given = new AbortController();
    let answers = 0;
    const reading = (async () => {
      for await (const _ of unseen.scoreLines(rows, { signal: given.signal })) {
        answers++;
        given.abort(new Error("enough"));
      }
    })();
    await expect(reading).rejects.toThrow("enough");
    expect(answers).toBe(1);
  });

  test("refuses a version without its model", async () => {
    await expect(unseen.score(rows, { version: 3 })).rejects.toThrow("Give the model");
    await expect(unseen.scoreLines(rows, { version: 3 }).next()).rejects.toThrow("Give the model");
    await expect(unseen.scoreEncoded(new Float32Array(6), { version: 3 })).rejects.toThrow("Give the model");
  });

  test.each(["..", ".", ""])(
    "refuses a model called %j, which a URL would take for a step and another model",
    async (model) => {
      const refused = "no model is called";
      await expect(unseen.score(rows, { model })).rejects.toThrow(refused);
      await expect(unseen.scoreLines(rows, { model, version: 1 }).next()).rejects.toThrow(refused);
      await expect(unseen.scoreEncoded(new Float32Array(6), { model })).rejects.toThrow(refused);
      await expect(unseen.model(model)).rejects.toThrow(refused);
    },
  );

  test.each([
    ["a page", "<html>bad gateway</html>"],
    ["nothing", ""],
    ["other JSON", '{"success":false}'],
    ["no object", "null"],
  ])("%s in place of a problem document keeps its status", async (_, body) => {
    const init = { status: 502, statusText: "Bad Gateway", headers: { "retry-after": "7", "cf-ray": "8f1" } };
    const between = new Unseen(worker.url, { fetch: async () => new Response(body, init) });
    const fault = await between.models().catch((cause: unknown) => cause);
    expect(fault).toBeInstanceOf(ServiceProblem);
    const problem = { type: "about:blank", title: "Bad Gateway", status: 502, request_id: "8f1" };
    expect(fault).toMatchObject({ status: 502, retryAfter: 7, message: expect.stringContaining("502"), problem });
    expect((fault as ServiceProblem).problem.remedy).not.toBe("");
  });
});

test("an answer whose connection breaks is told as one that is not whole, but where it was aborted", async () => {
  const broken = (text: string, aborted?: AbortController): typeof fetch => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
      pull: (controller) => {
        aborted?.abort(new Error("enough"));
        controller.error(aborted?.signal.reason ?? new TypeError("terminated"));
      },
    });
    return async () => new Response(body, { headers: { "content-type": "application/octet-stream" } });
  };
  const encoded = new Float32Array(scorer.inputs);
  const askings = [
    ["{", (client: Unseen, signal?: AbortSignal) => client.score(rows, signal && { signal })],
    ["four", (client: Unseen, signal?: AbortSignal) => client.scoreEncoded(encoded, signal && { signal })],
    ['{"sco', (client: Unseen, signal?: AbortSignal) => client.scoreLines(rows, signal && { signal }).next()],
    ["{", (client: Unseen) => client.models()],
    ["{", (client: Unseen) => client.model("flows")],
  ] as const;
  for (const [i, [text, asking]] of askings.entries()) {
    const fault = { name: "ServiceProblem", status: 200, problem: { code: "answer-unreadable" } };
    await expect(asking(new Unseen("http://proxy", { fetch: broken(text) }))).rejects.toMatchObject(fault);
    if (i > 2) continue;
    const given = new AbortController();
    const aborted = asking(new Unseen("http://proxy", { fetch: broken(text, given) }), given.signal);
    await expect(aborted).rejects.toThrow("enough");
  }
  const reading = new Unseen("http://proxy", { fetch: broken('{"score":0.25}\n') }).scoreLines(rows.slice(0, 2));
  expect(await reading.next()).toMatchObject({ value: { score: 0.25 } });
  await expect(reading.next()).rejects.toMatchObject({ message: "The answer breaks off." });
});

test.each(["null", "3", '"ok"', "{}", '{"success":true}', "[]"])(
  "JSON that is no answer, %s, is told as that",
  async (body) => {
    const between = new Unseen(worker.url, { fetch: async () => new Response(body) });
    for (const asking of [
      between.score(rows),
      between.scoreLines(rows.slice(0, 1)).next(),
      between.models(),
      between.model("flows"),
    ]) {
      await expect(asking).rejects.toMatchObject({ status: 200, problem: { code: "answer-unreadable" } });
    }
  },
);

describe("examples of docs/serving.md", () => {
  const text = readFileSync(new URL("../docs/serving.md", import.meta.url), "utf8");
  const [, examples] = text.split(/^## Examples$/m);
  const blocks = (language: string): string[] =>
    Array.from(examples.split(/^## /m)[0].matchAll(/```(\w+)\n([\s\S]*?)```/g))
      .filter(([, each]) => each === language)
      .map(([, , code]) => code);
  const run = (command: string, args: string[], input?: string): string => {
    const env = { ...process.env, UNSEEN_URL: worker.url, UNSEEN_KEY: key };
    const cwd = fileURLToPath(new URL("..", import.meta.url));
    const { status, stdout, stderr } = spawnSync(command, args, { env, cwd, input, encoding: "utf8", timeout: 20_000 });
    expect([status, stderr]).toEqual([0, ""]);
    return stdout;
  };
  const has = (command: string): boolean => spawnSync(command, ["--version"]).status === 0;
  const tcp = [1200, 0.4, "tcp", true];
  const udp = [null, 0.4, "udp", false];
  const [first, second] = scorer.scoreRows([tcp, udp]);

  test.skipIf(!has("curl") || !has("bash"))("curl (skipped where curl or bash is not installed)", () => {
    const [json, lines, compressed, infer] = blocks("sh").map((code) =>
      run("bash", ["--norc", "-euo", "pipefail", "-c", code]),
    );
    const [prediction] = JSON.parse(json).predictions;
    near([prediction.score], [first]);
    expect(prediction.reasons).toHaveLength(2);
    for (const each of [lines, compressed]) {
      const scores = each.trim().split("\n");
      near(
        scores.map((line) => (JSON.parse(line) as { score: number }).score),
        [first, second],
      );
    }
    expect(JSON.parse(infer)).toMatchObject({ id: "42", outputs: [{ name: "score", shape: [2] }] });
  });

  test.skipIf(!has("python3"))("Python (skipped where python3 is not installed)", () => {
    const [code] = blocks("python");
    const lines = run("python3", ["-"], code).trim().split("\n");
    const shown = lines.map((line) => (Number.isNaN(Number.parseFloat(line)) ? line : Number.parseFloat(line)));
    near(shown, [first, second, first, second, "feature-unknown"]);
  });

  test("TypeScript", () => {
    const [code] = blocks("ts");
    const out = run(process.execPath, ["--no-warnings", "--input-type=module-typescript", "-e", code]);
    for (const part of [String(first).slice(0, 6), String(second).slice(0, 6), "feature-unknown", "Did you mean"]) {
      expect(out).toContain(part);
    }
  });
});

describe("on the wire", () => {
  /** Sends bytes as they are; gives what came until the other side closed, or `ms` went by. */
  const raw = (text: string, ms = 3000): Promise<string> =>
    new Promise((resolve) => {
      const { port } = new URL(worker.url);
      const socket = connect(Number(port), "127.0.0.1", () => socket.write(text));
      let came = "";
      const done = (): void => {
        socket.destroy();
        resolve(came);
      };
      socket.on("data", (data) => (came += data));
      socket.on("close", done).on("error", done);
      setTimeout(done, ms);
    });
  const head = `Host: x\r\nConnection: close\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n`;
  const alive = async (): Promise<void> => {
    const { predictions } = await unseen.score(rows.slice(0, 1));
    near([predictions[0].score], [wanted[0]]);
  };

  test.each([
    ["a header of 100 kB", `GET /v1/models HTTP/1.1\r\n${head}X-Long: ${"x".repeat(100_000)}\r\n\r\n`],
    ["a thousand headers", `GET /v1/models HTTP/1.1\r\n${head}${"X-A: b\r\n".repeat(1000)}\r\n`],
    ["a path of 60 kB", `GET /v1/models/${"a".repeat(60_000)} HTTP/1.1\r\n${head}\r\n`],
    ["a zero in the path", `GET /v1/models/%00 HTTP/1.1\r\n${head}\r\n`],
    ["two lengths", `POST /v1/score HTTP/1.1\r\n${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
    [
      "a length and chunks",
      `POST /v1/score HTTP/1.1\r\n${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ["no HTTP", "\u0000\u0001\u0002\r\n\r\n"],
  ])("%s is refused or answered below 500, and the Worker goes on", async (_, text) => {
    const answer = await raw(text);
    if (answer !== "") expect(answer).toMatch(/^HTTP\/1\.1 (200|4\d\d) /);
    await alive();
  });

  test("callers who hang up in the middle leave nothing behind", async () => {
    const half = `POST /v1/score HTTP/1.1\r\n${head}Content-Length: 5000\r\n\r\n{"instances":[[1,`;
    await Promise.all(Array.from({ length: 50 }, () => raw(half, 50)));
    await alive();
  });

  test("lines are answered while their sender waits for the answer", async () => {
    const call = request(`${worker.url}/v1/score`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", "x-api-key": key },
    });
    const answers = new Promise<NodeJS.ReadableStream>((resolve) => call.on("response", resolve));
    for (const [i, row] of rows.slice(0, 5).entries()) {
      call.write(`${JSON.stringify(row)}\n`);
      const response = await answers;
      const line = await new Promise<string>((resolve) => response.once("data", (data) => resolve(String(data))));
      near([(JSON.parse(line) as { score: number }).score], [wanted[i]]);
    }
    call.end();
  });
});
