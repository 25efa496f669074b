import { expect, test } from "vitest";
import { median, ratio, timeRounds } from "./rounds.ts";

test("everybody is called once a round in turns, and times are microseconds a row", async () => {
  const order: string[] = [];
  const busy = (name: string, ms: number) => (rows: number) => {
    order.push(name);
    for (const end = performance.now() + ms * rows; performance.now() < end;);
    return 0;
  };
  const works = new Map([
    ["quick", busy("quick", 15)],
    ["slow", busy("slow", 30)],
  ]);
  const timed = await timeRounds(works, 2, 3);
  expect(order.slice(-3 * 2)).toEqual(["quick", "slow", "quick", "slow", "quick", "slow"]);
  expect(timed.get("quick")?.rounds).toHaveLength(3);
  expect(timed.get("quick")?.minimum).toBeGreaterThanOrEqual(15_000);
  expect(timed.get("slow")?.minimum).toBeGreaterThanOrEqual(30_000);
});

test("a ratio is the median of the ratios within rounds, so a slow round counts on both sides", () => {
  const of = (...rounds: number[]) => ({ rounds, minimum: Math.min(...rounds), median: median(rounds) });
  expect(ratio(of(4, 40, 4.4), of(2, 20, 2))).toBe(2);
  expect(ratio(undefined, of(1))).toBeNaN();
  expect(median([3, 1, 2, 10])).toBe(2.5);
});
