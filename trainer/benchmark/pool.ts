/** A pool of worker threads: requests wait for a free worker, a worker that dies is replaced. */
import { Worker } from "node:worker_threads";
import type { Request } from "./bench.ts";
import type { Answer } from "./worker.ts";

interface Job {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
}

export class Pool {
  readonly #size: number;
  readonly #free: Worker[] = [];
  readonly #busy = new Map<Worker, Job>();
  readonly #waiting: Job[] = [];
  #closed = false;

  constructor(size: number) {
    this.#size = size;
  }

  /** The answer to one request; requests start in the order they come. Never answered once the pool is closed. */
  ask(request: Request): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push({ request, resolve });
      this.#next();
    });
  }

  /** Ends all workers at once, whatever they are doing. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    await Promise.all([...this.#free, ...this.#busy.keys()].map((worker) => worker.terminate()));
  }

  #next(): void {
    if (this.#closed || this.#waiting.length === 0) return;
    const worker = this.#free.pop() ?? (this.#busy.size < this.#size ? this.#start() : undefined);
    const job = worker && this.#waiting.shift();
    if (worker === undefined || job === undefined) return;
    this.#busy.set(worker, job);
    worker.postMessage(job.request);
  }

  #start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url));
    worker.on("message", (answer: Answer) => {
      const job = this.#busy.get(worker);
      this.#busy.delete(worker);
      this.#free.push(worker);
      job?.resolve(answer);
      this.#next();
    });
    // Out of memory, or a fault outside any request: the request fails, the pool goes on with a new worker.
    let why = "the worker ended";
    worker.on("error", (error) => (why = error instanceof Error ? error.message : String(error)));
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
