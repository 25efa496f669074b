import { expect, test } from "vitest";
import { processorSeconds, Shared } from "./shared.ts";

test("a value is made once for each object, and its time counts at every use", () => {
  const shared = new Shared<object, number>();
  let made = 0;
  const work = (): number => {
    const until = process.cpuUsage().user + 50_000;
    while (process.cpuUsage().user < until);
    return ++made;
  };
  const [one, other] = [{}, {}];
  const seconds = [one, one, other, one].map((key) => {
    const started = processorSeconds();
    shared.get(key, work);
    return processorSeconds() - started;
  });
  expect([shared.get(one, work), shared.get(other, work)]).toEqual([1, 2]);
  for (const spent of seconds) expect(spent).toBeGreaterThanOrEqual(0.05);
});
