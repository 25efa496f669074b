/** The dashboard in a real browser against real workerd: what a user sees, by mouse, keys and screen reader. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { explain } from "../model/explain.ts";
import type { Scorer } from "../model/scorer.ts";
import type { WorkerProcess } from "../trainer/commands/worker-process.ts";
import { launchBrowser } from "./browser.ts";
import { startService } from "./dashboard-service.ts";
import { lowContrast, unnamed } from "./page-checks.ts";

const KEY = "a-key-for-the-dashboard";
const found = await launchBrowser();
const missing = typeof found === "string" ? found : undefined;
const browser = found as Browser;

describe.skipIf(missing !== undefined)(`dashboard${missing ? `: ${missing}` : ""}`, { timeout: 120_000 }, () => {
  let worker: WorkerProcess;
  let page: Page;
  let scorer: Scorer;
  const requests: { method: string; url: string }[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    ({ worker, scorer } = await startService(KEY));
    page = await open();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await worker?.stop();
  });

  async function open(options: Parameters<typeof browser.newPage>[0] = {}): Promise<Page> {
    const opened = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    opened.setDefaultTimeout(15_000);
    opened.on("request", (request) => requests.push({ method: request.method(), url: request.url() }));
    opened.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    opened.on("pageerror", (error) => complaints.push(String(error)));
    await opened.goto(worker.url);
    return opened;
  }

  const enterKey = async (on: Page, key = KEY): Promise<void> => {
    await on.getByLabel("Key", { exact: true }).fill(key);
    await on.getByRole("button", { name: "Continue" }).click();
  };
  /** Draws the threshold up by 50 pixels with a finger; the page must not scroll meanwhile. */
  async function dragByTouch(on: Page): Promise<void> {
    const slider = on.getByRole("slider", { name: "Threshold" });
    await slider.scrollIntoViewIfNeeded();
    const before = Number(await slider.getAttribute("aria-valuenow"));
    const box = await slider.boundingBox();
    const scrolled = await on.evaluate(() => scrollY);
    if (!box) throw new Error("the slider is not visible");
    const session = await on.context().newCDPSession(on);
    const touch = (type: "touchStart" | "touchMove", up: number): Promise<unknown> => {
      const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 - up }];
      return session.send("Input.dispatchTouchEvent", { type, touchPoints });
    };
    await touch("touchStart", 0);
    for (const up of [10, 30, 50]) await touch("touchMove", up);
    await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    expect(Number(await slider.getAttribute("aria-valuenow"))).toBeGreaterThan(before);
    expect(await on.evaluate(() => scrollY)).toBe(scrolled);
  }

  const counts = (on: Page): Promise<string> => on.locator("#counts").innerText();
  const scored = (on: Page, rows: number): Promise<void> =>
    on.locator("#counts", { hasText: `of ${rows.toLocaleString("en")} row` }).waitFor();
  const paste = async (on: Page, text: string): Promise<void> => {
    if (await on.getByRole("button", { name: "Other rows" }).isVisible()) {
      await on.getByRole("button", { name: "Other rows" }).click();
    }
    await on.getByLabel("Rows as CSV").fill(text);
  };
  const names = (): string[] => scorer.artefact.schema.features.map(({ name }) => name);
  const examples = (): readonly (readonly unknown[])[] => scorer.artefact.evaluation?.examples?.rows ?? [];
  /** The example rows' scores by the model code in Node. */
  const wanted = (): Float32Array => scorer.scoreRows(examples());

  test("a service with keys asks for one, tells a wrong one, and keeps it for the tab only", async () => {
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
    await page.getByRole("button", { name: "Fill in a sample" }).click();
    await scored(page, examples().length);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download scored CSV" }).click();
    const lines = readFileSync(await (await download).path(), "utf8")
      .trim()
      .split("\n");
    expect((await download).suggestedFilename()).toBe("sample-scored.csv");
    expect(lines[0]).toBe(`true_family,${names().join(",")},score,anomaly,confidence,margin`);
    const answer = await fetch(`${worker.url}/v1/score`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": KEY },
      body: JSON.stringify({ instances: examples() }),
    });
    const { predictions } = (await answer.json()) as {
      predictions: { score: number; anomaly: boolean; confidence: number; margin: number }[];
    };
    expect(lines.slice(1).map((line) => line.split(",").slice(-4).join())).toEqual(
      predictions.map(({ score, anomaly, confidence, margin }) => [score, anomaly, confidence, margin].join()),
    );
    await page.getByRole("button", { name: "Send and compare" }).click();
    await page.getByText("All 64 scores are equal to the service's, to the last digit.").waitFor();
  });

  test("the threshold moves by keys, stops at named ones, by mouse, by number and by name; counts follow", async () => {
    const slider = page.getByRole("slider", { name: "Threshold" });
    const value = async (): Promise<number> => Number(await slider.getAttribute("aria-valuenow"));
    const { f1, fpr } = scorer.artefact.thresholds;
    const flagged = (threshold: number): string =>
      `${wanted().filter((score) => score >= threshold).length} of ${examples().length} rows`;
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
    const passed = new Set<number>();
    for (let i = 0; i < 400 && (await value()) < 1; i++) {
      await page.keyboard.press(i % 4 === 0 ? "PageUp" : "ArrowUp");
      passed.add(await value());
    }
    for (const named of [f1, ...Object.values(fpr)]) expect(passed).toContain(named);
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
    expect(await value()).toBeGreaterThan(0.25);
    expect(await counts(page)).toContain(flagged(await value()));
    await page.getByRole("button", { name: "1 %", exact: true }).click();
    await page.getByRole("status").filter({ hasText: "flagged" }).waitFor({ state: "attached" });
  });

  test("why a row was flagged is what model/explain.ts says, value beside reference", async () => {
    const scores = wanted();
    const rows = [...scores.keys()].toSorted((a, b) => scores[b] - scores[a] || a - b);
    const table = page.getByRole("table", { name: "Rows at or above the threshold" });
    expect(await table.getByRole("rowheader").first().innerText()).toBe(String(rows[0] + 1));
    await table.getByRole("button", { name: `Why row ${rows[1] + 1}`, exact: true }).click();
    await page.getByRole("heading", { name: `Why row ${rows[1] + 1} scores` }).waitFor();
    const [{ features }] = explain(scorer, [examples()[rows[1]]]);
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
    const [first] = names();
    const numeric = scorer.artefact.schema.features.findIndex(({ kind }) => kind === "numeric");
    const lines = examples()
      .slice(0, 3)
      .map((row) => row.map((cell) => String(cell ?? "")));
    lines[1][numeric] = "abc";
    await paste(page, [names(), ...lines].map((line) => line.join(",")).join("\n"));
    await page
      .getByRole("alert")
      .filter({ hasText: `row 2, column "${names()[numeric]}": "abc" is not a finite number` })
      .waitFor();
    await scored(page, 2);
    await paste(
      page,
      [[...names().slice(1), "oddity"], ...lines.map((line) => line.slice(1).concat("1"))]
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
  });

  test("the model card holds figures, stages, thresholds and the rolled-back version", async () => {
    await page.getByRole("link", { name: "Model" }).click();
    await page.getByRole("heading", { name: "flows", level: 1 }).waitFor();
    const figures = page.getByRole("table", { name: "Figures by anomaly family" });
    for (const { family, aucRoc } of scorer.artefact.evaluation?.families ?? []) {
      const line = figures.getByRole("row", { name: family });
      expect(await line.innerText()).toContain(aucRoc.toFixed(3));
    }
    for (const name of ["before", "after inner", "after outer"]) {
      await page.getByRole("img", { name: `${name}: normal rows above` }).waitFor();
    }
    await page.getByText("Rolled back: version 1 serves, version 2 is the newest.").waitFor();
    await page.getByRole("button", { name: "Score on this page with version 2" }).click();
    await page.getByText("v2, not serving").waitFor();
    await page.getByText("This artefact carries no figures.").waitFor();
    await page.getByRole("button", { name: "Score on this page with version 1" }).click();
    await page.getByText("v1", { exact: true }).waitFor();
  });

  test("drift of the rows on the page, and a plain word where the service has none", async () => {
    await page.getByRole("link", { name: "Score" }).click();
    const rows = examples().map((row) => row.map((cell) => cell ?? "").join(","));
    await paste(page, [names().join(","), ...rows, ...rows, ...rows].join("\n"));
    await scored(page, 3 * rows.length);
    await page.getByRole("link", { name: "Drift" }).click();
    const region = page.getByRole("region", { name: "Rows on this page" });
    await region
      .getByText(/^(Stable|Watch|Drifted)$/)
      .first()
      .waitFor();
    expect(await region.getByRole("row").count()).toBeGreaterThan(5);
    await page
      .getByRole("region", { name: "Rows the service scored" })
      .getByText(/No drift data|against/)
      .waitFor();
  });

  test("100,000 rows are scored while the page goes on answering", async () => {
    await page.getByRole("link", { name: "Score" }).click();
    const rows = examples().map((row) => row.map((cell) => cell ?? "").join(","));
    const text = [names().join(","), ...Array.from({ length: 100_000 }, (_, i) => rows[i % rows.length])].join("\n");
    const file = { name: "many.csv.gz", mimeType: "application/gzip", buffer: gzipSync(text) };
    await page.locator("#file").setInputFiles(file);
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
    const each = wanted();
    const flagged = Array.from({ length: 100_000 }, (_, i) => each[i % each.length]).filter(
      (score) => score >= fpr["0.01"],
    );
    await page.getByRole("button", { name: "1 %", exact: true }).click();
    expect(await counts(page)).toContain(`${flagged.length.toLocaleString("en")} of 100,000 rows`);
  });

  test("light, dark and phone: readable contrast, nothing wider than 360 pixels, every control named", async () => {
    for (const options of [
      { colorScheme: "light", viewport: { width: 360, height: 740 }, hasTouch: true },
      { colorScheme: "dark", viewport: { width: 360, height: 740 } },
    ] as const) {
      const phone = await open(options);
      await enterKey(phone);
      await phone.getByRole("button", { name: "Fill in a sample" }).click();
      await scored(phone, examples().length);
      const dark = options.colorScheme === "dark";
      if ("hasTouch" in options) await dragByTouch(phone);
      expect(await phone.getByRole("button", { name: "Dark appearance" }).getAttribute("aria-pressed")).toBe(
        String(dark),
      );
      for (const view of ["Score", "Model", "Drift"]) {
        await phone.getByRole("link", { name: view, exact: true }).click();
        expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
        expect(await phone.evaluate(lowContrast)).toEqual([]);
        expect(await phone.evaluate(unnamed)).toEqual([]);
      }
      await phone.getByRole("button", { name: "Dark appearance" }).click();
      const background = await phone.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      await phone.reload();
      expect(await phone.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe(background);
      expect(/rgb\((\d+)/.exec(background)?.[1]).toBe(dark ? "246" : "15");
      await phone.close();
    }
  });

  test("by keys alone: skip link, views, sample, slider, reasons, in the order of the page", async () => {
    const keys = await open();
    await enterKey(keys);
    await keys.getByRole("button", { name: "Fill in a sample" }).click();
    await scored(keys, examples().length);
    await keys.reload();
    await keys.getByRole("button", { name: "Fill in a sample" }).and(keys.locator(":enabled")).waitFor();
    const reached: string[] = [];
    for (let i = 0; i < 9; i++) {
      await keys.keyboard.press("Tab");
      reached.push(await keys.evaluate(() => document.activeElement?.id || document.activeElement?.textContent || ""));
    }
    expect(reached.map((name) => name.trim())).toEqual([
      "Skip to content",
      "Score",
      "Model",
      "Drift",
      "models",
      "theme",
      "rows",
      "sample",
      "choose",
    ]);
    await keys.keyboard.press("Shift+Tab");
    await keys.keyboard.press("Enter");
    await scored(keys, examples().length);
    await keys.getByRole("table", { name: "Rows at or above the threshold" }).waitFor();
    const outline = await keys.locator("#results").ariaSnapshot();
    for (const part of [
      'slider "Threshold"',
      'group "Threshold"',
      'button "1 %" [pressed]',
      'radio "log odds" [checked]',
      'table "Rows at or above the threshold"',
      'columnheader "Score',
      'img "Scores by row order: lowest',
    ]) {
      expect(outline).toContain(part);
    }
    await keys.close();
  });

  test("nothing is asked of other hosts, no rows are sent unasked, the policy is strict and small files do it", async () => {
    expect(complaints.filter((text) => !/status of (401|404|501)/.test(text))).toEqual([]);
    expect(requests.filter(({ url }) => !url.startsWith(worker.url) && !/^(data|blob):/.test(url))).toEqual([]);
    expect(requests.filter(({ method }) => method !== "GET").map(({ url }) => new URL(url).pathname)).toEqual([
      "/v1/models/flows/versions/1/score",
    ]);
    const { headers } = await fetch(worker.url);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:/);
    const built = fileURLToPath(new URL("../build/dashboard/", import.meta.url));
    const files = ["index.html", "main.js", "scoring.js", "style.css", "score.wasm"].map((name) => join(built, name));
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);
    expect(bytes).toBeLessThan(100 * 1024);
  });
});
