/** The client for TypeScript, the examples of docs/serving.md, and raw sockets, all against real workerd over HTTP. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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
    for await (const _ of unseen.scoreLines(rows, { threshold: "fpr=0.05" })) if (++taken === 5) break;
    expect(taken).toBe(5);
  });

  test("scores encoded rows", async () => {
    const encoded = new Float32Array(rows.length * scorer.inputs);
    for (const [i, row] of rows.entries()) encoded.set(scorer.encode(row), i * scorer.inputs);
    near(await unseen.scoreEncoded(encoded), wanted);
  });

  test("lists models, reads cards, and throws problems as they are", async () => {
    expect(await unseen.models()).toEqual(["flows"]);
    const card = await unseen.model("flows", 1);
    expect([card.version, card.network.inputs, card.features.length]).toEqual([1, scorer.inputs, 4]);
    const fault = await unseen.score([[1]]).catch((cause: unknown) => cause);
    expect(fault).toBeInstanceOf(ServiceProblem);
    expect(fault).toMatchObject({ status: 422, problem: { code: "row-wrong-length", row: 0 } });
    await expect(unseen.scoreLines(rows, { model: "none" }).next()).rejects.toMatchObject({ status: 404 });
    for (const [given, status] of [
      [{}, 401],
      [{ key: "another" }, 403],
    ] as const) {
      await expect(new Unseen(worker.url, given).models()).rejects.toMatchObject({ status });
    }
  });
});

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
    const [json, lines, compressed, infer] = blocks("sh").map((code) => run("bash", ["-euo", "pipefail", "-c", code]));
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
