/** Probes: looking for a way in, by ports, by passwords, by malformed requests. */

import { drawConditions } from "../conditions.ts";
import type { TrafficModel } from "../flow.ts";
import { attempt, noPauses, overTcp } from "../talk.ts";
import { chance, geometric, logNormal, pick, pickName } from "../random.ts";
import { visit } from "../script.ts";
import { constant, draw } from "../run.ts";

/** Port scan: most ports refuse or keep silent; an open one is dropped at once or asked for its banner. */
export const portScan: TrafficModel = (random) => {
  const at = drawConditions(random, chance(random, 0.5) ? "datacentre" : "internet", "tool");
  const clientWindow = pick(random, [
    [1024, 5],
    [2048, 1],
    [at.clientWindow, 3],
  ]);
  const kind = pickName(random, { refused: 5, silent: 2, "half-open": 2, banner: 1 });
  const scanner = { ...at, clientWindow };
  if (kind === "silent") return attempt(random, scanner, geometric(random, 2, 2.6), false);
  const refused = attempt(random, scanner, 1, true);
  if (kind === "refused") return refused;
  if (kind === "half-open") {
    const steps = draw(random, { count: 1, mean: 60, spread: 30 }, 1, 1e6);
    return {
      ...refused,
      forward: constant(2, 0),
      gaps: { ...refused.gaps, steps },
      syn: 2,
      backwardWindow: at.serverWindow,
    };
  }
  const banner = logNormal(random, 60, 0.5);
  const talk = {
    rounds: 1,
    request: { mean: 18, spread: 6 },
    answer: { mean: banner, spread: 0 },
    thinking: logNormal(random, 5000, 1),
    pauses: noPauses,
    tls: false,
  };
  return overTcp(random, scanner, talk, "rst");
};

/** Brute force: log in, fail, leave; program against program, so it looks like any script logging in. */
export const bruteForce: TrafficModel = (random) =>
  visit(random, {
    datacentre: 0.6,
    rounds: [2, 5],
    request: [190, 0.45, 0.5],
    answer: [330, 0.7, 0.6],
    thinking: [45_000, 0.8],
    tls: 0.08,
    ends: { fin: 15, rst: 82, open: 3 },
  });

/** Web attack: injected parameters sent by a script, answered by short error pages. */
export const webAttack: TrafficModel = (random) =>
  visit(random, {
    datacentre: 0.5,
    rounds: [1, 2.5],
    request: [330, 0.45, 0.2],
    answer: [900, 0.9, 0.4],
    thinking: [25_000, 1],
    tls: 0.3,
    ends: { fin: 15, rst: 82, open: 3 },
  });

/** Credential stuffing: stolen names and passwords posted to a login form over TLS, one try a connection. */
export const credentialStuffing: TrafficModel = (random) =>
  visit(random, {
    datacentre: 0.5,
    rounds: [1, 1.8],
    request: [290, 0.35, 0.12],
    answer: [620, 0.8, 0.3],
    thinking: [35_000, 0.9],
    tls: 0.75,
    ends: { fin: 15, rst: 82, open: 3 },
  });
