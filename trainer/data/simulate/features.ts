/** The features of a flow, by the names flow tools use, derived from its packets and gaps. */

import type { ColumnSpec } from "../dataset.ts";
import type { Flow } from "./flow.ts";
import { deviationOf, meanOf, together, type Run } from "./run.ts";

/** Gaps longer than this part a flow's active from its idle time, µs. */
const IDLE_AFTER = 1e6;

export interface FeatureSpec extends ColumnSpec {
  readonly unit: string;
  readonly meaning: string;
}

/** Every column, in the order of a row. Times are in µs, as CICFlowMeter gives them; lengths are of payload. */
export const columns: readonly FeatureSpec[] = [
  { name: "protocol", kind: "categorical", unit: "tcp, udp, icmp", meaning: "transport" },
  { name: "is_tls", kind: "boolean", unit: "0 or 1", meaning: "TLS, DTLS or QUIC was seen" },
  ...(
    [
      ["flow_duration", "µs", "first to last packet"],
      ["tot_fwd_pkts", "packets", "from the end that opened the flow"],
      ["tot_bwd_pkts", "packets", "back to it"],
      ["totlen_fwd_pkts", "bytes", "payload forward"],
      ["totlen_bwd_pkts", "bytes", "payload backward"],
      ["fwd_pkt_len_max", "bytes", "largest payload forward"],
      ["fwd_pkt_len_mean", "bytes", "totlen_fwd_pkts / tot_fwd_pkts"],
      ["fwd_pkt_len_std", "bytes", "sample standard deviation forward"],
      ["bwd_pkt_len_max", "bytes", "largest payload backward"],
      ["bwd_pkt_len_mean", "bytes", "totlen_bwd_pkts / tot_bwd_pkts, 0 without packets"],
      ["bwd_pkt_len_std", "bytes", "sample standard deviation backward"],
      ["flow_byts_s", "bytes/s", "payload both ways / duration, 0 for a flow of one instant"],
      ["flow_pkts_s", "packets/s", "packets both ways / duration"],
      ["flow_iat_mean", "µs", "between neighbouring packets: duration / (packets − 1)"],
      ["flow_iat_std", "µs", "sample standard deviation of those gaps"],
      ["flow_iat_max", "µs", "longest gap"],
      ["fwd_iat_mean", "µs", "between neighbouring forward packets"],
      ["fwd_iat_std", "µs", "sample standard deviation of those gaps"],
      ["syn_flag_cnt", "packets", "with SYN, both ways"],
      ["fin_flag_cnt", "packets", "with FIN, both ways"],
      ["rst_flag_cnt", "packets", "with RST, both ways"],
      ["psh_flag_cnt", "packets", "with PSH, both ways"],
      ["down_up_ratio", "1", "tot_bwd_pkts / tot_fwd_pkts"],
      ["init_fwd_win_byts", "bytes", "first TCP window offered forward, −1 without TCP"],
      ["init_bwd_win_byts", "bytes", "first TCP window offered backward, −1 without TCP or answer"],
      ["idle_mean", "µs", "mean silence, 0 if none exceeds 1 s"],
    ] as const
  ).map(([name, unit, meaning]) => ({ name, kind: "numeric" as const, unit, meaning })),
];

/** One row, in the order of `columns`; numbers rounded to six significant digits, as they are written. */
export function featuresOf(flow: Flow): (string | number)[] {
  const { forward, backward, gaps } = flow;
  const all = together([gaps.pauses, gaps.turns, gaps.steps]);
  const packets = forward.count + backward.count;
  const seconds = all.sum / 1e6;
  const perSecond = (amount: number) => (seconds === 0 ? 0 : amount / seconds);
  const forwardGaps = forwardOnly(flow, all);
  const idle = gaps.pauses.max > IDLE_AFTER ? Math.max(IDLE_AFTER, meanOf(gaps.pauses)) : 0;
  const numbers = [
    all.sum,
    forward.count,
    backward.count,
    forward.sum,
    backward.sum,
    forward.max,
    meanOf(forward),
    deviationOf(forward),
    backward.max,
    meanOf(backward),
    deviationOf(backward),
    perSecond(forward.sum + backward.sum),
    perSecond(packets),
    meanOf(all),
    deviationOf(all),
    all.max,
    forwardGaps.mean,
    forwardGaps.deviation,
    flow.syn,
    flow.fin,
    flow.rst,
    flow.psh,
    backward.count / forward.count,
    flow.forwardWindow,
    flow.backwardWindow,
    idle,
  ];
  return [flow.protocol, flow.tls ? 1 : 0, ...numbers.map(sixDigits)];
}

/**
 * Gaps between forward packets only: pauses stay whole (they end with a forward packet), what is left of the
 * duration divides among the other forward packets as unevenly as turns and steps do.
 */
function forwardOnly(flow: Flow, all: Run): { mean: number; deviation: number } {
  const { pauses, turns, steps } = flow.gaps;
  const count = flow.forward.count - 1;
  if (count < 1) return { mean: 0, deviation: 0 };
  const share = Math.min(1, count / Math.max(1, pauses.count));
  const kept = {
    count: Math.min(count, pauses.count),
    sum: pauses.sum * share,
    squares: pauses.squares * share,
  };
  const busy = together([turns, steps]);
  const rest = count - kept.count;
  const last = flow.backward.count > 0 ? meanOf(turns) : 0; // the last answer comes after the last forward packet
  const each = rest === 0 ? 0 : Math.max(0, busy.sum - last) / rest;
  const unevenness = busy.sum === 0 ? 0 : deviationOf(busy) / meanOf(busy);
  // Adding neighbouring gaps evens them out: the relative spread falls with the square root of how many are added.
  const merged = Math.max(1, all.count / count);
  const restSquares = rest * each ** 2 * (1 + unevenness ** 2 / merged);
  const run = { count, sum: kept.sum + rest * each, squares: kept.squares + restSquares, max: 0 };
  return { mean: meanOf(run), deviation: deviationOf(run) };
}

function sixDigits(value: number): number {
  return Number(value.toPrecision(6));
}
