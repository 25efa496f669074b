/** DNS: a question and an answer in one datagram each, at times over TLS to a resolver that stays connected. */

import { drawConditions } from "../conditions.ts";
import type { TrafficModel } from "../flow.ts";
import { noPauses, overTcp, overUdp } from "../talk.ts";
import { chance, geometric, logNormal, pick, pickName, uniform, type Random } from "../random.ts";

export const dns: TrafficModel = (random) => (chance(random, 0.92) ? datagrams(random) : overTls(random));

/** One name, asked for both address kinds from one port; a lost answer is asked for again after seconds. */
function datagrams(random: Random) {
  const at = drawConditions(random, pickName(random, { local: 4, datacentre: 4, internet: 2 }), "desktop");
  const name = logNormal(random, 38, 0.25);
  const answering = logNormal(random, 105, 0.55);
  const repeats = chance(random, 0.05) ? 1 : 0;
  const rounds =
    pick(random, [
      [1, 5],
      [2, 4],
      [4, 1],
    ]) + repeats;
  const timer = uniform(random, 1e6, 5e6);
  return overUdp(random, at, {
    rounds,
    request: { mean: name, spread: rounds > 2 ? name * 0.15 : 0 },
    answer: { mean: answering, spread: answering * 0.3 },
    thinking: logNormal(random, chance(random, 0.6) ? 400 : 20_000, 1),
    pauses: { count: repeats, mean: timer, spread: timer * 0.1 },
    tls: false,
  });
}

/** A stub resolver's connection: padded questions and answers, minutes of questions with silences between. */
function overTls(random: Random) {
  const at = drawConditions(random, "internet", chance(random, 0.5) ? "mobile" : "desktop");
  const rounds = geometric(random, 1, 12);
  const silence = logNormal(random, 3e6, 0.7);
  const talk = {
    rounds,
    request: { mean: 152, spread: 12 },
    answer: { mean: 490, spread: 30 },
    thinking: logNormal(random, 8000, 1),
    pauses: {
      count: Math.floor(rounds * uniform(random, 0.2, 0.6)),
      mean: silence,
      spread: silence * 0.7,
    },
    tls: true,
  };
  return overTcp(random, at, rounds > 1 ? talk : { ...talk, pauses: noPauses }, chance(random, 0.8) ? "fin" : "rst");
}
