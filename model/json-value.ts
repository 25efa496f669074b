/** JSON out of a file nobody vouches for: parsed without duplicate names, read with every type and range checked. */
import type { UnseenError } from "./errors.ts";
import { quote } from "./names.ts";

/** Turns what is wrong, place included, into the error to throw. */
export type Fault = (message: string) => UnseenError;

/** A JSON value together with where it stands; each method checks, or throws the fault with the path. */
export class JsonValue {
  readonly value: unknown;
  readonly #fault: Fault;
  readonly #step: string | number;
  readonly #parent: JsonValue | undefined;

  /** @param step name of the root, or the field or index under `parent` */
  constructor(value: unknown, step: string | number, fault: Fault, parent?: JsonValue) {
    this.value = value;
    this.#step = step;
    this.#fault = fault;
    this.#parent = parent;
  }

  /** Where the value stands, e.g. `golden.rows[3]`; made only when an error needs it. */
  get path(): string {
    const step = this.#step;
    if (!this.#parent) return String(step);
    if (typeof step === "number") return `${this.#parent.path}[${step}]`;
    return this.#parent.path + (/^[\w-]{1,40}$/.test(step) ? `.${step}` : `[${quote(step)}]`);
  }

  /** Parses a text, refusing what JSON.parse hides: an object that has a name twice. */
  static parse(text: string, path: string, fault: Fault): JsonValue {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw fault(`${path} is not JSON`);
    }
    const twice = comesOutAgain(value, text) ? undefined : duplicateName(text);
    if (twice !== undefined) throw fault(`${path} has the name ${quote(twice)} twice`);
    return new JsonValue(value, path, fault);
  }

  /** The error for a value that is not what it must be. */
  wrong(expected: string): UnseenError {
    return this.#fault(`${this.path} must be ${expected}`);
  }

  /** The same value, whose faults name another place. */
  at(path: string, fault: Fault = this.#fault): JsonValue {
    return new JsonValue(this.value, path, fault);
  }

  /** Own entries of an object, in its order. */
  *entries(): Generator<[name: string, value: JsonValue]> {
    const object = this.#object();
    for (const name of Object.keys(object)) yield [name, new JsonValue(object[name], name, this.#fault, this)];
  }

  /** An object with exactly these names, as a record of its values. */
  fields<Name extends string>(...names: Name[]): Record<Name, JsonValue> {
    for (const name of Object.keys(this.#object())) {
      if ((names as string[]).includes(name)) continue;
      throw this.#fault(`${this.path} has an unknown field ${quote(name)}`);
    }
    const record = {} as Record<Name, JsonValue>;
    for (const name of names) record[name] = this.field(name);
    return record;
  }

  /** Whether an object has a field. */
  has(name: string): boolean {
    return Object.hasOwn(this.#object(), name);
  }

  /** The value of one field of an object, whatever else it has. */
  field(name: string): JsonValue {
    const object = this.#object();
    if (Object.hasOwn(object, name)) return new JsonValue(object[name], name, this.#fault, this);
    throw this.#fault(`${this.path} lacks the field "${name}"`);
  }

  /** Items of an array of at most `most`. */
  items(most = Number.POSITIVE_INFINITY): JsonValue[] {
    return this.#array(most).map((item, i) => new JsonValue(item, i, this.#fault, this));
  }

  /** An array of at most `most` items, all of which `accepts` takes: for long ones, without an object for each item. */
  list<Item>(most: number, expected: string, accepts: (item: unknown) => item is Item): readonly Item[] {
    const items = this.#array(most);
    for (let i = 0; i < items.length; i++) {
      if (!accepts(items[i])) throw new JsonValue(items[i], i, this.#fault, this).wrong(expected);
    }
    return items as readonly Item[];
  }

  /** A finite number from `least` to `most`. */
  number(least = -Number.MAX_VALUE, most = Number.MAX_VALUE): number {
    const { value } = this;
    if (typeof value === "number" && value >= least && value <= most) return value;
    throw this.wrong(`a finite number${range(least, most, Number.MAX_VALUE)}`);
  }

  /** A whole number from `least` to `most`. */
  integer(least = 0, most = Number.MAX_SAFE_INTEGER): number {
    const { value } = this;
    if (Number.isSafeInteger(value) && this.number() >= least && this.number() <= most) {
      return this.number();
    }
    throw this.wrong(`a whole number${range(least, most, Number.MAX_SAFE_INTEGER)}`);
  }

  text(): string {
    const { value } = this;
    if (typeof value === "string" && value.isWellFormed()) return value;
    throw this.wrong("a string of whole characters");
  }

  texts(): string[] {
    return this.items().map((item) => item.text());
  }

  boolean(): boolean {
    if (typeof this.value === "boolean") return this.value;
    throw this.wrong("true or false");
  }

  oneOf<Choice extends string>(...choices: Choice[]): Choice {
    const choice = choices.find((each) => each === this.value);
    if (choice !== undefined) return choice;
    throw this.wrong(`one of ${choices.map((each) => `"${each}"`).join(", ")}`);
  }

  #array(most: number): readonly unknown[] {
    const { value } = this;
    if (!Array.isArray(value)) throw this.wrong("an array");
    if (value.length > most) throw this.wrong(`an array of at most ${most} items`);
    return value as readonly unknown[];
  }

  #object(): Readonly<Record<string, unknown>> {
    const { value } = this;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
    throw this.wrong("an object");
  }
}

function range(least: number, most: number, widest: number): string {
  if (least === -widest && most === widest) return "";
  if (most === widest) return ` of at least ${least}`;
  return ` from ${least} to ${most}`;
}

const QUOTE = 34;
const OPEN = 123;
const CLOSE = 125;

/** Whether a value is written as it was read: then no name was there twice, and nobody has to search for it slowly. */
function comesOutAgain(value: unknown, text: string): boolean {
  try {
    return JSON.stringify(value) === text.trimEnd();
  } catch {
    return false; // nested deeper than the stack
  }
}

/** A name some object of a valid JSON text has twice. O(length), without recursion. */
function duplicateName(text: string): string | undefined {
  const open: Set<string>[] = [];
  // codes and not characters: every model goes through here before it is first scored, before V8 has compiled this
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN) open.push(new Set());
    else if (code === CLOSE) open.pop();
    if (code !== QUOTE) continue;
    const end = stringEnd(text, at);
    const names = open.at(-1);
    if (names && text[skipBlanks(text, end)] === ":") {
      const name: string = JSON.parse(text.slice(at, end));
      if (names.has(name)) return name;
      names.add(name);
    }
    at = end - 1;
  }
  return undefined;
}

/** Index behind the closing quote of the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  let quoteAt = start;
  for (;;) {
    quoteAt = text.indexOf('"', quoteAt + 1);
    let first = quoteAt;
    while (text[first - 1] === "\\") first--;
    if ((quoteAt - first) % 2 === 0) return quoteAt + 1;
  }
}

function skipBlanks(text: string, at: number): number {
  while (at < text.length && " \t\n\r".includes(text[at])) at++;
  return at;
}
