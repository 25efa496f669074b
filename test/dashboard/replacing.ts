/** What a user sees while other rows come: labels and files are of the rows they were asked for, messages of those that are there. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { examplesOf, namesOf, scored, withSample, type Session } from "./session.ts";

/** So many of the example rows as CSV, again from the first one where there are no more. */
function exampleRows({ scorer }: Session, many: number): string {
  const rows = examplesOf(scorer).map((row) => row.map((cell) => cell ?? "").join(","));
  return [namesOf(scorer).join(","), ...Array.from({ length: many }, (_, i) => rows[i % rows.length])].join("\n");
}

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
}
