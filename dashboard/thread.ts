/** The page's side of the scoring thread: calls as promises, batches as they come. */
import type { Answer, Ask, Batch, Calls, Fault } from "./messages.ts";

/** A fault as the page shows it: what is wrong, and what to do. */
export class FaultError extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor({ code, message, remedy }: Fault) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}

export class ScoringThread {
  readonly #worker = new Worker("scoring.js", { type: "module" });
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(cause: unknown): void }>();
  #asked = 0;
  /** Why no call is answered, where the thread could not be loaded. */
  #missing: FaultError | undefined;

  constructor(onBatch: (batch: Batch) => void) {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Answer | Batch>) => {
      if ("run" in data) return onBatch(data);
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.fault) waiting?.reject(new FaultError(data.fault));
      else waiting?.resolve(data.value);
    });
    this.#worker.addEventListener("error", (event) => {
      // what goes wrong within is told by its answer
      if (event instanceof ErrorEvent) return;
      const message = "The part of the page that scores could not be loaded.";
      this.#missing = new FaultError({ code: "internal", message, remedy: "Load the page again." });
      for (const { reject } of this.#waiting.values()) reject(this.#missing);
      this.#waiting.clear();
    });
  }

  /** @throws FaultError as a rejection */
  call<Name extends keyof Calls>(
    call: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<Awaited<ReturnType<Calls[Name]>>> {
    if (this.#missing) return Promise.reject(this.#missing);
    const ask: Ask = { id: ++this.#asked, call, args };
    return new Promise((resolve, reject) => {
      this.#waiting.set(ask.id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage(ask);
    });
  }
}
