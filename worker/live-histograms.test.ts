import { afterEach, expect, test, vi } from "vitest";
import { KEPT_HOURS } from "./live-histograms.ts";
import { development } from "./test-server.ts";

const { DRIFT } = development;
afterEach(() => vi.restoreAllMocks());

/** What one model's histograms hold, by a clock the test sets. */
function live(name: string) {
  if (!DRIFT) throw new Error("no histograms are bound");
  const stub = DRIFT.getByName(name);
  const at = (hour: number): void => void vi.spyOn(Date, "now").mockReturnValue((hour + 0.99) * 3_600_000);
  const add = async (hour: number, ...counts: number[]): Promise<void> => {
    at(hour);
    await stub.add(Uint32Array.from(counts));
  };
  const read = async (hour: number, hours: number): Promise<number[] | undefined> => {
    at(hour);
    const counts = await stub.read(hours);
    return counts && [...counts];
  };
  return { add, read };
}

test("counts are read of as many hours as asked for, this one included, and kept for a week", async () => {
  const { add, read } = live("by the hour");
  expect(await read(1000, KEPT_HOURS)).toBeUndefined();
  for (let hour = 0; hour < 200; hour++) await add(1000 + hour, 1, hour);
  await add(1199, 2, 0);
  expect(await read(1199, 1)).toEqual([3, 199]);
  expect(await read(1199, 3)).toEqual([5, 199 + 198 + 197]);
  expect(await read(1201, 3)).toEqual([3, 199]);
  expect(await read(1202, 3)).toBeUndefined();
  expect((await read(1199, KEPT_HOURS))?.[0]).toBe(24 * 7 + 2);
  // what is older is gone
  expect((await read(1199, 1000))?.[0]).toBe(24 * 7 + 2);
});

test("counts of other bins take the place of those of the same hour", async () => {
  const { add, read } = live("other bins");
  await add(7, 1, 2, 3);
  await add(7, 4, 5);
  expect(await read(7, 1)).toEqual([4, 5]);
});
