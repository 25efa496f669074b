import { expect, test, vi } from "vitest";
import { median, ratio, timeRounds, type Work } from "./rounds.ts";

test("everybody is called once a round in turns, after a warm-up, and times are microseconds a row", async () => {
  let clock = 0;
  const now = vi.spyOn(performance, "now").mockImplementation(() => clock);
  const order: string[] = [];
  const took = (name: string, ms: number) => {
    order.push(name);
    clock += ms;
    return 0;
  };
  // nine calls before the rounds
  const slow = [...Array<number>(9).fill(30), 30, 60, 40];
  const later = async (): Promise<[]> => {
    await Promise.resolve();
    took("later", 100);
    return [];
  };
  const timed = await timeRounds(
    new Map<string, Work>([
      ["quick", (rows) => took("quick", rows / 2)],
      ["slow", (rows) => took("slow", rows * (slow.shift() ?? 0))],
      ["later", later],
    ]),
    2,
    3,
  );
  now.mockRestore();
  const round = [...Array<string>(24).fill("quick"), "slow", "later"];
  expect(order.slice(-3 * round.length)).toEqual([...round, ...round, ...round]);
  expect(order.filter((name) => name === "quick")).toHaveLength(2 * 50 + 3 + 3 * 24);
  expect(timed.get("quick")).toEqual({ minimum: 500, median: 500, rounds: [500, 500, 500] });
  expect(timed.get("slow")).toEqual({ minimum: 30_000, median: 40_000, rounds: [30_000, 60_000, 40_000] });
  expect(timed.get("later")?.rounds).toEqual([50_000, 50_000, 50_000]);
});

test("a ratio is the median of the ratios within rounds, so a slow round counts on both sides", () => {
  const of = (...rounds: number[]) => ({ rounds, minimum: Math.min(...rounds), median: median(rounds) });
  expect(ratio(of(4, 40, 4.4), of(2, 20, 2))).toBe(2);
  for (const [slow, fast] of [
    [undefined, of(1)],
    [of(1), undefined],
  ])
    expect(ratio(slow, fast)).toBeNaN();
  expect(median([3, 1, 2, 10])).toBe(2.5);
});
