/** Web: people browsing over TCP or QUIC, scripts calling (API clients, health checks), channels for messages. */

import { drawConditions } from "../conditions.ts";
import type { TrafficModel } from "../flow.ts";
import { attempt, overTcp, overUdp } from "../talk.ts";
import { chance, geometric, heavyCount, logNormal, pick, pickName, uniform, type Random } from "../random.ts";
import { visit } from "../script.ts";

export const web: TrafficModel = (random) =>
  pick(random, [
    [browser, 79],
    [script, 14],
    [push, 7],
  ])(random);

/** A page view: several requests with cookies, answers of very unequal size, pauses for reading. */
function browser(random: Random) {
  const mobile = chance(random, 0.35);
  const at = drawConditions(random, mobile ? "radio" : "internet", mobile ? "mobile" : "desktop");
  if (chance(random, 0.004)) return attempt(random, at, geometric(random, 2, 3), chance(random, 0.5));
  const rounds = geometric(random, 1, 7);
  const asking = logNormal(random, 620, 0.45);
  const answering = logNormal(random, 11_000, 1.3);
  const reading = logNormal(random, 6e6, 0.9);
  const talk = {
    rounds,
    request: { mean: asking, spread: asking * 0.4 },
    answer: { mean: answering, spread: answering * 1.4 },
    thinking: logNormal(random, 35_000, 0.8),
    pauses: {
      count: Math.min(rounds, geometric(random, 0, rounds * 0.2)),
      mean: reading,
      spread: reading * 0.8,
    },
    tls: chance(random, 0.94),
  };
  if (talk.tls && chance(random, 0.14)) return overUdp(random, at, talk);
  return overTcp(random, at, talk, pickName(random, { fin: 72, rst: 7, open: 21 }));
}

/** A program asking for one thing: short, even, often in the clear, often breaking off without goodbye. */
function script(random: Random) {
  return visit(random, {
    datacentre: 0.6,
    rounds: [1, 2],
    request: [240, 0.5, 0.08],
    answer: [900, 1.2, 0.3],
    thinking: [15_000, 1],
    tls: 0.4,
    ends: { fin: 22, rst: 73, open: 5 },
  });
}

/** A channel kept open for messages to come (chat, notifications): little at a time, silences between. */
function push(random: Random) {
  const at = drawConditions(
    random,
    chance(random, 0.5) ? "radio" : "internet",
    chance(random, 0.5) ? "mobile" : "desktop",
  );
  const rounds = heavyCount(random, 3, 24, 0.9);
  const asking = logNormal(random, 150, 0.5);
  const answering = logNormal(random, 230, 0.6);
  const silence = logNormal(random, 2e7, 0.8);
  const talk = {
    rounds,
    request: { mean: asking, spread: asking * 0.5 },
    answer: { mean: answering, spread: answering * 0.8 },
    thinking: logNormal(random, 20_000, 0.8),
    pauses: {
      count: Math.ceil(rounds * uniform(random, 0.4, 0.9)),
      mean: silence,
      spread: silence * 0.8,
    },
    tls: chance(random, 0.9),
  };
  return overTcp(random, at, talk, pickName(random, { fin: 4, rst: 1, open: 5 }));
}
