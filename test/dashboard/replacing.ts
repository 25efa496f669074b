/** What a user sees while other rows come: labels and files are of the rows they were asked for, messages of those that are there. */
import { createGzip } from "node:zlib";
import { buffer } from "node:stream/consumers";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { examplesOf, explained, namesOf, opened, paste, scored, titled, withSample, type Session } from "./session.ts";

/** So many of the example rows as CSV, again from the first one where there are no more. */
function exampleRows({ scorer }: Session, many: number): string {
  const rows = examplesOf(scorer).map((row) => row.map((cell) => cell ?? "").join(","));
  return [namesOf(scorer).join(","), ...Array.from({ length: many }, (_, i) => rows[i % rows.length])].join("\n");
}

/** The same with a last row that cannot be read. */
const withBadRow = (session: Session, many: number): string => `${exampleRows(session, many)}\n1`;

/** A page on which the last scores of each run wait for letGo(). */
async function holding(session: Session): Promise<Page> {
  const page = await opened(session);
  await page.addInitScript(() => {
    const held: (() => void)[] = [];
    const listen = Worker.prototype.addEventListener;
    Worker.prototype.addEventListener = function (this: Worker, kind: string, listener: EventListener) {
      listen.call(this, kind, (event) => {
        if ((event as MessageEvent<{ done?: boolean } | undefined>).data?.done) held.push(() => listener(event));
        else listener(event);
      });
    };
    Object.assign(globalThis, { letGo: () => held.splice(0).forEach((tell) => tell()) });
  });
  await page.reload();
  await titled(page, "Score · flows · unseen");
  return page;
}

const letGo = (on: Page): Promise<void> => on.evaluate(() => (globalThis as unknown as { letGo(): void }).letGo());

/** Pastes rows, and presses a button or lets scores go before the thread can have read them. */
async function pasteAnd(on: Page, text: string, button?: string): Promise<void> {
  await on.evaluate(
    ([content, pressed]) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", content);
      document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
      if (pressed) document.querySelector<HTMLElement>(pressed)?.click();
      else (globalThis as unknown as { letGo(): void }).letGo();
    },
    [text, button] as const,
  );
}

const drop = (on: Page, content: string): Promise<void> =>
  on.evaluate((text) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], "dropped.csv"));
    document.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
  }, content);

/** Registers the tests. */
export function replacing(session: () => Session): void {
  test("a label given and a file asked for while other rows come are not of those rows", async () => {
    const page = await withSample(session());
    const sent: string[] = [];
    page.on("request", (request) => request.method() === "POST" && sent.push(request.url()));
    page.on("download", (download) => sent.push(download.suggestedFilename()));
    await page.getByRole("group", { name: "What did this row turn out to be?" }).waitFor();
    await pasteAnd(page, exampleRows(session(), 300), "#feedback [value=normal]");
    await scored(page, 300);
    expect(sent).toEqual([]);
    await page.locator("#download:enabled").waitFor();
    await pasteAnd(page, exampleRows(session(), 400), "#download");
    await scored(page, 400);
    await page
      .getByRole("alert")
      .filter({ hasText: "The file could not be made: Other rows came meanwhile." })
      .waitFor();
    expect(sent).toEqual([]);
    await page.close();
  });

  test("rows that could not be read are told below what is wrong with a newer file", async () => {
    const page = await holding(session());
    const fault = page.getByRole("alert").filter({ hasText: "None of the columns is a feature of this model" });
    const refused = page.getByRole("alert").filter({ hasText: "1 row could not be read" });
    await paste(page, withBadRow(session(), 3));
    await page.locator("#columns", { hasText: "4 rows" }).waitFor();
    await paste(page, "a,b\n1,2");
    await fault.waitFor();
    await letGo(page);
    await refused.waitFor();
    expect(await fault.count()).toBe(1);
    const [above, below] = [await fault.boundingBox(), await refused.boundingBox()];
    expect(below?.y).toBeGreaterThanOrEqual((above?.y ?? Infinity) + (above?.height ?? 0));
    await page.close();
  });

  test("rows that could not be read are told no longer than they are there", async () => {
    const page = await holding(session());
    await paste(page, withBadRow(session(), 3));
    await page.locator("#columns", { hasText: "4 rows" }).waitFor();
    await pasteAnd(page, exampleRows(session(), 7));
    await page.locator("#columns", { hasText: "7 rows" }).waitFor();
    expect(await page.getByRole("alert").filter({ visible: true }).count()).toBe(0);
    await page.close();
  });

  test("a row chosen while others are scored stays chosen", async () => {
    const page = await holding(session());
    await pasteAnd(page, exampleRows(session(), 20_000));
    await page.locator("#columns", { hasText: "20,000 rows" }).waitFor();
    await explained(page);
    const chosen = await page.locator("#why-title").innerText();
    while (await page.locator("#download").isDisabled()) await letGo(page);
    // long enough for what is wrong to show
    await page.waitForTimeout(1000);
    expect(await page.locator("#why-title").innerText()).toBe(chosen);
    await page.close();
  });

  test("a file dropped right after typing is not replaced by what was typed", async () => {
    const page = await opened(session());
    await page.evaluate(
      (content) => {
        const field = document.querySelector<HTMLTextAreaElement>("#rows");
        if (field) field.value = "a,b\n1,2";
        field?.dispatchEvent(new Event("input", { bubbles: true }));
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([content], "dropped.csv"));
        document.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
      },
      exampleRows(session(), 3),
    );
    await page.locator("#columns", { hasText: "dropped.csv 3 rows" }).waitFor();
    // long enough for what is wrong to show
    await page.waitForTimeout(1000);
    expect(await page.getByRole("alert").filter({ visible: true }).count()).toBe(0);
    await page.close();
  });

  test("a file dropped on another view shows what became of it", async () => {
    const page = await opened(session());
    for (const [view, content, shown] of [
      ["Model", exampleRows(session(), 3), "dropped.csv 3 rows"],
      ["Drift", "a,b\n1,2", "None of the columns is a feature of this model"],
    ]) {
      await page.getByRole("link", { name: view, exact: true }).click();
      await titled(page, `${view} · flows · unseen`);
      await drop(page, content);
      await titled(page, "Score · flows · unseen");
      await page.locator("#columns, #fault", { hasText: shown }).waitFor();
    }
    await page.close();
  });

  test("a plot of rows that cannot be read says that there are no scores", async () => {
    const page = await opened(session());
    await paste(page, `${namesOf(session().scorer).join(",")}\n1\n2`);
    await page.getByRole("alert").filter({ hasText: "2 rows could not be read" }).waitFor();
    await page.getByRole("img", { name: "Scores by row order: there are none" }).waitFor();
    await page.close();
  });

  test("a small file that unpacks to more than a page can hold is told", async () => {
    const page = await opened(session());
    const packing = createGzip({ level: 1 });
    const packed = buffer(packing);
    const part = Buffer.alloc(2 ** 20, "\n");
    for (let i = 0; i <= 400; i++)
      if (!packing.write(part)) await new Promise((resolve) => packing.once("drain", resolve));
    packing.end();
    await page
      .locator("#file")
      .setInputFiles({ name: "bomb.csv.gz", mimeType: "application/gzip", buffer: await packed });
    await page
      .getByRole("alert")
      .filter({ hasText: "bomb.csv.gz: The file has more than 400 MiB unpacked, more than a page can hold." })
      .waitFor({ timeout: 60_000 });
    await page.close();
  });
}
