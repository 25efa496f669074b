/** A flow before its features: packets each way as runs, the gaps between them, flags and windows. */

import type { Random } from "./random.ts";
import type { Run } from "./run.ts";

export type Protocol = "tcp" | "udp" | "icmp";

export interface Flow {
  readonly protocol: Protocol;
  readonly tls: boolean;
  /** Payload bytes of the packets from the end that opened the flow, and of those that came back. */
  readonly forward: Run;
  readonly backward: Run;
  readonly gaps: Gaps;
  readonly syn: number;
  readonly fin: number;
  readonly rst: number;
  readonly psh: number;
  /** First windows offered, bytes; −1 where none was seen (no TCP, or no answer). */
  readonly forwardWindow: number;
  readonly backwardWindow: number;
}

/** Times between neighbouring packets, µs. Their counts sum to all packets less one. */
export interface Gaps {
  /** Silences at the will of an end (reading, timers): they part the packets of both directions. */
  readonly pauses: Run;
  /** Waiting for the other end: a round trip and its thinking. */
  readonly turns: Run;
  /** Packets that follow one another. */
  readonly steps: Run;
}

/** A traffic model: one flow per call. */
export type TrafficModel = (random: Random) => Flow;
