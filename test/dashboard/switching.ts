/** What a user sees while models change: rows that another model refuses, downloads that overtake each other or fail. */
import { hash } from "node:crypto";
import type { Page, Request } from "playwright-core";
import { expect, test } from "vitest";
import {
  enterKey,
  explained,
  namesOf,
  examplesOf,
  opened,
  paste,
  scored,
  titled,
  withSample,
  type Session,
} from "./session.ts";

const choose = async (on: Page, model: string): Promise<void> => void (await on.locator("#models").selectOption(model));

/** A row of nulls under the names that sensors has for its features. */
function rowForSensors({ scorer }: Session): string {
  const names = namesOf(scorer);
  return [names.map((name) => `s_${name}`), names.map(() => "")].map((line) => line.join(",")).join("\n");
}

async function stillFlows(on: Page): Promise<void> {
  expect([await on.title(), await on.locator("#models").inputValue()]).toEqual(["Score · flows · unseen", "flows"]);
  await explained(on);
}

/** Registers the tests. */
export function switching(session: () => Session): void {
  test("rows that another model refuses show no scores under its name, and come back with one that takes them", async () => {
    const page = await withSample(session());
    const rows = examplesOf(session().scorer).length;
    await choose(page, "sensors");
    const fault = page.getByRole("alert").filter({ hasText: "None of the columns is a feature of this model" });
    await fault.waitFor();
    await titled(page, "Score · sensors · unseen");
    expect(await page.locator("#results, #columns").filter({ visible: true }).count()).toBe(0);
    await choose(page, "flows");
    await scored(page, rows);
    expect(await fault.count()).toBe(0);
    // a refused file leaves the rows of before, for another version too
    await paste(page, "a,b\n1,2");
    await fault.waitFor();
    await page.getByRole("link", { name: "Model" }).click();
    await page.getByRole("button", { name: "Score on this page with version 2" }).click();
    await page.getByText("v2, not serving").waitFor();
    await page.getByRole("link", { name: "Score", exact: true }).click();
    await fault.waitFor();
    await scored(page, rows);
    await explained(page);
    await page.close();
  });

  test("rows that one model refused are scored once the model they are for is chosen", async () => {
    const page = await opened(session());
    await paste(page, rowForSensors(session()));
    await page.getByRole("alert").filter({ hasText: "None of the columns is a feature of this model" }).waitFor();
    await choose(page, "sensors");
    await scored(page, 1);
    await page.close();
  });

  test("what was asked for last scores, however late an earlier download lands", async () => {
    const page = await opened(session());
    await page.getByRole("link", { name: "Model" }).click();
    const serving = await page.locator("#card dd code").innerText();
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const late: Request[] = [];
    const hold = async (weights: string, ask: () => Promise<void>): Promise<void> => {
      const asked = page.waitForRequest(weights);
      await page.route(weights, (route) => void held.then(() => route.continue()), { times: 1 });
      await ask();
      late.push(await asked);
    };
    const use = (version: number): Promise<void> =>
      page.getByRole("button", { name: `Score on this page with version ${version}` }).click();
    await hold("**/v1/models/sensors/weights/*", () => choose(page, "sensors"));
    await use(2);
    await page.getByText("v2, not serving").waitFor();
    expect(await page.locator("#models").inputValue()).toBe("flows");
    await hold(`**/v1/models/flows/weights/${serving}`, () => use(1));
    await choose(page, "sensors");
    await titled(page, "Model · sensors · unseen");
    letGo();
    for (const request of late) await (await request.response())?.finished();
    // long enough for what is wrong to show
    await page.waitForTimeout(1000);
    expect(await page.title()).toBe("Model · sensors · unseen");
    expect(await page.locator("#models").inputValue()).toBe("sensors");
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("sensors");
    await page.getByRole("link", { name: "Score", exact: true }).click();
    await paste(page, rowForSensors(session()));
    await scored(page, 1);
    await page.close();
  });

  test("a model that cannot be fetched is told, and the one that scores stays chosen", async () => {
    const page = await withSample(session());
    await page.route("**/v1/models/sensors/weights/*", (route) =>
      route.fulfill({ status: 404, json: { detail: "These weights are gone.", remedy: "Publish them again." } }),
    );
    await choose(page, "sensors");
    await page.getByRole("alert").filter({ hasText: "These weights are gone. Publish them again." }).waitFor();
    await stillFlows(page);
    await page.close();
  });

  test("weights that cannot be opened leave the model and the rows of before", async () => {
    const page = await withSample(session());
    const bytes = Buffer.from("no artefact");
    const sha256 = hash("sha256", bytes);
    await page.route("**/v1/models/sensors", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), sha256 } });
    });
    await page.route(`**/weights/${sha256}`, (route) => route.fulfill({ body: bytes }));
    await choose(page, "sensors");
    await page.locator("#notice").filter({ visible: true }).waitFor();
    await stillFlows(page);
    await page.close();
  });

  test("a key entered again leaves the model, its version and the rows as they are", async () => {
    const page = await withSample(session());
    await page.getByRole("link", { name: "Model" }).click();
    await page.getByRole("button", { name: "Score on this page with version 2" }).click();
    await page.getByText("v2, not serving").waitFor();
    await page.getByRole("link", { name: "Score", exact: true }).click();
    await scored(page, examplesOf(session().scorer).length);
    await explained(page);
    const chosen = await page.locator("#why-title").innerText();
    await page.route("**/v1/models/flows", (route) => route.fulfill({ status: 401, json: {} }), { times: 1 });
    await page.getByRole("link", { name: "Model" }).click();
    await enterKey(page);
    await page.locator("#key").waitFor({ state: "hidden" });
    // long enough for what is wrong to show
    await page.waitForTimeout(1000);
    expect(await page.locator("#version").innerText()).toBe("v2, not serving");
    expect(await page.locator("#models").inputValue()).toBe("flows");
    await page.getByRole("link", { name: "Score", exact: true }).click();
    expect(await page.locator("#why-title").innerText()).toBe(chosen);
    await choose(page, "sensors");
    await titled(page, "Score · sensors · unseen");
    await page.route("**/v1/models/sensors", (route) => route.fulfill({ status: 401, json: {} }), { times: 1 });
    await page.getByRole("link", { name: "Model" }).click();
    await enterKey(page);
    await page.locator("#key").waitFor({ state: "hidden" });
    await page.waitForTimeout(1000);
    expect([await page.title(), await page.locator("#models").inputValue()]).toEqual([
      "Model · sensors · unseen",
      "sensors",
    ]);
    await page.close();
  });
}
