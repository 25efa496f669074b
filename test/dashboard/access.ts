/** Who can use the page, and what it may do: phones, keys, screen readers, and a policy that lets nothing else in. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { lowContrast, unnamed } from "./page-checks.ts";
import { dragByTouch, enterKey, scored, examplesOf, type Session } from "./session.ts";

/** Registers the tests. */
export function access(session: () => Session): void {
  test("light, dark and phone: readable contrast, nothing wider than 360 pixels, every control named", async () => {
    const { open, scorer } = session();
    for (const options of [
      { colorScheme: "light", viewport: { width: 360, height: 740 }, hasTouch: true },
      { colorScheme: "dark", viewport: { width: 360, height: 740 } },
    ] as const) {
      const phone = await open(options);
      await enterKey(phone);
      await phone.getByRole("button", { name: "Fill in a sample" }).click();
      await scored(phone, examplesOf(scorer).length);
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
    const { open, scorer } = session();
    const keys = await open();
    await enterKey(keys);
    await keys.getByRole("button", { name: "Fill in a sample" }).click();
    await scored(keys, examplesOf(scorer).length);
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
    await scored(keys, examplesOf(scorer).length);
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
    await keys.getByRole("link", { name: "Model" }).press("Enter");
    await keys.getByRole("link", { name: "Skip to content" }).press("Enter");
    expect(await keys.evaluate(() => [document.activeElement?.id, location.hash])).toEqual(["main", "#model"]);
    expect(await keys.getByRole("heading", { level: 1 }).innerText()).toBe("flows");
    await keys.close();
  });

  test("nothing is asked of other hosts, no rows are sent unasked, the policy is strict and small files do it", async () => {
    const { worker, requests, complaints } = session();
    expect(complaints.filter((text) => !/status of (401|404|501)|ERR_FAILED/.test(text))).toEqual([]);
    expect(requests.filter(({ url }) => !url.startsWith(worker.url) && !/^(data|blob):/.test(url))).toEqual([]);
    expect(requests.filter(({ method }) => method !== "GET").map(({ url }) => new URL(url).pathname)).toEqual([
      "/v1/models/flows/versions/1/score",
      ...Array.from({ length: 3 }, () => "/v1/models/flows/feedback"),
    ]);
    const { headers } = await fetch(worker.url);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:/);
    const built = fileURLToPath(new URL("../../build/dashboard/", import.meta.url));
    const files = ["index.html", "main.js", "scoring.js", "style.css", "score.wasm"].map((name) => join(built, name));
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);
    expect(bytes).toBeLessThan(100 * 1024);
  });
}
