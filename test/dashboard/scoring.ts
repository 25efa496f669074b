/** What a user sees of scores: key, sample, threshold, reasons, wrong files, big files. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { explain } from "../../model/explain.ts";
import { counts, enterKey, paste, scored, examplesOf, namesOf, wantedOf, type Session } from "./session.ts";

/** Registers the tests. */
export function scoring(session: () => Session): void {
  test("a service with keys asks for one, tells a wrong one, and keeps it for the tab only", async () => {
    const { page, complaints } = session();
    await page.getByRole("heading", { name: "This service asks for a key" }).waitFor();
    await enterKey(page, "guess");
    await page.getByRole("alert").filter({ hasText: "The key is not accepted." }).waitFor();
    await enterKey(page);
    await page.getByText("v1", { exact: true }).waitFor();
    expect(await page.locator("#key").isHidden()).toBe(true);
    expect(await page.evaluate(() => [sessionStorage.length, JSON.stringify(localStorage), document.cookie])).toEqual([
      1,
      "{}",
      "",
    ]);
    complaints.length = 0; // those were the refused requests
  });

  test("one click fills in a sample; every score is the service's to the last digit", async () => {
    const { page, worker, scorer, key } = session();
    await page.getByRole("button", { name: "Fill in a sample" }).click();
    await scored(page, examplesOf(scorer).length);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download scored CSV" }).click();
    const lines = readFileSync(await (await download).path(), "utf8")
      .trim()
      .split("\n");
    expect((await download).suggestedFilename()).toBe("sample-scored.csv");
    expect(lines[0]).toBe(`true_family,${namesOf(scorer).join(",")},score,anomaly,confidence,margin`);
    const answer = await fetch(`${worker.url}/v1/score`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": key },
      body: JSON.stringify({ instances: examplesOf(scorer) }),
    });
    const { predictions } = (await answer.json()) as {
      predictions: { score: number; anomaly: boolean; confidence: number; margin: number }[];
    };
    expect(lines.slice(1).map((line) => line.split(",").slice(-4).join())).toEqual(
      predictions.map(({ score, anomaly, confidence, margin }) => [score, anomaly, confidence, margin].join()),
    );
    await page.getByRole("button", { name: "Send and compare" }).click();
    await page.getByText("All 64 scores by version 1 are equal to the service's, to the last digit.").waitFor();
    await page.evaluate(() => {
      const make = URL.createObjectURL;
      URL.createObjectURL = (): never => {
        URL.createObjectURL = make;
        throw new Error("There is no room for the file.");
      };
    });
    const fault = page.getByRole("alert").filter({ hasText: "There is no room for the file." });
    await page.getByRole("button", { name: "Download scored CSV" }).click();
    await fault.waitFor();
    const anew = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download scored CSV" }).click();
    await anew;
    expect(await fault.count()).toBe(0);
  });

  test("the threshold moves by keys, stops at named ones, by mouse, by number and by name; counts follow", async () => {
    const { page, scorer } = session();
    const slider = page.getByRole("slider", { name: "Threshold" });
    const value = async (): Promise<number> => Number(await slider.getAttribute("aria-valuenow"));
    const { f1, fpr } = scorer.artefact.thresholds;
    const flagged = (threshold: number): string =>
      `${wantedOf(scorer).filter((score) => score >= threshold).length} of ${examplesOf(scorer).length} rows`;
    await page.getByRole("button", { name: "1 %", exact: true }).click();
    expect(await value()).toBe(fpr["0.01"]);
    expect(await counts(page)).toContain(flagged(fpr["0.01"]));
    await slider.focus();
    for (const [key, rises] of [
      ["ArrowUp", true],
      ["PageDown", false],
      ["ArrowRight", true],
      ["ArrowLeft", false],
    ] as const) {
      const before = await value();
      await page.keyboard.press(key);
      expect((await value()) > before).toBe(rises);
      expect(await counts(page)).toContain(flagged(await value()));
      expect(await slider.getAttribute("aria-valuetext")).toContain(flagged(await value()));
    }
    await page.keyboard.press("Home");
    expect([await value(), await counts(page)]).toEqual([0, expect.stringContaining(flagged(0))]);
    for (const [way, end] of [
      ["Up", 1],
      ["Down", 0],
    ] as const) {
      const passed = new Set<number>();
      for (let i = 0; i < 400 && (await value()) !== end; i++) {
        await page.keyboard.press(`${i % 4 === 0 ? "Page" : "Arrow"}${way}`);
        passed.add(await value());
      }
      for (const named of [f1, ...Object.values(fpr)]) expect(passed).toContain(named);
    }
    await page.getByLabel("Threshold as a number").fill("0.25");
    await page.keyboard.press("Enter");
    expect([await value(), await counts(page)]).toEqual([0.25, expect.stringContaining(flagged(0.25))]);
    const box = await slider.boundingBox();
    if (!box) throw new Error("the slider is not visible");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x, y - 60, { steps: 4 });
    await page.mouse.up();
    const dropped = await value();
    expect(dropped).toBeGreaterThan(0.25);
    expect(await counts(page)).toContain(flagged(dropped));
    await page.mouse.move(x, y - 62);
    expect(await value()).toBe(dropped);
    // near a named one it takes that
    await page.getByRole("button", { name: "1 %", exact: true }).click();
    const at = await slider.boundingBox();
    await page.getByLabel("Threshold as a number").fill("0.25");
    await page.keyboard.press("Enter");
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x, (at?.y ?? 0) + box.height / 2 + 3, { steps: 4 });
    await page.mouse.up();
    expect(await value()).toBe(fpr["0.01"]);
    const typed = page.getByLabel("Threshold as a number");
    const kept = await value();
    await typed.fill("2");
    await typed.press("Tab");
    expect(await value()).toBe(kept);
    expect(Number(await typed.inputValue())).toBeCloseTo(kept, 5);
    await page.getByRole("button", { name: "1 %", exact: true }).click();
    await page.getByRole("status").filter({ hasText: "flagged" }).waitFor({ state: "attached" });
  });

  test("why a row was flagged is what model/explain.ts says, value beside reference", async () => {
    const { page, scorer } = session();
    const scores = wantedOf(scorer);
    const rows = [...scores.keys()].toSorted((a, b) => scores[b] - scores[a] || a - b);
    const table = page.getByRole("table", { name: "Rows at or above the threshold" });
    expect(await table.getByRole("rowheader").first().innerText()).toBe(String(rows[0] + 1));
    await table.getByRole("button", { name: `Why row ${rows[1] + 1}`, exact: true }).click();
    await page.getByRole("heading", { name: `Why row ${rows[1] + 1} scores` }).waitFor();
    const [{ features }] = explain(scorer, [examplesOf(scorer)[rows[1]]]);
    const items = page.getByRole("list", { name: "Contributions of features" }).getByRole("listitem");
    for (const [i, { name, contribution }] of features.slice(0, 3).entries()) {
      const text = await items.nth(i).innerText();
      expect(text).toContain(name);
      expect(text).toContain("normally");
      const shown = Number(text.split("\n").at(-1)?.replace("−", "-"));
      expect(Math.abs(shown - contribution)).toBeLessThan(0.0501);
    }
    await page.getByRole("list", { name: "Contributions by kind of evidence" }).waitFor();
  });

  test("a bad CSV is told by row and column, a missing column by name, and good rows are scored all the same", async () => {
    const { page, scorer } = session();
    const [first] = namesOf(scorer);
    const numeric = scorer.artefact.schema.features.findIndex(({ kind }) => kind === "numeric");
    const lines = examplesOf(scorer)
      .slice(0, 3)
      .map((row) => row.map((cell) => String(cell ?? "")));
    lines[1][numeric] = "abc";
    await paste(page, [namesOf(scorer), ...lines].map((line) => line.join(",")).join("\n"));
    await page
      .getByRole("alert")
      .filter({ hasText: `row 2, column "${namesOf(scorer)[numeric]}": "abc" is not a number` })
      .waitFor();
    await scored(page, 2);
    await paste(
      page,
      [[...namesOf(scorer).slice(1), "oddity"], ...lines.map((line) => line.slice(1).concat("1"))]
        .map((line) => line.join(","))
        .join("\n"),
    );
    await page
      .getByRole("alert")
      .filter({ hasText: `The file lacks the column "${first}".` })
      .waitFor();
    await page.getByRole("button", { name: "Score with these columns missing" }).click();
    await scored(page, 2);
    await page.getByText("1 missing in every row").waitFor();
    await page.getByText("1 not read by this model").waitFor();
    await paste(page, "a,b\n1,2");
    await page.getByRole("alert").filter({ hasText: "None of the columns is a feature of this model" }).waitFor();
    // the rows of before are still there, and still explained
    await page.getByRole("slider", { name: "Threshold" }).press("Home");
    await page.getByRole("button", { name: "Why row 1", exact: true }).click();
    await page.getByRole("heading", { name: "Why row 1 scores" }).waitFor();
    await page.getByRole("button", { name: "1 %", exact: true }).click();
    await paste(page, "1,2\n3,4");
    await page.getByRole("alert").filter({ hasText: "Put the column names on the first line" }).waitFor();
    const good = [namesOf(scorer), lines[0]].map((line) => line.join(",")).join("\n");
    for (const [name, buffer, told] of [
      ["latin.csv", Buffer.from(`é,${good}`, "latin1"), "latin.csv: The file is not UTF-8."],
      ["cut.csv.gz", gzipSync(good).subarray(0, 99), "cut.csv.gz: The file cannot be read to its end."],
    ] as const) {
      await page.locator("#file").setInputFiles({ name, mimeType: "text/csv", buffer });
      await page.getByRole("alert").filter({ hasText: told }).waitFor();
    }
  });
}

/** The page at its limits; it leaves a file that takes long to score again. */
export function manyRows(session: () => Session): void {
  test("100,000 rows are scored while the page goes on answering", async () => {
    const { page, scorer } = session();
    await page.getByRole("link", { name: "Score" }).click();
    const rows = examplesOf(scorer).map((row) => row.map((cell) => cell ?? "").join(","));
    const text = [namesOf(scorer).join(","), ...Array.from({ length: 100_000 }, (_, i) => rows[i % rows.length])].join(
      "\n",
    );
    const file = { name: "many.csv.gz", mimeType: "application/gzip", buffer: gzipSync(text) };
    await page.locator("#file").setInputFiles(file);
    await page.locator("#columns", { hasText: "100,000 rows" }).waitFor();
    // asked for while rows have no scores yet
    const save = page.waitForEvent("download", { timeout: 90_000 });
    await page.evaluate(() => document.querySelector<HTMLElement>("#download")?.click());
    await page.evaluate(() => {
      const watch = { last: performance.now(), longest: 0 };
      const tick = (now: number): void => {
        watch.longest = Math.max(watch.longest, now - watch.last);
        watch.last = now;
        requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
      Object.assign(globalThis, { watch });
    });
    await page.locator("#counts", { hasText: "of 100,000 rows" }).waitFor({ timeout: 90_000 });
    const { longest } = await page.evaluate(() => (globalThis as unknown as { watch: { longest: number } }).watch);
    expect(longest).toBeLessThan(1500);
    const { fpr } = scorer.artefact.thresholds;
    const each = wantedOf(scorer);
    const flagged = Array.from({ length: 100_000 }, (_, i) => each[i % each.length]).filter(
      (score) => score >= fpr["0.01"],
    );
    await page.getByRole("button", { name: "1 %", exact: true }).click();
    expect(await counts(page)).toContain(`${flagged.length.toLocaleString("en")} of 100,000 rows`);
    await page.getByRole("button", { name: "Download scored CSV" }).click();
    expect(/,,,$/m.test(readFileSync(await (await save).path(), "utf8"))).toBe(false);
  });
}
