/** What a flow's two ends and the path between them are like: the latent variables its features share. */

import { logNormal, pick, uniform, type Random } from "./random.ts";

/** Where the two ends stand to each other. */
export type Distance = "local" | "datacentre" | "internet" | "radio";

/** Whose TCP stack opens the connection; it shows in the first window it offers. */
export type Stack = "desktop" | "mobile" | "server" | "embedded" | "tool";

export interface Conditions {
  /** Round trip, µs. */
  readonly rtt: number;
  /** Time one full packet takes on the bottleneck link, µs. */
  readonly spacing: number;
  /** Coefficient of variation of gaps. */
  readonly jitter: number;
  /** Share of data packets sent again. */
  readonly loss: number;
  /** Largest payload of one packet, bytes. */
  readonly mss: number;
  /** First receive window each end offers, bytes. */
  readonly clientWindow: number;
  readonly serverWindow: number;
}

/** Median and spread (sigma of the logarithm) of round trip in ms and bandwidth in Mbit/s, and mean loss. */
const paths = {
  local: { rtt: [0.8, 0.7], rate: [600, 0.6], loss: 0.0003 },
  datacentre: { rtt: [6, 0.9], rate: [300, 0.8], loss: 0.0005 },
  internet: { rtt: [32, 0.65], rate: [45, 0.9], loss: 0.004 },
  radio: { rtt: [75, 0.6], rate: [4, 0.9], loss: 0.015 },
} as const;

const windows: Record<Stack, readonly (readonly [number, number])[]> = {
  desktop: [
    [64240, 5],
    [65535, 4],
    [65280, 1],
    [8192, 0.4],
    [29200, 0.4],
  ],
  mobile: [
    [65535, 8],
    [64240, 1],
    [14600, 0.4],
  ],
  server: [
    [64240, 4],
    [29200, 2],
    [28960, 1],
    [26883, 1],
    [14480, 0.4],
  ],
  embedded: [
    [5744, 3],
    [4380, 2],
    [2144, 2],
    [8192, 2],
    [5840, 1],
    [14600, 1],
  ],
  tool: [
    [5840, 4],
    [4096, 3],
    [8192, 3],
    [14600, 2],
    [29200, 2],
  ],
};

const serverWindows: readonly (readonly [number, number])[] = [
  [65160, 5],
  [28960, 3],
  [64240, 2],
  [65535, 2],
  [26847, 1],
  [14480, 1],
];

export function drawConditions(random: Random, distance: Distance, stack: Stack): Conditions {
  const path = paths[distance];
  const rtt = 1000 * logNormal(random, path.rtt[0], path.rtt[1]);
  const megabits = logNormal(random, path.rate[0], path.rate[1]);
  const mss = pick(random, [
    [1460, 6],
    [1440, 1],
    [1400, 1],
    [1380, 1],
  ]);
  return {
    rtt,
    spacing: (8 * (mss + 54)) / megabits,
    jitter: logNormal(random, 0.6, 0.4),
    loss: path.loss * logNormal(random, 0.6, 1) * uniform(random, 0, 2),
    mss,
    clientWindow: pick(random, windows[stack]),
    serverWindow: pick(random, serverWindows),
  };
}
