/** Mail: servers handing messages over by SMTP, people's programs fetching and waiting by IMAP. */

import { drawConditions } from "../conditions.ts";
import type { TrafficModel } from "../flow.ts";
import { attempt, noPauses, overTcp } from "../talk.ts";
import { chance, geometric, logNormal, pickName, uniform, type Random } from "../random.ts";

export const mail: TrafficModel = (random) => (chance(random, 0.55) ? smtp(random) : imap(random));

/** A dozen short commands, then the message; one in four deliveries is turned away before the message. */
function smtp(random: Random) {
  const at = drawConditions(random, chance(random, 0.3) ? "datacentre" : "internet", "server");
  if (chance(random, 0.004)) return attempt(random, at, geometric(random, 2, 3), chance(random, 0.4));
  const rounds = geometric(random, 5, 8);
  const rejected = chance(random, 0.25);
  const body = rejected ? 0 : logNormal(random, 14_000, 1.5);
  const asking = 34 + body / rounds;
  const talk = {
    rounds,
    request: { mean: asking, spread: rejected ? 12 : asking * 1.2 },
    answer: { mean: logNormal(random, 62, 0.3), spread: 40 },
    thinking: logNormal(random, 60_000, 0.9),
    pauses: noPauses,
    tls: chance(random, 0.75),
  };
  return overTcp(random, at, talk, pickName(random, { fin: 85, rst: rejected ? 20 : 3, open: 5 }));
}

/** Fetch what is new, then wait for more with a sign of life every so often. */
function imap(random: Random) {
  const at = drawConditions(
    random,
    chance(random, 0.4) ? "radio" : "internet",
    chance(random, 0.4) ? "mobile" : "desktop",
  );
  const rounds = geometric(random, 4, 12);
  const answering = logNormal(random, 900, 1.4);
  const waits = chance(random, 0.6) ? geometric(random, 1, 5) : 0;
  const timer = logNormal(random, 1.1e8, 0.7);
  const talk = {
    rounds: rounds + waits,
    request: { mean: uniform(random, 38, 70), spread: 12 },
    answer: { mean: answering, spread: answering * 1.5 },
    thinking: logNormal(random, 25_000, 0.8),
    pauses: { count: waits, mean: timer, spread: timer * 0.6 },
    tls: chance(random, 0.97),
  };
  return overTcp(random, at, talk, pickName(random, { fin: 60, rst: 5, open: 35 }));
}
