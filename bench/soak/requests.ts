/** The requests of the soak, good and bad, each with what its answer must be. */
import type { IncomingHttpHeaders } from "node:http";
import { gzipSync } from "node:zlib";
import type { Pool } from "./pool.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Ask {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Rows that are scored where the answer is 200. */
  readonly rows: number;
  /** What is wrong with an answer that is no stated 503; undefined where it is right. */
  check(answer: Answer): string | undefined;
}

export interface Kind {
  readonly name: string;
  /** How often, beside the others. */
  readonly weight: number;
  /** Whether it may ask for what the isolate has never seen: 503 may be the answer, while KV fails or for good. */
  readonly strange?: boolean;
  make(draw: () => number): Ask;
}

/** How far a score may be from the trainer's. */
const TOLERANCE = 1e-6;
const JSON_TYPE = { "content-type": "application/json" };

interface Prediction {
  readonly score: number;
  readonly anomaly: boolean;
  readonly code?: string;
}

/** @param authorised headers with a key the Worker accepts */
export function kinds(pool: Pool, authorised: Readonly<Record<string, string>>): Kind[] {
  const json = { ...authorised, ...JSON_TYPE };
  const pick = (draw: () => number, most: number): number[] => {
    const many = 1 + Math.floor(draw() * most);
    return Array.from({ length: many }, () => Math.floor(draw() * pool.rows.length));
  };
  const expectScores = (picked: readonly number[], answer: Answer, scores: ArrayLike<number>): string | undefined => {
    if (scores.length !== picked.length) return `${scores.length} scores for ${picked.length} rows`;
    const wanted = pool.scores.get(versionOf(answer));
    if (!wanted) return `version ${answer.headers["x-model-version"]} was never published`;
    const off = picked.findIndex((row, i) => !(Math.abs(scores[i] - wanted[row]) <= TOLERANCE));
    return off < 0 ? undefined : `row ${off} scores ${scores[off]}, the trainer ${wanted[picked[off]]}`;
  };
  const scored = (answer: Answer, check: () => string | undefined): string | undefined =>
    answer.status === 200 ? check() : `status ${answer.status}: ${answer.body.toString("utf8", 0, 200)}`;
  const fault = (status: number, code: string) => (answer: Answer) => {
    const found = answer.status === status ? (parse(answer) as { code?: string }).code : `status ${answer.status}`;
    return found === code ? undefined : `${found} for ${code}`;
  };
  const score = (name: string, weight: number, path: string, most: number, texts: readonly string[]): Kind => ({
    name,
    weight,
    make(draw) {
      const picked = pick(draw, most);
      const body = `{"instances":[${picked.map((row) => texts[row]).join(",")}],"threshold":0.5}`;
      const check = (answer: Answer): string | undefined =>
        scored(answer, () => {
          const { predictions } = parse(answer) as { predictions: Prediction[] };
          const wrong = predictions.find((each) => each.anomaly !== each.score >= 0.5);
          if (wrong) return `anomaly is ${wrong.anomaly} at ${wrong.score}`;
          const scores = predictions.map((each) => each.score);
          return expectScores(picked, answer, scores);
        });
      return { method: "POST", path, headers: json, body, rows: picked.length, check };
    },
  });
  const bad = (
    name: string,
    path: string,
    body: string,
    status: number,
    code: string,
    headers: Readonly<Record<string, string>> = json,
  ): Kind => ({
    name,
    weight: 1,
    make: () => ({ method: "POST", path, headers, body, rows: 0, check: fault(status, code) }),
  });
  const get = (name: string, weight: number, path: string, right: (body: unknown) => boolean): Kind => ({
    name,
    weight,
    make: () => ({
      method: "GET",
      path,
      headers: authorised,
      rows: 0,
      check: (answer) => scored(answer, () => (right(parse(answer)) ? undefined : `wrong body at ${path}`)),
    }),
  });

  const lines = (name: string, compressed: boolean): Kind => ({
    name,
    weight: 5,
    make(draw) {
      const picked = pick(draw, 200);
      const broken = Math.floor(draw() * picked.length);
      const text = picked.map((row, i) => `${i === broken ? '{"no":' : pool.listed[row]}\n`).join("");
      const body = compressed ? gzipSync(text) : text;
      const check = (answer: Answer): string | undefined =>
        scored(answer, () => {
          const text = answer.body.toString("utf8").trimEnd().split("\n");
          const answers = text.map((line) => JSON.parse(line) as Prediction);
          if (answers[broken]?.code === undefined) return `the bad line ${broken} was not answered in its place`;
          const good = picked.filter((_, i) => i !== broken);
          const scores = answers.filter((_, i) => i !== broken).map((each) => each.score);
          return expectScores(good, answer, scores);
        });
      const coding: Readonly<Record<string, string>> = compressed ? { "content-encoding": "gzip" } : {};
      const headers = { ...authorised, ...coding, "content-type": "application/x-ndjson" };
      return { method: "POST", path: "/v1/score", headers, body, rows: picked.length - 1, check };
    },
  });
  const encodedRows = (picked: readonly number[]): Uint8Array => {
    const rows = new Float32Array(picked.length * pool.inputs);
    for (const [i, row] of picked.entries()) {
      rows.set(pool.encoded.subarray(row * pool.inputs, (row + 1) * pool.inputs), i * pool.inputs);
    }
    return new Uint8Array(rows.buffer);
  };
  const binary: Kind = {
    name: "binary, version 1 pinned",
    weight: 10,
    make(draw) {
      const picked = pick(draw, 256);
      const body = encodedRows(picked);
      const check = (answer: Answer): string | undefined =>
        scored(answer, () => {
          if (versionOf(answer) !== 1) return `version ${versionOf(answer)} answers for version 1`;
          const bytes = new Uint8Array(answer.body);
          return expectScores(picked, answer, new Float32Array(bytes.buffer, 0, bytes.length / 4));
        });
      const headers = { ...authorised, "content-type": "application/octet-stream" };
      const path = "/v1/models/flows/versions/1/score";
      return { method: "POST", path, headers, body, rows: picked.length, check };
    },
  };
  const tensors: Kind = {
    name: "tensors (Open Inference Protocol)",
    weight: 5,
    make(draw) {
      const picked = pick(draw, 16);
      const inputs = pool.features.map(({ name, kind }, j) => ({
        name,
        shape: [picked.length],
        datatype: kind === "categorical" ? "BYTES" : kind === "boolean" ? "BOOL" : "FP64",
        data: picked.map((row) => pool.rows[row][j]),
      }));
      const body = JSON.stringify({ id: "soak", inputs, outputs: [{ name: "score" }] });
      const check = (answer: Answer): string | undefined =>
        scored(answer, () => {
          const { id, outputs } = parse(answer) as { id: string; outputs: { data: number[] }[] };
          return id === "soak" ? expectScores(picked, answer, outputs[0].data) : "another id";
        });
      return { method: "POST", path: "/v2/models/flows/infer", headers: json, body, rows: picked.length, check };
    },
  };
  const tensorsBehind: Kind = {
    name: "tensors behind the JSON, version 1 pinned",
    weight: 3,
    make(draw) {
      const picked = pick(draw, 256);
      const rows = encodedRows(picked);
      const shape = [picked.length, pool.inputs];
      const input = { name: "encoded", shape, datatype: "FP32", parameters: { binary_data_size: rows.length } };
      const outputs = [{ name: "score", parameters: { binary_data: true } }];
      const head = Buffer.from(JSON.stringify({ inputs: [input], outputs }));
      const check = ({ body, ...answer }: Answer): string | undefined =>
        scored({ body, ...answer }, () => {
          const length = Number(answer.headers["inference-header-content-length"]);
          const scores = new Float32Array(new Uint8Array(body.subarray(length)).buffer);
          return expectScores(picked, { body, ...answer }, scores);
        });
      // encoded as version 1 reads them
      const headers = { ...authorised, "inference-header-content-length": String(head.length) };
      const body = Buffer.concat([head, rows]);
      return { method: "POST", path: "/v2/models/flows/versions/1/infer", headers, body, rows: picked.length, check };
    },
  };
  const drift = get("drift", 1, "/v1/models/flows/drift", (body) => "hours" in (body as object));
  return [
    score("one row", 25, "/v1/score", 1, pool.named),
    score("up to 64 rows", 25, "/v1/models/flows/score", 64, pool.listed),
    score("TF Serving's form", 5, "/v1/models/flows:predict", 16, pool.named),
    lines("lines (NDJSON)", false),
    lines("lines, compressed", true),
    binary,
    tensors,
    tensorsBehind,
    ...(pool.reference ? [drift] : []),
    get("model metadata", 2, "/v2/models/flows", (body) => (body as { name?: string }).name === "flows"),
    get("model card", 3, "/v1/models/flows", (body) => Array.isArray((body as { features?: unknown }).features)),
    get("live", 3, "/v2/health/live", (body) => (body as { live?: boolean }).live === true),
    get("ready", 3, "/v2/health/ready", (body) => (body as { ready?: boolean }).ready === true),
    bad("broken JSON", "/v1/score", '{"instances":[[', 400, "body-malformed"),
    bad("a wrong feature", "/v1/score", '{"instances":[{"no_such_feature":1}]}', 422, "feature-unknown"),
    {
      ...bad("no such model", "/v1/models/none/score", `{"instances":[${pool.listed[0]}]}`, 404, "model-unknown"),
      strange: true,
    },
    bad("no such route", "/v1/nowhere", "{}", 404, "route-unknown"),
    bad("no key", "/v1/score", "{}", 401, "key-missing", JSON_TYPE),
    bad("a wrong key", "/v1/score", "{}", 403, "key-wrong", { ...JSON_TYPE, authorization: "Bearer wrong" }),
    bad("a wrong type", "/v1/score", "<rows/>", 415, "media-type", { ...authorised, "content-type": "text/xml" }),
  ];
}

function versionOf({ headers }: Answer): number {
  return Number(/@(\d+)$/.exec(String(headers["x-model-version"]))?.[1]);
}

function parse({ body }: Answer): unknown {
  return JSON.parse(body.toString("utf8"));
}
