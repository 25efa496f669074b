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
  /** Pins a version; needs `model`. */
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

/** An answer that is a problem document; `message` says what is wrong, `problem.remedy` what to do. */
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

  /** Scores up to 1,024 rows, 64 with explanations. @throws ServiceProblem */
  async score(rows: readonly Row[], { threshold, explain, ...target }: ScoreOptions = {}): Promise<ScoreResponse> {
    const body = JSON.stringify({ instances: rows, threshold, explain });
    const response = await this.#post(scorePath(target), "application/json", body, target);
    return (await response.json()) as ScoreResponse;
  }

  /**
   * Scores any number of rows: they go out as they come, answers come in their order. A row that cannot be scored has a
   * fault in its place (`"code" in answer`).
   *
   * @throws ServiceProblem where nothing can be scored, for example without such a model
   */
  async *scoreLines(
    rows: Iterable<Row> | AsyncIterable<Row>,
    { threshold, explain, ...target }: ScoreOptions = {},
  ): AsyncGenerator<Prediction | LineFault, void> {
    const path = scorePath(target) + query({ threshold, explain });
    const response = await this.#post(path, "application/x-ndjson", lines(rows), target);
    let rest = "";
    const text = response.body?.pipeThrough(new TextDecoderStream());
    for await (const piece of text ?? []) {
      const whole = (rest + piece).split("\n");
      rest = whole.pop() ?? "";
      for (const line of whole) yield JSON.parse(line) as Prediction | LineFault;
    }
  }

  /**
   * Scores (rows) of rows (rows, inputs) that are encoded as the network reads them, without any JSON.
   *
   * @throws ServiceProblem
   */
  async scoreEncoded(encoded: Float32Array<ArrayBuffer>, target: Target = {}): Promise<Float32Array> {
    const response = await this.#post(scorePath(target), "application/octet-stream", encoded, target);
    return new Float32Array(await response.arrayBuffer());
  }

  /** Names of published models. @throws ServiceProblem */
  async models(): Promise<string[]> {
    const { models } = (await (await this.#ask("/v1/models")).json()) as ModelList;
    return models.map(({ name }) => name);
  }

  /** The card of a model, or of one of its versions. @throws ServiceProblem */
  async model(name: string, version?: number): Promise<ModelCard> {
    const path = `/v1/models/${encodeURIComponent(name)}${version === undefined ? "" : `/versions/${version}`}`;
    return (await (await this.#ask(path)).json()) as ModelCard;
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
    const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
    const problem = (await response.json()) as ProblemDocument;
    throw new ServiceProblem(response.status, Number.isNaN(retryAfter) ? undefined : retryAfter, problem);
  }
}

function scorePath({ model, version }: Target): string {
  if (model === undefined) return "/v1/score";
  return `/v1/models/${encodeURIComponent(model)}${version === undefined ? "" : `/versions/${version}`}/score`;
}

function query(options: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== false);
  return given.length > 0 ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

/** Rows that are there already go out so many at a time. */
const ROWS_A_CHUNK = 64;

/** Rows as lines, taken only when there is room for them. */
function lines(rows: Iterable<Row> | AsyncIterable<Row>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  // a row that was waited for goes out at once: the next may take its time
  const [iterator, most] =
    Symbol.asyncIterator in rows ? [rows[Symbol.asyncIterator](), 1] : [rows[Symbol.iterator](), ROWS_A_CHUNK];
  return new ReadableStream({
    async pull(controller) {
      let text = "";
      for (let i = 0; i < most; i++) {
        const next = iterator.next();
        const { done, value } = next instanceof Promise ? await next : next;
        if (done) {
          if (text !== "") controller.enqueue(encoder.encode(text));
          controller.close();
          return;
        }
        text += `${JSON.stringify(value)}\n`;
      }
      controller.enqueue(encoder.encode(text));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
