/** IoT telemetry: small devices that publish readings on a timer (MQTT, CoAP), and the pings that watch them. */

import { drawConditions } from "../conditions.ts";
import { echoes } from "../echo.ts";
import type { TrafficModel } from "../flow.ts";
import { attempt, overTcp, overUdp } from "../talk.ts";
import { chance, geometric, heavyCount, logNormal, pick, pickName, uniform, type Random } from "../random.ts";

export const iot: TrafficModel = (random) =>
  pick(random, [
    [mqtt, 66],
    [coap, 26],
    [ping, 8],
  ])(random);

function mqtt(random: Random) {
  const at = drawConditions(random, pickName(random, { radio: 5, local: 3, internet: 2 }), "embedded");
  if (chance(random, 0.006)) return attempt(random, at, geometric(random, 2, 3), chance(random, 0.4));
  const rounds = heavyCount(random, 2, 24, 1.1);
  const reading = logNormal(random, 74, 0.5);
  const timer = pick(random, [
    [5e6, 2],
    [1e7, 3],
    [3e7, 3],
    [6e7, 3],
  ]);
  const drift = logNormal(random, 0.12, 0.9);
  const talk = {
    rounds,
    request: { mean: reading, spread: reading * 0.25 },
    answer: { mean: uniform(random, 4, 30), spread: 5 },
    thinking: logNormal(random, 9000, 0.8),
    pauses: { count: rounds - 1, mean: timer, spread: timer * drift },
    tls: chance(random, 0.35),
  };
  return overTcp(random, at, talk, pickName(random, { open: 6, fin: 3, rst: 1 }));
}

/** One reading, confirmed; a lost one is sent again after about two seconds. */
function coap(random: Random) {
  const at = drawConditions(random, chance(random, 0.6) ? "radio" : "local", "embedded");
  const rounds = geometric(random, 1, 2);
  const reading = logNormal(random, 66, 0.4);
  const timer = logNormal(random, 8e6, 1);
  return overUdp(random, at, {
    rounds,
    request: { mean: reading, spread: reading * 0.1 },
    answer: { mean: uniform(random, 8, 60), spread: 4 },
    thinking: logNormal(random, 12_000, 0.9),
    pauses: { count: rounds - 1, mean: timer, spread: timer * 0.3 },
    tls: chance(random, 0.2),
  });
}

/** Is the device still there? A few echoes a second apart, or one every so often for long. */
function ping(random: Random) {
  const at = drawConditions(random, chance(random, 0.5) ? "radio" : "local", "embedded");
  const size = pick(random, [
    [56, 5],
    [32, 3],
    [64, 2],
  ]);
  const interval = pick(random, [
    [1e6, 5],
    [1e7, 2],
    [6e7, 1],
  ]);
  return echoes(random, at, {
    requests: heavyCount(random, 1, 5, 0.9),
    request: { mean: size, spread: 0 },
    answer: { mean: size, spread: 0 },
    interval: { mean: interval, spread: interval * 0.02 },
  });
}
