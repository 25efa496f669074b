/** A browser's session with the service that the dashboard's tests share, and what a user does there again and again. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import type { Scorer } from "../../model/scorer.ts";
import type { WorkerProcess } from "../../trainer/commands/worker-process.ts";
import { startService } from "./service.ts";

const KEY = "a-key-for-the-dashboard";

export interface Session {
  readonly worker: WorkerProcess;
  /** The model that serves. */
  readonly scorer: Scorer;
  /** The page that tests leave to the next one as it is. */
  readonly page: Page;
  readonly key: string;
  /** Of all pages. */
  readonly requests: { method: string; url: string }[];
  readonly complaints: string[];
  /** Another page. */
  open(options?: BrowserContextOptions): Promise<Page>;
  stop(): Promise<void>;
}

export async function startSession(browser: Browser): Promise<Session> {
  const { worker, scorer } = await startService(KEY);
  const requests: { method: string; url: string }[] = [];
  const complaints: string[] = [];
  const open = async (options: BrowserContextOptions = {}): Promise<Page> => {
    const opened = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    opened.setDefaultTimeout(15_000);
    opened.on("request", (request) => requests.push({ method: request.method(), url: request.url() }));
    opened.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    opened.on("pageerror", (error) => complaints.push(String(error)));
    await opened.goto(worker.url);
    return opened;
  };
  const stop = async (): Promise<void> => {
    await browser.close();
    await worker.stop();
  };
  const page = await open({ permissions: ["clipboard-read", "clipboard-write"] });
  return { worker, scorer, page, key: KEY, requests, complaints, open, stop };
}

export async function enterKey(on: Page, key = KEY): Promise<void> {
  await on.getByLabel("Key", { exact: true }).fill(key);
  await on.getByRole("button", { name: "Continue" }).click();
}

/** Draws the threshold up by 50 pixels with a finger; the page must not scroll meanwhile. */
export async function dragByTouch(on: Page): Promise<void> {
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

export const counts = (on: Page): Promise<string> => on.locator("#counts").innerText();

/** Waits until so many rows are scored. */
export const scored = (on: Page, rows: number): Promise<void> =>
  on.locator("#counts", { hasText: `of ${rows.toLocaleString("en")} row` }).waitFor();

export async function paste(on: Page, text: string): Promise<void> {
  await otherRows(on);
  await on.getByLabel("Rows as CSV").fill(text);
}

export async function fillSample(on: Page): Promise<void> {
  await otherRows(on);
  await on.getByRole("button", { name: "Fill in a sample" }).click();
}

/** Where rows are there, makes room for others. */
async function otherRows(on: Page): Promise<void> {
  const button = on.getByRole("button", { name: "Other rows" });
  if (await button.isVisible()) await button.click();
}

export const namesOf = ({ artefact }: Scorer): string[] => artefact.schema.features.map(({ name }) => name);

/** The rows that the artefact carries for the sample. */
export const examplesOf = ({ artefact }: Scorer): readonly (readonly unknown[])[] =>
  artefact.evaluation?.examples?.rows ?? [];

/** Their scores by the model code in Node. */
export const wantedOf = (scorer: Scorer): Float32Array => scorer.scoreRows(examplesOf(scorer));

export const titled = (on: Page, title: string): Promise<unknown> =>
  on.waitForFunction((wanted) => document.title === wanted, title);

/** A page that has opened the model that serves. */
export async function opened({ open }: Session): Promise<Page> {
  const page = await open();
  await enterKey(page);
  await titled(page, "Score · flows · unseen");
  return page;
}

/** The same with the sample scored. */
export async function withSample(session: Session): Promise<Page> {
  const page = await opened(session);
  await fillSample(page);
  await scored(page, examplesOf(session.scorer).length);
  return page;
}

/** Another row than the highest, which is explained unasked: the thread has the rows that the page shows. */
export async function explained(on: Page): Promise<void> {
  await on.getByRole("slider", { name: "Threshold" }).press("Home");
  const button = on
    .getByRole("table", { name: "Rows at or above the threshold" })
    .getByRole("button", { name: "Why row" });
  const label = await button.nth(1).getAttribute("aria-label");
  await button.nth(1).click();
  await on.getByRole("heading", { name: `${label} scores` }).waitFor();
}
