/** A client of the edge service for TypeScript: thin over fetch, typed by the schemas that the service validates with. */
import type { ModelCard, ModelList } from "../worker/card-schemas.ts";
import type { LineFault, Prediction, ProblemDocument, ScoreResponse } from "../worker/schemas.ts";

export type { LineFault, ModelCard, Prediction, ProblemDocument, ScoreResponse };

/** A value as callers give it; null is missing. */
export type Cell = number | string | boolean | null;

/** Named values, or values in schema order. */
export type Row = Readonly<Record<string, Cell>> | readonly Cell[];

export interface ClientOptions {
  /** An API key; none is needed by a Worker in development. */
  readonly key?: string;
  /** In place of the global fetch. */
  readonly fetch?: typeof fetch;
}

export interface Target {
  /** The Worker's default model unless given. */
  readonly model?: string;
  /** Pins a version; without `model` it is refused. */
  readonly version?: number;
  /** Gives up where it is aborted. */
  readonly signal?: AbortSignal;
}

export interface ScoreOptions extends Target {
  /** "fpr=0.01" unless given. */
  readonly threshold?: string | number;
  /** Reasons for each score: true for five, or how many. */
  readonly explain?: boolean | number;
}

/**
 * An answer that is no success; `message` says what is wrong, `problem.remedy` what to do. Where it comes from elsewhere
 * than the service and is no problem document, or is a success that is no answer or not all of it, one of the type
 * "about:blank" with the code "answer-unreadable" stands for it.
 */
export class ServiceProblem extends Error {
  override readonly name = "ServiceProblem";
  readonly status: number;
  /** Seconds after which to ask again, where the service says so. */
  readonly retryAfter: number | undefined;
  readonly problem: ProblemDocument;

  constructor(status: number, retryAfter: number | undefined, problem: ProblemDocument) {
    super(problem.detail);
    this.status = status;
    this.retryAfter = retryAfter;
    this.problem = problem;
  }
}

/**
 * @example
 * const unseen = new Unseen("https://unseen.example.workers.dev", { key });
 * const { predictions } = await unseen.score([{ bytes: 1200, duration: 0.4, protocol: "tcp", tls: true }]);
 */
export class Unseen {
  readonly #url: string;
  readonly #key: string | undefined;
  readonly #fetch: typeof fetch;

  /** @param url of the Worker, without a path */
  constructor(url: string, { key, fetch: given = fetch }: ClientOptions = {}) {
    this.#url = url.replace(/\/+$/, "");
    this.#key = key;
    this.#fetch = given;
  }

  /**
   * Scores up to 1,024 rows, 64 with explanations (fewer where features are more than 85).
   *
   * @throws ServiceProblem
   * @throws RangeError naming row and column, from 0, of a number that is not finite; nothing is sent then
   */
  async score(rows: readonly Row[], { threshold, explain, ...target }: ScoreOptions = {}): Promise<ScoreResponse> {
    for (const [i, row] of rows.entries()) refuseLost(row, "row", i);
    const body = JSON.stringify({ instances: rows, threshold, explain });
    const response = await this.#post(scorePath(target), "application/json", body, target);
    return read<ScoreResponse>(response, await whole(response, response.text(), target), "predictions");
  }

  /**
   * Scores any number of rows: they go out as they come, answers come in their order. A row that cannot be scored has a
   * fault in its place (`"code" in answer`). Rows are taken no longer than answers are: a loop that is left ends them.
   *
   * @throws ServiceProblem where nothing can be scored, for example without such a model; behind the answers there are,
   * where the last of them are missing and none says why
   * @throws RangeError naming line, from 1, and column of a number that is not finite, and whatever `rows` throws: behind
   * the answers to the rows before, the last to be sent
   */
  async *scoreLines(
    rows: Iterable<Row> | AsyncIterable<Row>,
    { threshold, explain, ...target }: ScoreOptions = {},
  ): AsyncGenerator<Prediction | LineFault, void> {
    const path = scorePath(target) + query({ threshold, explain });
    const sent: Sent = { rows: 0, faults: [] };
    const left = new AbortController();
    const signal = AbortSignal.any([left.signal, ...(target.signal ? [target.signal] : [])]);
    try {
      const response = await this.#post(path, "application/x-ndjson", lines(rows, sent, left.signal), { signal });
      let answered = 0;
      let explained = false;
      for await (const line of linesOf(response, signal)) {
        signal.throwIfAborted();
        const answer = read<Prediction | LineFault>(response, line, "score", "code");
        answered++;
        explained = "code" in answer && answer.final === true;
        yield answer;
      }
      if (answered < sent.rows && !explained) {
        throw unreadable(response, `The answers end after ${answered} of ${sent.rows} rows.`);
      }
      if (sent.faults.length > 0) throw sent.faults[0];
    } finally {
      // Or rows would be taken for nobody, after a refusal too: Node's fetch reads a body on when its answer is given up.
      left.abort();
    }
  }

  /**
   * Scores (rows) of rows (rows, inputs) that are encoded as the network reads them, without any JSON.
   *
   * @throws ServiceProblem
   */
  async scoreEncoded(encoded: Float32Array<ArrayBuffer>, target: Target = {}): Promise<Float32Array> {
    const response = await this.#post(scorePath(target), "application/octet-stream", encoded, target);
    const scores = await whole(response, response.arrayBuffer(), target);
    const bare = response.headers.get("content-type") === "application/octet-stream" && scores.byteLength % 4 === 0;
    if (!bare) throw unreadable(response, "The answer holds no bare scores.");
    return new Float32Array(scores);
  }

  /** Names of published models. @throws ServiceProblem */
  async models(): Promise<string[]> {
    const response = await this.#ask("/v1/models");
    const { models } = read<ModelList>(response, await whole(response, response.text()), "models");
    return models.map(({ name }) => name);
  }

  /** The card of a model, or of one of its versions. @throws ServiceProblem */
  async model(name: string, version?: number): Promise<ModelCard> {
    const response = await this.#ask(modelPath(name, version));
    return read<ModelCard>(response, await whole(response, response.text()), "features");
  }

  #post(path: string, type: string, body: BodyInit, { signal }: Target): Promise<Response> {
    const init = { method: "POST", body, headers: { "content-type": type }, duplex: "half" };
    return this.#ask(path, signal ? { ...init, signal } : init);
  }

  async #ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#key !== undefined) headers.set("authorization", `Bearer ${this.#key}`);
    const call = this.#fetch;
    const response = await call(this.#url + path, { ...init, headers });
    if (response.ok) return response;
    const said: unknown = await response.json().catch(() => undefined);
    init.signal?.throwIfAborted();
    throw isProblem(said)
      ? problemOf(response, said)
      : unreadable(response, `${named(response)}, without a problem document.`);
  }
}

function scorePath({ model, version }: Target): string {
  if (model === undefined) {
    if (version === undefined) return "/v1/score";
    throw new TypeError(`version ${version} of which model? Give the model as well.`);
  }
  return `${modelPath(model, version)}/score`;
}

/** @throws TypeError for what a URL takes as a step: `..` would be scored by the default model */
function modelPath(model: string, version: number | undefined): string {
  if (/^\.{0,2}$/.test(model)) throw new TypeError(`no model is called "${model}".`);
  return `/v1/models/${encodeURIComponent(model)}${version === undefined ? "" : `/versions/${version}`}`;
}

function query(options: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== false);
  return given.length > 0 ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

function isProblem(said: unknown): said is ProblemDocument {
  return typeof said === "object" && said !== null && "detail" in said && "code" in said;
}

/**
 * @param fields of which an answer has one
 * @throws ServiceProblem for a text that is no JSON, a page of what stands between, or JSON that is no answer
 */
function read<Answer>(
  response: Response,
  text: string,
  ...fields: (Answer extends unknown ? keyof Answer : never)[]
): Answer {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw unreadable(response, `${named(response)}, but no JSON.`);
  }
  const known = typeof answer === "object" && answer !== null && fields.some((field) => field in answer);
  if (known) return answer as Answer;
  throw unreadable(response, `${named(response)}, but not of this service.`);
}

/** What is read of an answer. @throws ServiceProblem where it breaks off, the signal's reason where that was aborted */
async function whole<Read>(response: Response, reading: Promise<Read>, { signal }: Target = {}): Promise<Read> {
  try {
    return await reading;
  } catch {
    throw brokenOff(response, signal);
  }
}

/**
 * Lines of an answer as they come; what stands between may have taken the last line feed away.
 *
 * @throws as `whole` does, behind the lines that came whole
 */
async function* linesOf(response: Response, signal: AbortSignal): AsyncGenerator<string, void> {
  let rest = "";
  try {
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } catch {
    throw brokenOff(response, signal);
  }
  if (rest !== "") yield rest;
}

function brokenOff(response: Response, signal: AbortSignal | undefined): unknown {
  return signal?.aborted ? signal.reason : unreadable(response, "The answer breaks off.");
}

function named({ status, statusText }: Response): string {
  return `The answer is ${status}${statusText && ` ${statusText}`}`;
}

function problemOf({ status, headers }: Response, problem: ProblemDocument): ServiceProblem {
  const retryAfter = Number(headers.get("retry-after") ?? Number.NaN);
  return new ServiceProblem(status, Number.isNaN(retryAfter) ? undefined : retryAfter, problem);
}

/** Stands for an answer of a proxy, or of Cloudflare itself, which the service's own do not look like. */
function unreadable(response: Response, detail: string): ServiceProblem {
  const { status, statusText, headers } = response;
  return problemOf(response, {
    type: "about:blank",
    title: statusText || `Status ${status}`,
    status,
    detail,
    code: "answer-unreadable",
    error: detail,
    remedy: "Check the address and what stands between it and the service; from 500 on, try again later.",
    request_id: headers.get("x-request-id") ?? headers.get("cf-ray") ?? "",
  });
}

/** @throws RangeError for a value that JSON would write as null, which stands for a missing one */
function refuseLost(row: Row, what: "row" | "line", index: number): void {
  if (Array.isArray(row)) {
    for (let i = 0; i < row.length; i++) {
      if (row[i] === undefined || isNotFinite(row[i])) throw lost(row[i], what, index, String(i));
    }
  } else {
    const values = row as Readonly<Record<string, Cell>>;
    for (const name in values) {
      if (isNotFinite(values[name])) throw lost(values[name], what, index, JSON.stringify(name));
    }
  }
}

function isNotFinite(value: unknown): boolean {
  return typeof value === "number" && !Number.isFinite(value);
}

function lost(value: unknown, what: string, index: number, column: string): RangeError {
  const remedy = "Give a finite number, or null where the value is missing.";
  return new RangeError(`${what} ${index}, column ${column}: ${value} cannot be sent. ${remedy}`);
}

interface Sent {
  rows: number;
  /** What ended the lines before their time: an error of the stream would lose answers on their way. */
  readonly faults: unknown[];
}

/** Rows that are there already go out so many at a time. */
const ROWS_A_CHUNK = 64;

/**
 * Rows as lines, taken only when there is room for them.
 *
 * @param sent is told of what is sent, and of what ends it
 * @param left ends them as well
 */
function lines(rows: Iterable<Row> | AsyncIterable<Row>, sent: Sent, left: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  // a row that was waited for goes out at once: the next may take its time
  const [iterator, most] =
    Symbol.asyncIterator in rows ? [rows[Symbol.asyncIterator](), 1] : [rows[Symbol.iterator](), ROWS_A_CHUNK];
  let over = false;
  const end = async (): Promise<void> => {
    if (over) return;
    over = true;
    await iterator.return?.();
  };
  left.addEventListener("abort", () => void end().catch(() => undefined));
  return new ReadableStream({
    async pull(controller) {
      let text = "";
      try {
        for (let i = 0; i < most && !over; i++) {
          const next = iterator.next();
          const { done, value } = "then" in next ? await next : next;
          if (done) over = true;
          else {
            refuseLost(value, "line", sent.rows + 1);
            text += `${JSON.stringify(value)}\n`;
            sent.rows++;
          }
        }
      } catch (cause) {
        sent.faults.push(cause);
        await end();
      }
      if (text !== "") controller.enqueue(encoder.encode(text));
      if (over) controller.close();
    },
    cancel: end,
  });
}
