/** A pool of worker processes: requests wait for a free worker, a worker that dies is replaced. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { UnseenError } from "../../model/errors.ts";
import type { Fault } from "./answering.ts";
import type { Request } from "./bench.ts";
import type { Answer } from "./worker.ts";

interface Job<Q, A> {
  readonly request: Q;
  readonly resolve: (answer: A | Fault) => void;
}

/**
 * Processes rather than threads: native code (DuckDB) that is at work when its thread is ended takes the whole program
 * with it; a process can be killed at any time.
 */
export class Pool<Q = Request, A = Answer> {
  readonly #size: number;
  readonly #script: URL;
  readonly #free: ChildProcess[] = [];
  readonly #busy = new Map<ChildProcess, Job<Q, A>>();
  readonly #waiting: Job<Q, A>[] = [];
  #closed = false;

  /** @param script what a worker runs: it answers each message with one */
  constructor(size: number, script = new URL("./worker.ts", import.meta.url)) {
    this.#size = size;
    this.#script = script;
  }

  /** The answer to one request; requests start in the order they come. Never answered once the pool is closed. */
  ask(request: Q): Promise<A | Fault> {
    return new Promise((resolve) => {
      this.#waiting.push({ request, resolve });
      this.#next();
    });
  }

  /**
   * Waits for work that asks this pool, and closes the pool however it ends.
   *
   * @param stopped what to say once the signal has fired
   * @throws UnseenError interrupted once the signal has fired, and what the work throws
   */
  async finish<T>(work: Promise<T>, signal: AbortSignal | undefined, stopped: string): Promise<T> {
    const interrupted = new Promise<never>((_, reject) => {
      const remedy = "The same command goes on where it stopped.";
      const stop = (): void => reject(new UnseenError("interrupted", stopped, remedy));
      if (signal?.aborted) stop();
      signal?.addEventListener("abort", stop, { once: true });
    });
    try {
      return await Promise.race([work, interrupted]);
    } finally {
      await this.#close();
    }
  }

  /** Ends all workers at once, whatever they are doing. */
  async #close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    const running = [...this.#free, ...this.#busy.keys()].filter(({ exitCode }) => exitCode === null);
    await Promise.all(running.map((worker) => (worker.kill("SIGKILL") ? once(worker, "exit") : undefined)));
  }

  #next(): void {
    if (this.#closed || this.#waiting.length === 0) return;
    const worker = this.#free.pop() ?? (this.#busy.size < this.#size ? this.#start() : undefined);
    const job = worker && this.#waiting.shift();
    if (worker === undefined || job === undefined) return;
    this.#busy.set(worker, job);
    worker.send(job.request as object);
  }

  #start(): ChildProcess {
    const worker = fork(fileURLToPath(this.#script), {
      execArgv: ["--no-warnings"],
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    worker.on("message", (message) => {
      const answer = message as A | Fault;
      const job = this.#busy.get(worker);
      this.#busy.delete(worker);
      this.#free.push(worker);
      job?.resolve(answer);
      this.#next();
    });
    // Out of memory, or a fault outside any request: the request fails, the pool goes on with a new worker.
    let why = "the worker ended";
    worker.on("error", (error) => (why = error.message));
    worker.on("exit", () => {
      const job = this.#busy.get(worker);
      this.#busy.delete(worker);
      if (this.#free.includes(worker)) this.#free.splice(this.#free.indexOf(worker), 1);
      if (this.#closed) return;
      job?.resolve({ kind: "fault", message: why, code: null, remedy: "" });
      this.#next();
    });
    return worker;
  }
}
