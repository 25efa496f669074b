/** Backup: bulk copies to a store nearby, and the short exchanges that find nothing has changed. */

import { drawConditions } from "../conditions.ts";
import type { TrafficModel } from "../flow.ts";
import { overTcp } from "../talk.ts";
import { chance, geometric, heavyCount, logNormal, pickName, uniform, type Random } from "../random.ts";

export const backup: TrafficModel = (random) => (chance(random, 0.65) ? copy(random) : compare(random));

/** Blocks of megabytes as fast as the link takes them, with a breath while the next ones are read. */
function copy(random: Random) {
  const at = drawConditions(random, chance(random, 0.7) ? "local" : "datacentre", "server");
  const rounds = heavyCount(random, 1, 20, 1.2);
  const block = logNormal(random, 2.5e6, 0.9);
  const reading = logNormal(random, 1.5e6, 1);
  const talk = {
    rounds,
    request: { mean: block, spread: block * 0.6 },
    answer: { mean: logNormal(random, 90, 0.5), spread: 30 },
    thinking: logNormal(random, 5000, 1),
    pauses: {
      count: Math.floor(rounds * uniform(random, 0, 0.5)),
      mean: reading,
      spread: reading,
    },
    tls: chance(random, 0.6),
  };
  return overTcp(random, at, talk, pickName(random, { fin: 8, open: 1, rst: 0.5 }));
}

/** Lists of checksums each way. */
function compare(random: Random) {
  const at = drawConditions(
    random,
    chance(random, 0.6) ? "local" : "datacentre",
    chance(random, 0.75) ? "server" : "tool",
  );
  const asking = logNormal(random, 900, 1);
  const answering = logNormal(random, 700, 1);
  const talk = {
    rounds: geometric(random, 2, 10),
    request: { mean: asking, spread: asking * 0.8 },
    answer: { mean: answering, spread: answering * 0.9 },
    thinking: logNormal(random, 30_000, 1.2),
    pauses: { count: chance(random, 0.3) ? 1 : 0, mean: 5e6, spread: 4e6 },
    tls: chance(random, 0.6),
  };
  return overTcp(random, at, talk, pickName(random, { fin: 8, rst: 1 }));
}
