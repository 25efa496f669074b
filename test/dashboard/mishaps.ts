/** What a user sees when the browser, the network or a file does not do what is expected of it. */
import { expect, test } from "vitest";
import {
  enterKey,
  examplesOf,
  fillSample,
  namesOf,
  opened,
  scored,
  titled,
  withSample,
  type Session,
} from "./session.ts";

/** Registers the tests. */
export function mishaps(session: () => Session): void {
  test("of a file that cannot be read nothing is told once other rows are there", async () => {
    const page = await opened(session());
    const good = [namesOf(session().scorer), examplesOf(session().scorer)[0].map((cell) => cell ?? "")];
    await page.evaluate(
      (text) => {
        const bad = [text.repeat(30_000), new Uint8Array([0xff])];
        for (const file of [new File(bad, "bad.csv"), new File([text], "good.csv")]) {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(file);
          document.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
        }
      },
      good.map((line) => line.join()).join("\n"),
    );
    await scored(page, 1);
    // long enough for what is wrong to show
    await page.waitForTimeout(2000);
    expect(await page.getByRole("alert").filter({ visible: true }).count()).toBe(0);
    await page.close();
  });

  test("a folder is told to be none of the files that can be read", async () => {
    const page = await opened(session());
    const pointer = await page.context().newCDPSession(page);
    const data = { items: [], files: [import.meta.dirname], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const)
      await pointer.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
    await page
      .getByRole("alert")
      .filter({ hasText: "dashboard: It cannot be read: it is a folder, or has been changed" })
      .waitFor();
    await page.close();
  });

  test("rows that could not be read are announced once at first, and once in full", async () => {
    const page = await opened(session());
    await page.evaluate(() => {
      const watch = { told: 0 };
      const place = document.querySelector("#refused");
      if (place) new MutationObserver(() => watch.told++).observe(place, { childList: true });
      Object.assign(globalThis, { watch });
    });
    const buffer = Buffer.from(`${namesOf(session().scorer).join()}${"\n1".repeat(100_000)}`);
    await page.locator("#file").setInputFiles({ name: "bad.csv", mimeType: "text/csv", buffer });
    await page.getByRole("alert").filter({ hasText: "100,000 rows could not be read" }).waitFor();
    expect(await page.evaluate(() => (globalThis as unknown as { watch: { told: number } }).watch.told)).toBeLessThan(
      3,
    );
    await page.close();
  });

  test("a key that no request can carry is told, and another one can be entered", async () => {
    const page = await session().open();
    await enterKey(page, "schlüssel–1");
    await page.getByRole("alert").filter({ hasText: "The key has letters that no request can carry." }).waitFor();
    await page.reload();
    await page.getByRole("alert").filter({ hasText: "The key has letters that no request can carry." }).waitFor();
    await enterKey(page, session().key);
    await titled(page, "Score · flows · unseen");
    await page.close();
  });

  test("an answer that is cut off is told in words, and the model that scores stays", async () => {
    const page = await withSample(session());
    await page.evaluate(() => {
      const ask = globalThis.fetch;
      globalThis.fetch = async (...of) => {
        const response = await ask(...of);
        if (!String(of[0]).includes("/weights/")) return response;
        return new Response(new ReadableStream({ start: (body) => body.error(new TypeError("network error")) }));
      };
    });
    await page.locator("#models").selectOption("sensors");
    await page
      .getByRole("alert")
      .filter({ hasText: "The answer of the service cannot be read. Try again in a little while." })
      .waitFor();
    expect(await page.locator("#models").inputValue()).toBe("flows");
    await page.close();
  });

  test("where the browser keeps nothing for pages, rows are scored all the same", async () => {
    const page = await session().open();
    await page.addInitScript(() => {
      for (const kind of ["localStorage", "sessionStorage"])
        Object.defineProperty(globalThis, kind, {
          get: () => {
            throw new DOMException("Access is denied for this document.", "SecurityError");
          },
        });
    });
    await page.reload();
    await enterKey(page, session().key);
    await titled(page, "Score · flows · unseen");
    await page.getByRole("button", { name: "Dark appearance" }).click();
    expect(await page.getByRole("button", { name: "Dark appearance" }).getAttribute("aria-pressed")).toBe("true");
    await fillSample(page);
    await scored(page, examplesOf(session().scorer).length);
    await page.close();
  });

  test("a command that could not be copied is not said to be", async () => {
    const page = await opened(session());
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException("Denied.", "NotAllowedError"));
    });
    await page.getByRole("link", { name: "Model" }).click();
    await page.getByRole("button", { name: "Copy npx unseen rollback" }).click();
    await page.getByRole("status").filter({ hasText: "Not copied." }).waitFor({ state: "attached" });
    await page.close();
  });

  test("drift of one model is not shown as another's while that one's is awaited", async () => {
    const page = await withSample(session());
    await page.getByRole("link", { name: "Drift" }).click();
    await page.getByText(`${examplesOf(session().scorer).length} rows on this page`).waitFor();
    await page.route("**/v1/models/sensors/drift", () => undefined);
    await page.locator("#models").selectOption("sensors");
    await titled(page, "Drift · sensors · unseen");
    expect(await page.locator("#drift-report").innerText()).toBe("");
    await page.close();
  });

  test("the axis that is chosen is the one that is drawn after going back to the page", async () => {
    const page = await withSample(session());
    await page.getByRole("radio", { name: "linear" }).check();
    await page.goto(`${session().worker.url}/docs`);
    await page.goBack();
    await titled(page, "Score · flows · unseen");
    await fillSample(page);
    await scored(page, examplesOf(session().scorer).length);
    // half of the axis by log odds, too: a quarter tells
    await page.getByLabel("Threshold as a number").fill("0.25");
    await page.keyboard.press("Enter");
    const [plot, slider] = await Promise.all(["#plot", "#threshold"].map((id) => page.locator(id).boundingBox()));
    if (!plot || !slider) throw new Error("the plot is not visible");
    const share = (plot.y + plot.height - 16 - slider.y - slider.height / 2) / (plot.height - 30);
    expect(share < 0.3).toBe(await page.getByRole("radio", { name: "linear" }).isChecked());
    await page.close();
  });
}
