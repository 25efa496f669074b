/** Floods: one end is made to spend what it has, by half-open connections, costly requests or others' answers. */

import { drawConditions } from "../conditions.ts";
import type { TrafficModel } from "../flow.ts";
import { attempt, noTcp, overTcp } from "../talk.ts";
import { chance, geometric, heavyCount, pick, pickName, uniform } from "../random.ts";
import { visit } from "../script.ts";
import { constant, draw, nothing, together } from "../run.ts";

/** SYN flood: connections opened and never taken up, windows at random, answers repeated or not at all. */
export const synFlood: TrafficModel = (random) => {
  const at = drawConditions(random, "internet", "tool");
  const clientWindow = pick(random, [
    [512, 4],
    [1024, 2],
    [64, 1],
    [at.clientWindow, 2],
  ]);
  const flow = attempt(random, { ...at, clientWindow }, geometric(random, 2, 3), false);
  if (chance(random, 0.45)) return flow;
  const answers = geometric(random, 1, 2.5);
  // The true owner of a forged address refuses the answer it never asked for.
  const resets = chance(random, 0.7) ? geometric(random, 1, 1.5) : 0;
  const again = { count: answers - 1 + resets, mean: 1.5e6, spread: 8e5 };
  return {
    ...flow,
    forward: together([flow.forward, constant(resets, 0)]),
    backward: constant(answers, 0),
    gaps: {
      ...flow.gaps,
      turns: draw(random, { count: 1, mean: at.rtt, spread: at.rtt * 0.3 }, 1, 1e9),
      steps: draw(random, again, 1, 1e9),
    },
    syn: flow.syn + answers,
    rst: resets,
    backwardWindow: at.serverWindow,
  };
};

/** HTTP flood: the same page again and again, each on its own connection, from scripts on rented machines. */
export const httpFlood: TrafficModel = (random) =>
  visit(random, {
    datacentre: 0.6,
    rounds: [1, 1.5],
    request: [230, 0.4, 0.08],
    answer: [800, 1, 0.3],
    thinking: [40_000, 1],
    tls: 0.35,
    ends: { fin: 12, rst: 85, open: 3 },
  });

/** Slowloris: a request that never ends, a header line every some seconds to keep the server waiting. */
export const slowloris: TrafficModel = (random) => {
  const at = drawConditions(random, "internet", chance(random, 0.5) ? "tool" : "server");
  const lines = heavyCount(random, 4, 28, 0.6);
  const every = uniform(random, 8e6, 1.6e7);
  const talk = {
    rounds: lines,
    request: { mean: uniform(random, 10, 30), spread: 16 },
    answer: { mean: 0, spread: 0 },
    thinking: 0,
    pauses: { count: lines, mean: every, spread: every * 0.04 },
    tls: chance(random, 0.2),
  };
  return overTcp(random, at, talk, pickName(random, { open: 55, rst: 45 }));
};

/** Amplification: small questions in the victim's name, large answers to the victim. */
export const amplification: TrafficModel = (random) => {
  const at = drawConditions(random, "internet", "server");
  const asked = geometric(random, 1, 6);
  const factor = heavyCount(random, 2, 8, 0.6);
  const size = uniform(random, 440, 1350);
  const forward = draw(random, { count: asked, mean: uniform(random, 18, 70), spread: 2 }, 8, 120);
  const backward = draw(random, { count: asked * factor, mean: size, spread: size * 0.06 }, 200, 1460);
  return {
    protocol: "udp",
    tls: false,
    forward,
    backward,
    gaps: {
      pauses: nothing,
      turns: draw(random, { count: asked, mean: at.rtt, spread: at.rtt * 0.3 }, 1, 1e9),
      steps: draw(
        random,
        { count: forward.count + backward.count - 1 - asked, mean: at.spacing, spread: at.spacing },
        1,
        1e9,
      ),
    },
    ...noTcp,
  };
};
