/** A program that connects, asks a few even questions without a pause, and leaves: a script's visit, whatever it is after. */

import { drawConditions } from "./conditions.ts";
import type { Flow } from "./flow.ts";
import { chance, geometric, logNormal, pickName, type Random } from "./random.ts";
import { type Ending, noPauses, overTcp } from "./talk.ts";

export interface Script {
  /** Share of visits out of a data centre; the others come over the internet. */
  readonly datacentre: number;
  /** Questions in a connection: least and mean. */
  readonly rounds: readonly [number, number];
  readonly request: Message;
  readonly answer: Message;
  /** What the answering end takes, µs: median and σ of the logarithm. */
  readonly thinking: readonly [number, number];
  /** Share of visits over TLS. */
  readonly tls: number;
  /** How connections end, by weight. */
  readonly ends: Readonly<Record<Ending, number>>;
}

/** Bytes: median and σ of the logarithm over connections, and how far they spread within one, as a share of its mean. */
export type Message = readonly [median: number, sigma: number, spread: number];

export function visit(random: Random, script: Script): Flow {
  const at = drawConditions(random, chance(random, script.datacentre) ? "datacentre" : "internet", "tool");
  const size = ([median, sigma, spread]: Message) => {
    const mean = logNormal(random, median, sigma);
    return { mean, spread: mean * spread };
  };
  const talk = {
    request: size(script.request),
    answer: size(script.answer),
    rounds: geometric(random, ...script.rounds),
    thinking: logNormal(random, ...script.thinking),
    pauses: noPauses,
    tls: script.tls > 0 && chance(random, script.tls),
  };
  return overTcp(random, at, talk, pickName(random, script.ends));
}
