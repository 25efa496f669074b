/** SSH: people typing, and scripts that log in, do one thing and leave (git, configuration tools, copies). */

import { drawConditions } from "../conditions.ts";
import type { TrafficModel } from "../flow.ts";
import { attempt, overTcp } from "../talk.ts";
import { chance, geometric, heavyCount, logNormal, pickName, type Random } from "../random.ts";
import { visit } from "../script.ts";

export const ssh: TrafficModel = (random) => (chance(random, 0.68) ? typing(random) : script(random));

/** Keystrokes and echoes of a few dozen bytes, in bursts, between pauses for thought of very unequal length. */
function typing(random: Random) {
  const at = drawConditions(random, chance(random, 0.5) ? "internet" : "datacentre", "desktop");
  if (chance(random, 0.004)) return attempt(random, at, geometric(random, 2, 3), chance(random, 0.7));
  const rounds = heavyCount(random, 12, 180, 1.1);
  const thought = logNormal(random, 5e6, 0.9);
  const screen = logNormal(random, 130, 0.7);
  const talk = {
    rounds,
    request: { mean: 48, spread: 26 },
    answer: { mean: screen, spread: screen * 1.6 },
    thinking: logNormal(random, 120_000, 0.5),
    pauses: { count: Math.ceil(rounds * 0.12), mean: thought, spread: thought * 1.8 },
    tls: false,
  };
  return overTcp(random, { ...at, jitter: at.jitter * 2 }, talk, pickName(random, { fin: 8, rst: 0.6, open: 2 }));
}

/** Key exchange, one login, one command; logins that fail end the same way sooner. */
function script(random: Random) {
  return visit(random, {
    datacentre: 0.7,
    rounds: [3, 8],
    request: [210, 0.6, 0.7],
    answer: [420, 1, 0.8],
    thinking: [40_000, 0.9],
    tls: 0,
    ends: { fin: 25, rst: 70, open: 5 },
  });
}
