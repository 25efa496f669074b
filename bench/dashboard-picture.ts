/** Takes the dashboard's picture for docs/: the sample of `npm start`'s model, scored in a headless browser. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import getPort from "get-port";
import { launchBrowser } from "../test/browser.ts";
import { startWorker } from "../trainer/commands/worker-process.ts";

const FILE = fileURLToPath(new URL("../docs/dashboard.png", import.meta.url));

const browser = await launchBrowser();
if (typeof browser === "string") throw new Error(browser);
const worker = await startWorker(await getPort());
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1100 }, colorScheme: "light" });
  await page.goto(worker.url);
  await page.getByRole("button", { name: "Fill in a sample" }).click();
  await page.getByRole("heading", { name: /^Why row/ }).waitFor();
  await page.mouse.move(0, 0);
  await page.waitForTimeout(500); // transitions
  const picture = await page.screenshot();
  writeFileSync(FILE, picture);
  console.log(`${FILE}: ${Math.round(picture.length / 1024)} KB`);
} finally {
  await browser.close();
  await worker.stop();
}
