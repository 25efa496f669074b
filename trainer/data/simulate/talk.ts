/** Turns a talk between two ends (so many requests and answers of such a size) into a flow of packets. */

import type { Conditions } from "./conditions.ts";
import type { Flow, Gaps } from "./flow.ts";
import { chance, geometric, logNormal, pick, uniform, type Random } from "./random.ts";
import { constant, draw, meanOf, nothing, together, type Run, type Wanted } from "./run.ts";

/** How a TCP connection ends: both say goodbye, one breaks off, or the observer sees no end. */
export type Ending = "fin" | "rst" | "open";

export interface Talk {
  readonly rounds: number;
  /** Bytes of one request and of one answer; a mean of 0 says nothing at all. */
  readonly request: Size;
  readonly answer: Size;
  /** What the answering end takes beyond the round trip, µs. */
  readonly thinking: number;
  /** Silences between rounds: how many, and how long (µs). */
  readonly pauses: Wanted;
  readonly tls: boolean;
}

export interface Size {
  readonly mean: number;
  readonly spread: number;
}

export const noPauses: Wanted = { count: 0, mean: 0, spread: 0 };

const LONGEST = 4 * 3600e6; // µs; the observer closes every flow by then

/** A talk over one TCP connection: handshake, TLS if asked, rounds, acknowledgements, losses, end. */
export function overTcp(random: Random, at: Conditions, talk: Talk, ending: Ending): Flow {
  const asked = messages(random, talk.rounds, talk.request, at.mss);
  const told = messages(random, talk.rounds, talk.answer, at.mss);
  const resumed = chance(random, 0.45);
  const hello = talk.tls ? tlsHello(random, at, resumed) : { forward: [], backward: [] };
  const again = geometric(random, 0, at.loss * (asked.count + told.count));
  const againForward = Math.round((again * asked.count) / Math.max(1, asked.count + told.count));
  // Delayed acknowledgement: about every second packet, none where an answer carries it; all when nothing is said.
  const acks = (packets: number) =>
    told.count === 0 ? packets : Math.floor(Math.max(0, packets - talk.rounds) * uniform(random, 0.35, 0.6));
  const closing = ending === "fin" ? 1 : 0;
  const missed = chance(random, 0.015); // the observer came late: no handshake seen
  const opening = missed ? 0 : 1;
  const repeated = !missed && chance(random, at.loss * 2) ? 1 : 0; // the first SYN got lost
  const forward = together([
    constant(2 * opening + repeated + 2 * closing + acks(told.count), 0),
    ...hello.forward,
    asked,
    constant(againForward, Math.round(meanOf(asked))),
  ]);
  const resets = ending === "rst" ? geometric(random, 1, 1.3) : 0;
  const backward = together([
    constant(opening + closing + acks(asked.count) + resets, 0),
    ...hello.backward,
    told,
    constant(again - againForward, Math.round(meanOf(told))),
  ]);
  const helloTurns = talk.tls ? (resumed ? 1 : 2) : 0;
  return {
    protocol: "tcp",
    tls: talk.tls,
    forward,
    backward,
    gaps: spread(random, at, talk, forward.count + backward.count - 1, opening + helloTurns, again),
    syn: 2 * opening + repeated,
    fin:
      ending === "fin"
        ? pick(random, [
            [2, 9],
            [1, 1],
          ])
        : 0,
    rst: resets,
    psh: Math.round((told.count === 0 ? 1 : 2) * talk.rounds * uniform(random, 0.9, 1) + (talk.tls ? 3 : 0)),
    forwardWindow: missed ? Math.round(at.clientWindow * uniform(random, 0.1, 1)) : at.clientWindow,
    backwardWindow: missed ? Math.round(at.serverWindow * uniform(random, 0.1, 1)) : at.serverWindow,
  };
}

/** A talk in datagrams: no handshake, no acknowledgements, no windows; `talk.tls` says whether it is QUIC or DTLS. */
export function overUdp(random: Random, at: Conditions, talk: Talk): Flow {
  const datagram = Math.min(at.mss, 1350);
  const resumed = chance(random, 0.6);
  const hello = talk.tls ? tlsHello(random, at, resumed) : { forward: [], backward: [] };
  const asked = messages(random, talk.rounds, talk.request, datagram);
  const told = messages(random, talk.rounds, talk.answer, datagram);
  // QUIC acknowledges in small datagrams of its own.
  const acks = talk.tls ? Math.floor(Math.max(0, told.count - talk.rounds) * uniform(random, 0.1, 0.4)) : 0;
  const forward = together([...hello.forward, asked, draw(random, { count: acks, mean: 34, spread: 6 }, 20, 60)]);
  const backward = together([...hello.backward, told]);
  return {
    protocol: "udp",
    tls: talk.tls,
    forward,
    backward,
    gaps: spread(random, at, talk, forward.count + backward.count - 1, talk.tls ? 1 : 0, 0),
    ...noTcp,
  };
}

/** What a flow without TCP shows where TCP flags and windows would be. */
export const noTcp = {
  syn: 0,
  fin: 0,
  rst: 0,
  psh: 0,
  forwardWindow: -1,
  backwardWindow: -1,
} as const;

/** A connection that came to nothing: SYN after SYN, or one refused at once. Happens to everybody now and then. */
export function attempt(random: Random, at: Conditions, tries: number, refused: boolean): Flow {
  const retry = { count: tries - 1, mean: 1.3e6 * 1.6 ** Math.max(0, tries - 2), spread: 2e5 };
  return {
    protocol: "tcp",
    tls: false,
    forward: constant(tries, 0),
    backward: refused ? constant(1, 0) : nothing,
    gaps: {
      pauses: draw(random, retry, 1, LONGEST),
      turns: refused ? draw(random, { count: 1, mean: at.rtt, spread: at.rtt * 0.1 }, 1, LONGEST) : nothing,
      steps: nothing,
    },
    syn: tries,
    fin: 0,
    rst: refused ? 1 : 0,
    psh: 0,
    forwardWindow: at.clientWindow,
    backwardWindow: refused ? 0 : -1,
  };
}

/** Packets that `count` messages of a size make: full ones, and a rest each. */
function messages(random: Random, count: number, size: Size, mss: number): Run {
  if (size.mean === 0) return nothing;
  if (size.mean < mss / 2) return draw(random, { count, mean: size.mean, spread: size.spread }, 1, mss);
  const noise = logNormal(random, 1, Math.min(1, size.spread / size.mean) / Math.sqrt(count));
  const total = Math.max(count, Math.round(size.mean * count * noise));
  const full = Math.max(0, Math.round(total / mss - count / 2));
  const rest = Math.min(mss, Math.max(1, (total - full * mss) / count));
  return together([constant(full, mss), draw(random, { count, mean: rest, spread: mss * 0.29 }, 1, mss)]);
}

/** Sizes of a TLS handshake; a resumed session sends no certificate. */
function tlsHello(random: Random, at: Conditions, resumed: boolean): { forward: Run[]; backward: Run[] } {
  const certificate = { mean: resumed ? 260 : 3400, spread: resumed ? 40 : 700 };
  return {
    forward: [
      constant(
        1,
        pick(random, [
          [517, 5],
          [570, 1],
          [689, 1],
          [213, 1],
        ]),
      ),
      draw(random, { count: 1, mean: 94, spread: 20 }, 40, 200),
    ],
    backward: [messages(random, 1, certificate, at.mss)],
  };
}

/** Lays the gaps of a talk: pauses and turns as the talk has them, steps for all the rest. */
function spread(random: Random, at: Conditions, talk: Talk, gaps: number, hello: number, lost: number): Gaps {
  const { jitter, rtt, spacing } = at;
  const pauseCount = Math.min(talk.pauses.count, Math.max(0, gaps));
  const turnCount = Math.min(talk.rounds + hello, gaps - pauseCount);
  const stepCount = Math.max(0, gaps - pauseCount - turnCount);
  const turn = rtt + talk.thinking;
  const waits = Math.min(lost, stepCount);
  const step = spacing + rtt * 0.02;
  return {
    pauses: draw(random, { ...talk.pauses, count: pauseCount }, 1, LONGEST / Math.max(1, pauseCount)),
    turns: draw(random, { count: turnCount, mean: turn, spread: turn * jitter * 0.4 }, 1, LONGEST),
    steps: together([
      draw(random, { count: stepCount - waits, mean: step, spread: step * jitter * 2 }, 1, LONGEST),
      draw(random, { count: waits, mean: 2e5 + 2 * rtt, spread: 5e4 + rtt }, 1, LONGEST),
    ]),
  };
}
