/** Keeps many connections busy for a while and checks every answer. */
import { Agent, request } from "node:http";
import { messageOf } from "../../model/errors.ts";
import { drawFor, unit } from "../../trainer/learn/draw.ts";
import type { Answer, Ask, Kind } from "./requests.ts";

/** A request without an answer by then is lost. */
const PATIENCE_MS = 20_000;
/** Faults that are told in full. */
const TOLD = 20;

export interface Tally {
  asked: number;
  right: number;
  /** 503 with a code and Retry-After where there may be no usable version. */
  stated503: number;
  wrong: number;
  /** No answer: broken off, or too late. */
  lost: number;
  rows: number;
  /** Milliseconds of each answer. */
  readonly times: number[];
}

export interface Load {
  readonly tallies: ReadonlyMap<string, Tally>;
  /** Answers by the version that gave them. */
  readonly versions: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
  /** Tells every connection to stop after its answer. */
  stop(): void;
  readonly done: Promise<unknown>;
}

/** Asks over `connections` connections, a request at a time on each, until it is told to stop. */
export function startLoad(port: number, connections: number, kinds: () => readonly Kind[], seed: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const tallies = new Map<string, Tally>();
  const versions = new Map<string, number>();
  const faults: string[] = [];
  let going = true;

  const one = async (draw: () => number, id: string): Promise<void> => {
    const kind = choose(kinds(), draw());
    const ask = kind.make(draw);
    let tally = tallies.get(kind.name);
    if (!tally) {
      tally = { asked: 0, right: 0, stated503: 0, wrong: 0, lost: 0, rows: 0, times: [] };
      tallies.set(kind.name, tally);
    }
    tally.asked++;
    const start = performance.now();
    const tell = (what: string): void => {
      if (faults.length < TOLD) faults.push(`${kind.name}: ${what}`);
    };
    let answer: Answer;
    try {
      answer = await send(agent, port, ask, id);
    } catch (cause) {
      tally.lost++;
      return tell(messageOf(cause));
    }
    tally.times.push(performance.now() - start);
    const own = answer.headers["x-request-id"] === id;
    if (own && kind.strange && isStated503(answer)) {
      tally.stated503++;
      return;
    }
    const what = own ? wrongWith(ask, answer) : "another request's answer";
    if (what !== undefined) {
      tally.wrong++;
      return tell(what);
    }
    tally.right++;
    if (answer.status !== 200) return;
    tally.rows += ask.rows;
    const version = answer.headers["x-model-version"];
    if (version) versions.set(String(version), (versions.get(String(version)) ?? 0) + 1);
  };
  const loops = Array.from({ length: connections }, async (_, i) => {
    const stream = drawFor(seed, i);
    const draw = (): number => unit(stream);
    for (let n = 0; going; n++) await one(draw, `soak-${i}-${n}`);
  });
  const done = Promise.all(loops).finally(() => agent.destroy());
  return { tallies, versions, faults, stop: () => (going = false), done };
}

/** Whether an answer says that there is no usable version now, by what code and when to ask again. */
function isStated503({ status, headers, body }: Answer): boolean {
  if (status !== 503 || !headers["retry-after"]) return false;
  try {
    const { code, error } = JSON.parse(body.toString("utf8")) as { code?: unknown; error?: unknown };
    // by the Open Inference Protocol it is a text alone
    return typeof (code ?? error) === "string";
  } catch {
    return false;
  }
}

function wrongWith(ask: Ask, answer: Answer): string | undefined {
  try {
    return ask.check(answer);
  } catch (cause) {
    return `an answer that cannot be read: ${messageOf(cause)}`;
  }
}

function choose(kinds: readonly Kind[], share: number): Kind {
  let left = share * kinds.reduce((sum, { weight }) => sum + weight, 0);
  return kinds.find(({ weight }) => (left -= weight) < 0) ?? kinds[0];
}

function send(agent: Agent, port: number, { method, path, headers, body }: Ask, id: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const all = { ...headers, ...length, "x-request-id": id };
    const asked = request({ agent, host: "127.0.0.1", port, method, path, headers: all, timeout: PATIENCE_MS });
    asked.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
      response.on("error", reject);
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer in time")));
    asked.on("error", reject);
    asked.end(body);
  });
}
