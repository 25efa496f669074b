/** The plot of docs/performance.md: microseconds a row of everybody, a panel a batch size. */
import * as Plot from "@observablehq/plot";
import { COLOURS, svg } from "../../trainer/report/svg.ts";
import { figure } from "../../trainer/study/figure.ts";
import { BATCHES } from "./contestants.ts";
import type { Results } from "./results.ts";

/** Microseconds where bars begin: no median is to be below. */
const LEAST = 1;

export function plot(results: Results): string {
  const title = "Microseconds a row on the reference network, median";
  const panels = BATCHES.map((batch) => {
    const [times] = results.times.get(batch)?.values() ?? [];
    const bars = [...(times ?? [])].map(([name, { median }]) => ({ name, median, ours: name.startsWith("unseen") }));
    const x = { type: "log", domain: [LEAST, 2000], label: "µs a row", grid: true } as const;
    const drawn = svg(`${title}, batch ${batch}`, {
      width: 880,
      height: 30 * bars.length + 50,
      marginLeft: 190,
      marginRight: 60,
      x,
      y: { label: null, domain: bars.map(({ name }) => name) },
      marks: [
        Plot.barX(bars, {
          x1: LEAST,
          x2: "median",
          y: "name",
          fill: (bar: { ours: boolean }) => (bar.ours ? COLOURS.ours : COLOURS.peers[0]),
        }),
        Plot.text(bars, {
          x: "median",
          y: "name",
          text: ({ median }: { median: number }) => median.toFixed(1),
          textAnchor: "start",
          dx: 4,
        }),
      ],
    });
    return { caption: `Batch ${batch}`, svg: drawn };
  });
  const legend = [
    { label: "unseen", colour: COLOURS.ours },
    { label: "peers", colour: COLOURS.peers[0] },
  ];
  return figure(title, legend, panels);
}
