import { expect, test } from "vitest";
import { countFeedback, type Feedback, listFeedback, putFeedback } from "./feedback-store.ts";
import { bindings } from "./test-server.ts";

function database() {
  if (!bindings.FEEDBACK) throw new Error("no database is bound");
  return bindings.FEEDBACK;
}
const db = database();
const ALL = { rows: 9, bytes: 999 };

const row = (id: string, more: Partial<Feedback> = {}): Feedback => {
  return { id, label: "normal", family: "", instance: "{}", version: 1, ...more };
};

test("what nothing was ever given to is empty", async () => {
  await db.exec("DROP TABLE IF EXISTS feedback");
  expect(await listFeedback(db, "new", "", ALL)).toEqual({ rows: [], more: false });
  await db.exec("DROP TABLE feedback");
  expect(await countFeedback(db, "new", [])).toBe(0);
});

test("rows come in the order of their ids, page behind page, whenever they were given", async () => {
  for (const [i, id] of ["d", "a", "c", "b"].entries()) await putFeedback(db, "paged", [row(id)], 10 - i);
  await putFeedback(db, "other", [row("bb")], 1);
  const page = async (after: string, rows: number, bytes: number): Promise<[string, boolean]> => {
    const listed = await listFeedback(db, "paged", after, { rows, bytes });
    return [listed.rows.map(({ id }) => id).join(""), listed.more];
  };
  expect([await page("", 2, 99), await page("b", 2, 99), await page("d", 2, 99)]).toEqual([
    ["ab", true],
    ["cd", false],
    ["", false],
  ]);
  expect([await page("", 4, 6), await page("", 4, 1), await page("c", 4, 0)]).toEqual([
    ["abc", true],
    ["a", true],
    ["d", false],
  ]);
  expect([await countFeedback(db, "paged", []), await countFeedback(db, "paged", ["a", "x"])]).toEqual([4, 3]);
});

test("another label or family takes the place of one, with its version and time; the same changes nothing", async () => {
  const given = (now: number, more: Partial<Feedback>): Promise<number> =>
    putFeedback(db, "told", [row("a", more)], now);
  expect(await given(1, {})).toBe(1);
  expect(await given(2, { version: 2 })).toBe(0);
  expect((await listFeedback(db, "told", "", ALL)).rows).toEqual([{ ...row("a"), given: 1 }]);
  const worm = { label: "anomaly", family: "worm", version: 3 } as const;
  expect(await given(3, worm)).toBe(1);
  expect((await listFeedback(db, "told", "", ALL)).rows).toEqual([{ ...row("a", worm), given: 3 }]);
});
