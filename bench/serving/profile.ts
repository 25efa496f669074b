/** Where the Worker's time and memory go: workerd's own profiler, asked over its inspector while requests are answered. */

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
}

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

interface HeapNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

const WASM = /^wasm-function|^js-to-wasm/;
/** Of model/row-reader.ts, which calls rows.wasm. */
const READER = "read";

/** Parts of a request by the functions that do them; what none names is the rest. */
const PARTS: readonly (readonly [string, RegExp])[] = [
  ["kernel", WASM],
  // inlined into one another, so one part
  [
    "body into numbers, or objects",
    /^(readBytes|envelopeOf|readWhole|readJson|parseJson|isTooDeep|openings|indexOf|race|read|getReader|arrayBuffer|decode|parse|stop|Deadline|setTimeout|clearTimeout|set tracing)$/,
  ],
  ["checking the envelope", /zod|^(safeParse|readRequest|questionOf|_parse|run|inst\.)/],
  ["numbers into inputs", /^#?(encode\w*|put\w*|transform|score(Rows|Cells|Each)|each|write|mayInherit)$/],
  ["scores into JSON", /^(predictions?Json|scoreAnswer|jsonAnswer|checkScores)$/],
  ["garbage collection", /^\(garbage collector\)$/],
];
export const REST = "the rest: routing, headers, log, workerd itself";

/** How often as many requests go before, in which V8 compiles. */
const WARM_UP = 3;

export interface Profile {
  /** Microseconds a request by part, idle time left out. */
  readonly micros: Readonly<Record<string, number>>;
  /** Kilobytes allocated in JavaScript a request by part. */
  readonly kilobytes: Readonly<Record<string, number>>;
}

/** Profiles `requests` requests of the only Worker behind an inspector; they are asked one after another. */
export async function profile(inspector: number, requests: number, ask: () => Promise<unknown>): Promise<Profile> {
  const session = await Session.open(inspector);
  const run = async (): Promise<void> => {
    for (let i = 0; i < requests; i++) await ask();
  };
  for (let warm = 0; warm < WARM_UP; warm++) await run();
  await session.send("Profiler.enable");
  await session.send("Profiler.setSamplingInterval", { interval: 200 });
  await session.send("Profiler.start");
  await run();
  const cpu = (await session.send("Profiler.stop")) as { profile: CpuProfile };
  await session.send("HeapProfiler.enable");
  await session.send("HeapProfiler.startSampling", {
    samplingInterval: 2048,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await run();
  const heap = (await session.send("HeapProfiler.stopSampling")) as { profile: { head: HeapNode } };
  session.close();
  return { micros: byTime(cpu.profile, requests), kilobytes: byMemory(heap.profile.head, requests) };
}

function byTime({ nodes, samples, timeDeltas }: CpuProfile, requests: number): Record<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const callers = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  /** WebAssembly has no names here: what it does is known by the JavaScript that calls it. */
  const nameOf = (id: number): string => {
    const name = names.get(id) ?? "";
    return WASM.test(name) && nameOf(callers.get(id) ?? 0) === READER ? READER : name;
  };
  const parts = emptyParts();
  for (const [i, id] of samples.entries()) {
    const name = nameOf(id);
    if (name !== "(idle)") parts[partOf(name)] += timeDeltas[i] / requests;
  }
  return parts;
}

function byMemory(head: HeapNode, requests: number): Record<string, number> {
  const parts = emptyParts();
  const open = [head];
  for (let node = open.pop(); node; node = open.pop()) {
    parts[partOf(node.callFrame.functionName)] += node.selfSize / 1000 / requests;
    open.push(...node.children);
  }
  return parts;
}

function partOf(name: string): string {
  return PARTS.find(([, pattern]) => pattern.test(name))?.[0] ?? REST;
}

function emptyParts(): Record<string, number> {
  return Object.fromEntries([...PARTS.map(([part]) => part), REST].map((part) => [part, 0]));
}

/** A session of the inspector's protocol. */
class Session {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(cause: Error): void }>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result, error } = JSON.parse(String(data)) as {
        id?: number;
        result?: unknown;
        error?: { message: string };
      };
      if (id === undefined) return;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    });
  }

  static async open(port: number): Promise<Session> {
    const list = await fetch(`http://127.0.0.1:${port}/json`);
    const [{ webSocketDebuggerUrl }] = (await list.json()) as { webSocketDebuggerUrl: string }[];
    const socket = new WebSocket(webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", reject, { once: true });
    });
    return new Session(socket);
  }

  send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    this.#socket.send(JSON.stringify({ id, method, params }));
    return promise;
  }

  close(): void {
    this.#socket.close();
  }
}
