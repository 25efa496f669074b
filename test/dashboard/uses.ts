/** What a user sees who gives other files, keys or settings than most: nothing on the page may mislead. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { examplesOf, explained, namesOf, opened, paste, scored, withSample, type Session } from "./session.ts";

/** The first example rows as CSV, each behind the cells that `beside` gives. */
function rowsOf({ scorer }: Session, many: number, beside?: (row: number) => string): string {
  const lines = [namesOf(scorer), ...examplesOf(scorer).slice(0, many)];
  return lines
    .map((line, i) => [...(beside ? [i === 0 ? "id" : beside(i)] : []), ...line.map((cell) => cell ?? "")].join(","))
    .join("\n");
}

const give = (on: Page, name: string, content: string | Buffer): Promise<void> =>
  on.locator("#file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });

async function drop(on: Page, files: readonly (readonly [name: string, content: string])[]): Promise<void> {
  await on.evaluate((all) => {
    const dataTransfer = new DataTransfer();
    for (const [name, content] of all) dataTransfer.items.add(new File([content], name));
    document.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
  }, files);
}

const alert = (on: Page, hasText: string): Promise<void> => on.getByRole("alert").filter({ hasText }).waitFor();

/** From now on the service tells that another version of flows serves. */
async function serveAnother(on: Page): Promise<void> {
  await on.route("**/v1/models/flows", async (route) => {
    const response = await route.fetch();
    const card = await response.json();
    const [other] = card.versions.filter(({ version }: { version: number }) => version !== card.version);
    await route.fulfill({ response, json: { ...card, ...other } });
  });
}

/** Registers the tests. */
export function uses(session: () => Session): void {
  test("of two files dropped at once the first is scored and the other is named", async () => {
    const page = await opened(session());
    await drop(page, [
      ["a.csv", rowsOf(session(), 3)],
      ["b.csv", rowsOf(session(), 4)],
    ]);
    await page.locator("#columns", { hasText: "a.csv 3 rows" }).waitFor();
    await alert(page, 'Not scored: "b.csv". Give one file at a time.');
    await drop(page, [
      ["c.csv", "a,b\n1,2"],
      ["d.csv", rowsOf(session(), 4)],
    ]);
    await alert(page, "c.csv: None of the columns");
    await alert(page, 'Not scored: "d.csv".');
    await drop(page, [["e.csv", rowsOf(session(), 5)]]);
    await page.locator("#columns", { hasText: "e.csv 5 rows" }).waitFor();
    expect(await page.getByRole("alert").filter({ visible: true }).count()).toBe(0);
    await page.close();
  });

  test("a file that is no text is called what it is, and one that has changed is not called a folder", async () => {
    const page = await opened(session());
    const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 37) % 256));
    for (const [name, begins, told] of [
      ["rows.parquet", "PAR1", "rows.parquet: This is a Parquet file, not CSV. Score it with `unseen score`"],
      ["rows.xlsx", "PK\u0003\u0004", "rows.xlsx: This is a workbook or a ZIP archive, not CSV. Save it as CSV"],
    ] as const) {
      await give(page, name, Buffer.concat([Buffer.from(begins), bytes]));
      await alert(page, told);
    }
    const folder = mkdtempSync(join(tmpdir(), "unseen-uses-"));
    const grows = join(folder, "grows.csv");
    writeFileSync(grows, rowsOf(session(), 3));
    await page.locator("#file").setInputFiles(grows);
    await scored(page, 3);
    appendFileSync(grows, "\n");
    await page.locator("#models").selectOption("sensors");
    await alert(page, "grows.csv: It cannot be read: it is a folder, or has been changed or removed");
    rmSync(folder, { recursive: true });
    await page.close();
  });

  test("a row over many lines is told as one, with the quote that may be open", async () => {
    const page = await opened(session());
    await paste(
      page,
      rowsOf(session(), 9, (row) => (row === 2 ? '"open' : `n${row}`)),
    );
    await alert(page, `row 2 has 1 cells over 8 lines (is a quote left open?), the header has`);
    await page.close();
  });

  test("a version published while the page is open is told with the next rows, view and comparison", async () => {
    const page = await withSample(session());
    const tag = page.locator("#version");
    expect(await tag.innerText()).toBe("v1");
    await serveAnother(page);
    await paste(page, rowsOf(session(), 3));
    await page.getByText("v1, not serving", { exact: true }).waitFor();
    await page.unrouteAll({ behavior: "wait" });
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.getByText("v1", { exact: true }).waitFor();
    await serveAnother(page);
    await page.getByRole("link", { name: "Drift" }).click();
    await page.getByText("v1, not serving", { exact: true }).waitFor();
    await page
      .getByRole("region", { name: "Rows the service scored" })
      .getByText(/by version 1 in the last 24 hours|No drift data\. /)
      .waitFor();
    await page.close();
  });

  test("drift of the service's rows says which version scored them", async () => {
    const page = await withSample(session());
    await page.route("**/v1/models/flows/drift", (route) =>
      route.fulfill({ json: { model: { name: "flows", version: 7, sha256: "" }, hours: 24, rows: 0, features: [] } }),
    );
    await page.getByRole("link", { name: "Drift" }).click();
    await page.getByText("no rows by version 7 in the last 24 hours were scored").waitFor();
    await page.close();
  });

  test("arrow keys in the threshold's number do not flag every row or none", async () => {
    const page = await withSample(session());
    const exact = page.getByLabel("Threshold as a number");
    const before = await exact.inputValue();
    for (const key of ["ArrowUp", "ArrowDown"]) {
      await exact.press(key);
      expect([key, await exact.inputValue()]).toEqual([key, before]);
    }
    for (const [typed, kept] of [
      ["2", before],
      ["", before],
      ["0,25", "0.25"],
    ]) {
      await exact.fill(typed);
      await exact.press("Enter");
      expect([typed, await exact.inputValue()]).toEqual([typed, kept]);
    }
    await page.close();
  });

  test("the focus stays on the page when the button that has it gives way", async () => {
    const page = await opened(session());
    await page.getByRole("button", { name: "Fill in a sample" }).press("Enter");
    await scored(page, examplesOf(session().scorer).length);
    await page.getByRole("button", { name: "Other rows" }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("change");
    await page.close();
  });

  test("long names of files make the page no wider, and long cells can be read in full", async () => {
    const narrow = await opened(session());
    await narrow.setViewportSize({ width: 360, height: 740 });
    const id = (row: number): string => `2026-12-01T03:14:15.926535Z/edge-host-0017/${row}`;
    await give(narrow, `${"a".repeat(150)}.csv`, rowsOf(session(), 20, id));
    await scored(narrow, 20);
    expect(await narrow.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await narrow.getByRole("slider", { name: "Threshold" }).press("Home");
    await narrow.getByTitle(id(3), { exact: true }).waitFor({ state: "attached" });
    await narrow.close();
  });

  test("with less motion asked for, the page jumps to the reasons", async () => {
    const page = await withSample(session());
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.locator("#flagged tbody tr").nth(1).waitFor();
    const places = await page.evaluate(async () => {
      const title = document.querySelector("#why-title");
      const before = title?.textContent;
      document.querySelectorAll<HTMLElement>("#flagged tbody tr button")[1].click();
      while (title?.textContent === before) await new Promise((resolve) => setTimeout(resolve));
      const at = scrollY;
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return [at, scrollY];
    });
    expect(places[0]).toBeGreaterThan(0);
    expect(places[1]).toBe(places[0]);
  });

  test("with forced colours, what is chosen looks other than what is not", async () => {
    const page = await withSample(session());
    await page.emulateMedia({ forcedColors: "active" });
    await explained(page);
    await page.getByRole("button", { name: "1 %", exact: true }).click();
    await page.locator("#flagged tr.chosen").waitFor();
    for (const [chosen, other] of [
      ["nav a[aria-current]", "nav a:not([aria-current])"],
      ["#named [aria-pressed=true]", "#named [aria-pressed=false]"],
      [".segments input:checked + span", ".segments input:not(:checked) + span"],
      ["#flagged tr.chosen", "#flagged tbody tr:not(.chosen)"],
    ]) {
      const backgrounds = await page.evaluate(
        (of) => of.map((one) => getComputedStyle(document.querySelector(one) as Element).backgroundColor),
        [chosen, other],
      );
      expect([chosen, backgrounds[0] !== backgrounds[1]]).toEqual([chosen, true]);
    }
    await page.close();
  });
}
