/** Video: films fetched in pieces of some seconds, and calls that send small datagrams both ways. */

import { drawConditions } from "../conditions.ts";
import type { TrafficModel } from "../flow.ts";
import { noPauses, overTcp, overUdp } from "../talk.ts";
import { chance, heavyCount, logNormal, pickName, uniform, type Random } from "../random.ts";

export const video: TrafficModel = (random) => (chance(random, 0.75) ? stream(random) : call(random));

/** Piece after piece; the player pauses whenever its buffer is full. */
function stream(random: Random) {
  const mobile = chance(random, 0.4);
  const at = drawConditions(random, mobile ? "radio" : "internet", mobile ? "mobile" : "desktop");
  const rounds = heavyCount(random, 2, 22, 0.9);
  const piece = logNormal(random, mobile ? 350_000 : 900_000, 0.7);
  const buffered = logNormal(random, 4e6, 0.4);
  const asking = logNormal(random, 700, 0.3);
  const talk = {
    rounds,
    request: { mean: asking, spread: asking * 0.12 },
    answer: { mean: piece, spread: piece * 0.5 },
    thinking: logNormal(random, 12_000, 0.7),
    pauses: {
      count: Math.round(rounds * uniform(random, 0.3, 0.9)),
      mean: buffered,
      spread: buffered * 0.4,
    },
    tls: chance(random, 0.98),
  };
  if (talk.tls && chance(random, 0.35)) return overUdp(random, at, talk);
  return overTcp(random, at, talk, pickName(random, { fin: 65, rst: 10, open: 25 }));
}

/** A call: voice every 20 ms, pictures in between; sometimes nearly all of it in one direction. */
function call(random: Random) {
  const at = drawConditions(random, chance(random, 0.4) ? "radio" : "internet", "desktop");
  const packets = heavyCount(random, 60, 9000, 1.2);
  const up = logNormal(random, 420, 0.6);
  const down = logNormal(random, 560, 0.6);
  const every = uniform(random, 6000, 20_000);
  return overUdp(
    random,
    { ...at, rtt: every, spacing: every * 0.4 },
    {
      rounds: packets,
      request: { mean: Math.min(600, up), spread: up * 0.5 },
      answer: { mean: Math.min(640, down), spread: down * 0.5 },
      thinking: 0,
      pauses: noPauses,
      tls: chance(random, 0.3),
    },
  );
}
