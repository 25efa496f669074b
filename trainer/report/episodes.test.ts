import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { EpisodeLog } from "../learn/request.ts";
import type { Verdict } from "../learn/judge.ts";
import { episodeSections, readEpisodes } from "./episodes.ts";
import { LOST, WON } from "./svg.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-episodes-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bins = (at: number): number[] => Array.from({ length: 20 }, (_, i) => (i === at ? 10 : 0));
const verdict = (auc: number): Verdict => ({
  normal: bins(1),
  families: ["scan", "<flood>"].map((family) => ({ family, auc, gap: 1, histogram: bins(15), curve: [[1, 1, 0.5]] })),
});
const episode = (index: number): EpisodeLog => ({
  episode: index,
  outerFamilies: ["scan"],
  judgedFamilies: ["<flood>"],
  before: verdict(0.6),
  afterInner: verdict(0.7),
  afterOuter: verdict(0.9),
  innerLoss: 1,
  outerLoss: 1,
  temperature: 1,
  epsilon: 0,
});

describe("an episode log", () => {
  test("is plotted over the episodes and in its three stages", () => {
    const file = join(folder, "log.jsonl");
    writeFileSync(file, [episode(0), episode(1)].map((log) => `${JSON.stringify(log)}\n`).join(""));
    const [section] = episodeSections(readEpisodes(file));
    const plots = section.blocks.flatMap((block) => (block.kind === "plot" ? [block.svg] : []));
    expect(plots).toHaveLength(2);
    for (const tick of [">1<", ">2<", ">0.60<", ">0.90<"]) expect(plots[0]).toContain(tick);
    expect(section.blocks.at(-1)).toMatchObject({ caption: expect.stringContaining("Scores of episode 2:") });
    for (const stage of ["before", "after inner", "after outer"]) expect(plots[1]).toContain(stage);
    expect(plots[1]).toContain("&lt;flood&gt;");
    expect(plots[1].match(/<rect /g)?.length).toBe(2 * 3 * 2 * 20);
    const bars = [...plots[1].matchAll(/<rect fill="(#\w+)" height="(?!0")[^>]* y="([\d.]+)"/g)];
    const tops = (colour: string): number[] => bars.flatMap(([, fill, y]) => (fill === colour ? [Number(y)] : []));
    expect([tops(WON).length, tops(LOST).length]).toEqual([6, 6]);
    expect(Math.max(...tops(WON))).toBeLessThan(Math.min(...tops(LOST)));
  });

  test("of no family gives nothing to plot", () => {
    const none = { normal: bins(0), families: [] };
    expect(episodeSections([{ ...episode(0), before: none, afterInner: none, afterOuter: none }])).toEqual([]);
    expect(episodeSections([])).toEqual([]);
  });

  test("that is none is refused with its line", () => {
    const file = join(folder, "bad.jsonl");
    for (const bad of ["{", '{"episode":1}', JSON.stringify({ ...episode(1), afterInner: {} })]) {
      writeFileSync(file, `${JSON.stringify(episode(0))}\n${bad}\n`);
      const wanted = { code: "data-unreadable", message: `Line 2 of ${file} is no episode.`, place: { file, row: 2 } };
      expect(() => readEpisodes(file)).toThrow(expect.objectContaining(wanted));
    }
    expect(() => readEpisodes(join(folder, "none"))).toThrow(expect.objectContaining({ code: "data-not-found" }));
  });
});
