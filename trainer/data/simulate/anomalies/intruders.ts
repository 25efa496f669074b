/** Intruders: what malicious software sends once it is inside, dressed as ordinary traffic. */

import { drawConditions } from "../conditions.ts";
import { echoes } from "../echo.ts";
import type { TrafficModel } from "../flow.ts";
import { overTcp, overUdp } from "../talk.ts";
import { chance, geometric, heavyCount, logNormal, pick, pickName, uniform } from "../random.ts";

/** DNS tunnel: data in the names asked for and in the answers, question after question from one port. */
export const dnsTunnel: TrafficModel = (random) => {
  const at = drawConditions(random, chance(random, 0.5) ? "datacentre" : "internet", "desktop");
  const rounds = geometric(random, 2, 9);
  const asking = uniform(random, 90, 215);
  const answering = logNormal(random, 210, 0.4);
  const every = logNormal(random, 1e6, 1);
  return overUdp(random, at, {
    rounds,
    request: { mean: asking, spread: asking * 0.15 },
    answer: { mean: answering, spread: answering * 0.25 },
    thinking: logNormal(random, 45_000, 0.6),
    pauses: { count: Math.floor(rounds * 0.3), mean: every, spread: every * 0.5 },
    tls: false,
  });
};

/** Beaconing: a short sign of life to its master every so many seconds, over TLS, for hours. */
export const beaconing: TrafficModel = (random) => {
  const at = drawConditions(random, "internet", "desktop");
  const rounds = heavyCount(random, 8, 40, 0.6);
  const every =
    pick(random, [
      [3e7, 2],
      [6e7, 3],
      [1.2e8, 1],
    ]) * uniform(random, 0.9, 1.1);
  const asking = logNormal(random, 310, 0.25);
  const answering = logNormal(random, 190, 0.3);
  const talk = {
    rounds,
    request: { mean: asking, spread: asking * 0.03 },
    answer: { mean: answering, spread: answering * 0.03 },
    thinking: logNormal(random, 20_000, 0.5),
    pauses: { count: rounds - 1, mean: every, spread: every * 0.05 },
    tls: true,
  };
  return overTcp(random, at, talk, pickName(random, { fin: 4, open: 6 }));
};

/** Exfiltration: files leaving over TLS to a far host, throttled so that nobody notices the rate. */
export const exfiltration: TrafficModel = (random) => {
  const at = drawConditions(
    random,
    chance(random, 0.3) ? "radio" : "internet",
    chance(random, 0.4) ? "tool" : "desktop",
  );
  const rounds = heavyCount(random, 2, 14, 0.7);
  const block = logNormal(random, 260_000, 0.8);
  const every = logNormal(random, 2.5e6, 0.6);
  const talk = {
    rounds,
    request: { mean: block, spread: block * 0.15 },
    answer: { mean: logNormal(random, 230, 0.3), spread: 20 },
    thinking: logNormal(random, 40_000, 0.6),
    pauses: { count: rounds - 1, mean: every, spread: every * 0.3 },
    tls: true,
  };
  return overTcp(random, { ...at, spacing: at.spacing * 6 }, talk, pickName(random, { fin: 45, rst: 40, open: 15 }));
};

/** Crypto mining: work handed out and shares handed in over one lasting connection. */
export const cryptomining: TrafficModel = (random) => {
  const at = drawConditions(random, "internet", chance(random, 0.4) ? "server" : "desktop");
  const rounds = heavyCount(random, 4, 40, 0.9);
  const work = logNormal(random, 300, 0.55);
  const share = logNormal(random, 150, 0.5);
  const every = logNormal(random, 1.5e7, 0.8);
  const talk = {
    rounds,
    request: { mean: share, spread: share * 0.5 },
    answer: { mean: work, spread: work * 0.7 },
    thinking: logNormal(random, 30_000, 0.7),
    pauses: {
      count: Math.ceil(rounds * uniform(random, 0.4, 0.9)),
      mean: every,
      spread: every * 0.9,
    },
    tls: chance(random, 0.7),
  };
  return overTcp(random, at, talk, pickName(random, { fin: 3, rst: 1, open: 5 }));
};

/** ICMP tunnel: data carried in echoes, a few at a time, answers as large as the questions or larger. */
export const icmpTunnel: TrafficModel = (random) => {
  const at = drawConditions(random, "internet", "desktop");
  const up = logNormal(random, 130, 0.7);
  const down = logNormal(random, 210, 0.7);
  const interval = logNormal(random, 4e5, 1);
  return echoes(random, at, {
    requests: heavyCount(random, 3, 16, 0.8),
    request: { mean: up, spread: up * 0.5 },
    answer: { mean: down, spread: down * 0.6 },
    interval: { mean: interval, spread: interval * 0.7 },
  });
};
