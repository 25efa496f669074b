import { afterEach, expect, test, vi } from "vitest";
import { compareScores, comparison } from "./compare.ts";
import type { ScoringThread } from "./thread.ts";

vi.hoisted(() => vi.stubGlobal("sessionStorage", { getItem: () => null }));
afterEach(() => vi.unstubAllGlobals());

/** Compares scores that the page has with a service's, and tells the rows it was asked for. */
async function compared(scores: Float32Array, answer: (rows: number[]) => Response) {
  let asked: number[] = [];
  vi.stubGlobal("fetch", async (_: string, { body }: { body: string }) => answer(JSON.parse(body).instances));
  const call = async (_: string, __: number, rows: number[]): Promise<number[]> => (asked = rows);
  const words = await compareScores({ call } as unknown as ScoringThread, { name: "flows", version: 1 }, 1, scores);
  return { words, asked };
}

test("rows from all over the file are sent, but none that could not be read; what goes wrong is told", async () => {
  const scores = Float32Array.from({ length: 1000 }, (_, row) => (row % 10 === 0 ? Number.NaN : row / 1000));
  const predictions = (rows: number[]) => rows.map((row) => ({ score: scores[row] }));
  const { words, asked } = await compared(scores, (rows) => Response.json({ predictions: predictions(rows) }));
  expect(words).toBe("All 64 scores by version 1 are equal to the service's, to the last digit.");
  expect(asked.filter((row) => Number.isNaN(scores[row]))).toEqual([]);
  for (const [i, row] of [...asked, 1000].entries()) expect(row - (asked[i - 1] ?? 0)).toBeLessThan(20);
  const few = await compared(scores.slice(0, 3), (rows) => Response.json({ predictions: predictions(rows) }));
  expect(few.asked).toEqual([1, 2]);
  const none = await compared(new Float32Array(9).fill(Number.NaN), () => Response.json({}, { status: 422 }));
  expect(none.words).toBe("None of these rows has a score, so there is nothing to compare.");
  expect(none.asked).toEqual([]);
  const problem = { detail: "It is busy.", remedy: "Wait." };
  expect((await compared(scores, () => Response.json(problem, { status: 503 }))).words).toBe("It is busy. Wait.");
});

test("scores are equal to the last digit, equal within 1e-6, or apart, and the farthest is told", () => {
  const page = [0.25, 0.5, 0.75];
  expect(comparison(page, page, 1)).toBe("All 3 scores by version 1 are equal to the service's, to the last digit.");
  const near = [0.25, 0.5 + 5e-7, 0.75];
  expect(comparison(near, page, 1)).toBe("All 3 scores by version 1 are equal to the service's within 1e-6.");
  const far = [0.25, 0.5 + 5e-7, 0.75 - 3e-6];
  expect(comparison(far, page, 1)).toBe(
    "2 of 3 scores by version 1 are equal to the service's within 1e-6; the farthest differs by 3.0e-6.",
  );
});
