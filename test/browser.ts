/** A headless Chromium out of the lockfile, for tests of the dashboard and its picture. */
import { dirname, join } from "node:path";
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";
import { messageOf } from "../model/errors.ts";

/** What this Chromium needs to run anywhere; web security and process isolation stay as they are for users. */
const ARGS = [
  "--no-sandbox",
  "--headless=shell",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--font-render-hinting=none",
];

/** The browser, or why it cannot start here. */
export async function launchBrowser(): Promise<Browser | string> {
  try {
    const executablePath = process.env.UNSEEN_CHROMIUM ?? (await chromium.executablePath());
    // the fonts that come with it, so that texts are as wide everywhere
    const env = { ...process.env, FONTCONFIG_PATH: join(dirname(executablePath), "fonts") };
    return await playwright.launch({ executablePath, args: ARGS, headless: true, env });
  } catch (cause) {
    const [why] = messageOf(cause).split("\n");
    return `no headless browser on this machine: ${why}`;
  }
}
