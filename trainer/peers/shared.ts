/** Work on normal rows that is the same whatever family is held out, done once and counted every time. */

interface Kept<T> {
  readonly value: T;
  readonly seconds: number;
}

/** Seconds of work that was not done again. */
let spared = 0;

/** Values by the object they were made from, as long as that is in use. */
export class Shared<K extends object, T> {
  readonly #kept = new WeakMap<K, Kept<T>>();

  get(key: K, make: () => T): T {
    const known = this.#kept.get(key);
    if (known !== undefined) {
      spared += known.seconds;
      return known.value;
    }
    const started = processorSeconds();
    const value = make();
    this.#kept.set(key, { value, seconds: processorSeconds() - started });
    return value;
  }
}

/** Processor time of this process in seconds, shared work counted at every use as if it had been done there. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + spared;
}
