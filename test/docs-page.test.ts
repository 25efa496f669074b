/** The page of the API's description in a real browser: readable in light and dark, on a phone, and by keys. */
import type { Browser } from "playwright-core";
import { afterAll, describe, expect, test } from "vitest";
import { docsPage } from "../worker/docs-page.ts";
import { describeApi } from "../worker/openapi.ts";
import { launchBrowser } from "./browser.ts";
import { lowContrast, unnamed } from "./dashboard/page-checks.ts";

const found = await launchBrowser();
const missing = typeof found === "string" ? found : undefined;
const browser = found as Browser;

describe.skipIf(missing !== undefined)(`description${missing ? `: ${missing}` : ""}`, { timeout: 60_000 }, () => {
  afterAll(() => browser.close());

  test("light and dark, on a desk and on a phone: readable contrast, nothing wider than the screen", async () => {
    const html = String(await docsPage(describeApi(), "http://127.0.0.1:8787"));
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1280, 360]) {
        const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
        await page.setContent(html);
        await page.locator("details").evaluateAll((all) => all.forEach((each) => each.setAttribute("open", "")));
        expect([colorScheme, width, await page.evaluate(lowContrast)]).toEqual([colorScheme, width, []]);
        expect(await page.evaluate(unnamed)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        await page.close();
      }
    }
  });

  test("by keys: the skip link, the sections, then each route, which Enter opens", async () => {
    const page = await browser.newPage();
    await page.setContent(String(await docsPage(describeApi(), "http://127.0.0.1:8787")));
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("To the routes");
    for (let i = 0; i < 20 && !(await focused()).includes("/v1/score"); i++) await page.keyboard.press("Tab");
    expect(await focused()).toContain("/v1/score");
    await page.keyboard.press("Enter");
    expect(await page.locator("#score").getAttribute("open")).toBe("");
    await page.getByText("curl http://127.0.0.1:8787/v1/score").waitFor();
    await page.close();
  });
});
