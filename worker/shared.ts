/** Work that the requests of an isolate share by key: done once, waited for only so long, given up when it hangs. */

/**
 * The request that began a piece of work may be ended in the middle of it, and with it the work: then it would never
 * settle. So everybody waits by a timer of their own, and what has run too long is begun anew.
 */
export class Shared<T> {
  readonly #running = new Map<string, { readonly work: Promise<T>; readonly since: number }>();
  readonly #now: () => number;
  readonly #patience: number;
  readonly #late: () => Error;

  /** @param late what is thrown after `patience` ms */
  constructor(now: () => number, patience: number, late: () => Error) {
    this.#now = now;
    this.#patience = patience;
    this.#late = late;
  }

  /** Whether work for a key goes on. */
  has(key: string): boolean {
    const running = this.#running.get(key);
    return running !== undefined && this.#now() - running.since < this.#patience;
  }

  /** The work for a key, begun where it does not go on already. */
  async run(key: string, begin: () => Promise<T>): Promise<T> {
    let running = this.has(key) ? this.#running.get(key) : undefined;
    if (!running) {
      running = { work: begin(), since: this.#now() };
      this.#running.set(key, running);
    }
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(this.#late()), this.#patience);
    try {
      return await Promise.race([running.work, late]);
    } finally {
      clearTimeout(timer);
      if (this.#running.get(key) === running) this.#running.delete(key);
    }
  }
}
