/** Echo requests and their answers: the one kind of ICMP flow modelled. */

import type { Conditions } from "./conditions.ts";
import type { Flow } from "./flow.ts";
import { noTcp, type Size } from "./talk.ts";
import { chance, type Random } from "./random.ts";
import { draw, nothing } from "./run.ts";

export interface Echo {
  readonly requests: number;
  /** Payload bytes each way. */
  readonly request: Size;
  readonly answer: Size;
  /** From one request to the next, µs. */
  readonly interval: Size;
}

/** `requests` echoes on a timer; answers get lost as on any path. */
export function echoes(random: Random, at: Conditions, echo: Echo): Flow {
  const { requests } = echo;
  const lost = Array.from({ length: Math.min(requests, 64) }, () => chance(random, at.loss)).filter(Boolean).length;
  const answers = Math.max(1, requests - lost);
  const interval = Math.max(echo.interval.mean - at.rtt, at.rtt);
  const forward = draw(random, { count: requests, ...echo.request }, 8, at.mss);
  const backward = draw(random, { count: answers, ...echo.answer }, 8, at.mss);
  return {
    protocol: "icmp",
    tls: false,
    forward,
    backward,
    gaps: {
      pauses: draw(random, { count: requests - 1, mean: interval, spread: echo.interval.spread }, 1, 1e9),
      turns: draw(random, { count: answers, mean: at.rtt, spread: at.rtt * at.jitter * 0.3 }, 1, 1e8),
      steps: nothing,
    },
    ...noTcp,
  };
}
