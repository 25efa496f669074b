/** What an operator sees of models: the card, versions, drift, and the way to say what rows turned out to be. */
import { expect, test } from "vitest";
import { enterKey, explained, fillSample, paste, scored, examplesOf, namesOf, type Session } from "./session.ts";

/** Registers the tests. */
export function models(session: () => Session): void {
  test("the model card holds figures, stages, thresholds and the rolled-back version", async () => {
    const { page, scorer } = session();
    await page.getByRole("link", { name: "Model" }).click();
    await page.getByRole("heading", { name: "flows", level: 1 }).waitFor();
    const figures = page.getByRole("table", { name: "Figures by anomaly family" });
    for (const { family, aucRoc } of scorer.artefact.evaluation?.families ?? []) {
      const line = figures.getByRole("row", { name: family });
      expect(await line.innerText()).toContain(aucRoc.toFixed(3));
    }
    const stages = scorer.artefact.evaluation?.stages ?? [];
    expect(stages.map(({ name }) => name)).toEqual(["before", "after inner", "after outer"]);
    for (const { name, aucRoc, normal, anomalous } of stages) {
      const image = page.getByRole("img", { name: `${name}: normal rows above` });
      const figure = page.getByRole("figure").filter({ has: image });
      expect(await figure.innerText()).toContain(`AUC-ROC ${aucRoc.toFixed(3)}`);
      for (const [side, bins] of [
        ["normal", normal],
        ["flag", anomalous],
      ] as const) {
        const bars = await image
          .locator(`rect.${side}`)
          .evaluateAll((all) => all.map((bar) => ["y", "height"].map((of) => Number(bar.getAttribute(of)))));
        const [most, highest] = [Math.max(...bins), Math.max(...bars.map(([, height]) => height))];
        for (const [bin, [y, height]] of bars.entries()) {
          expect((height / highest) ** 2).toBeCloseTo(bins[bin] / most, 2);
          expect(y).toBeCloseTo(side === "normal" ? 54 - height : 56, 1);
        }
      }
    }
    await page.getByText("Rolled back: version 1 serves, version 2 is the newest.").waitFor();
    const command = "npx unseen rollback --name flows --to 2";
    await page.getByText(command, { exact: true }).waitFor();
    await page.getByRole("button", { name: `Copy ${command}` }).click();
    await page.getByRole("status").filter({ hasText: "Copied." }).waitFor({ state: "attached" });
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(command);
    await page.getByRole("button", { name: "Score on this page with version 2" }).click();
    await page.getByText("v2, not serving").waitFor();
    await page.getByText("This artefact carries no figures.").waitFor();
    // what is told of the model is of the version that scores here
    const about = page.getByRole("region", { name: "About" });
    expect(await about.getByRole("definition").first().innerText()).toMatch(/^2, /);
    await page.getByRole("button", { name: "Score on this page with version 1" }).click();
    await page.getByText("v1", { exact: true }).waitFor();
  });

  test("what keeps a version from serving is told, and which one it is where that is known", async () => {
    const { page } = session();
    for (const [beside, label, told, command] of [
      [{ wanted: 2 }, "v1, v2 wanted", "Version 2 cannot be served. Version 1 goes on: why", "--to 1"],
      [{}, "v1", "Version 1 goes on: why", "--to 2"],
    ] as const) {
      await page.route("**/v1/models/flows", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...(await response.json()), fault: "why", ...beside } });
      });
      await page.getByRole("link", { name: "Score" }).click();
      await page.getByRole("link", { name: "Model" }).click();
      await page.getByText(told, { exact: true }).waitFor();
      await page.getByText(label, { exact: true }).waitFor();
      await page.getByText(`npx unseen rollback --name flows ${command}`, { exact: true }).waitFor();
      await page.unrouteAll({ behavior: "wait" });
    }
    await page.getByRole("link", { name: "Score" }).click();
    await page.getByRole("link", { name: "Model" }).click();
    await page.getByText("Rolled back: version 1 serves, version 2 is the newest.").waitFor();
  });

  test("a canary that was promoted over a later version is no rollback, and one goes back from it", async () => {
    const { page } = session();
    await page.route("**/v1/models/flows", async (route) => {
      const response = await route.fetch();
      const card = await response.json();
      const versions = card.versions.map((each: object) => ({ ...each, rolledBack: undefined }));
      await route.fulfill({ response, json: { ...card, versions } });
    });
    await page.getByRole("link", { name: "Score" }).click();
    await page.getByRole("link", { name: "Model" }).click();
    await page.getByText("A canary was promoted: version 1 serves, version 2 is the newest.").waitFor();
    await page.getByText("Back to version 2:").waitFor();
    await page.getByText("npx unseen rollback --name flows", { exact: true }).waitFor();
    await page.unrouteAll({ behavior: "wait" });
  });

  test("that no model is published stays told whichever view is looked at", async () => {
    const empty = await session().open();
    await empty.route("**/v1/models", (route) => route.fulfill({ json: { models: [] } }));
    await enterKey(empty);
    for (const view of ["Score", "Model", "Drift"]) {
      await empty.getByRole("link", { name: view, exact: true }).click();
      await empty.locator("nav a[aria-current]", { hasText: view }).waitFor();
      await empty.getByText("No model is published yet.").waitFor();
    }
    await empty.close();
  });

  test("that the part which scores could not be loaded is told", async () => {
    const half = await session().open();
    await enterKey(half);
    await half.route("**/scoring.js", (route) => route.fulfill({ status: 404 }));
    await half.reload();
    await half.getByText("The part of the page that scores could not be loaded. Load the page again.").waitFor();
    await half.close();
  });

  test("drift of the rows on the page, and a plain word where the service has none", async () => {
    const { page, scorer } = session();
    await page.getByRole("link", { name: "Score" }).click();
    const rows = examplesOf(scorer).map((row) => row.map((cell) => cell ?? "").join(","));
    await paste(page, [namesOf(scorer).join(","), ...rows, ...rows, ...rows].join("\n"));
    await scored(page, 3 * rows.length);
    await page.getByRole("link", { name: "Drift" }).click();
    const region = page.getByRole("region", { name: "Rows on this page" });
    await region
      .getByText(/^(Stable|Watch|Drifted)$/)
      .first()
      .waitFor();
    expect(await region.getByRole("row").count()).toBeGreaterThan(5);
    await page
      .getByRole("region", { name: "Rows the service scored" })
      .getByText(/No drift data|against/)
      .waitFor();
  });

  test("while the service is away the page's own rows are compared all the same, and views that need none of it do not complain", async () => {
    const away = await session().open();
    await enterKey(away);
    await fillSample(away);
    await scored(away, examplesOf(session().scorer).length);
    await away.getByRole("link", { name: "Drift" }).click();
    const region = away.getByRole("region", { name: "Rows on this page" });
    await region.getByText(`${examplesOf(session().scorer).length} rows on this page`).waitFor();
    await away.route("**/v1/**", (route) => route.abort());
    await away.getByRole("link", { name: "Model" }).click();
    await away.getByRole("alert").filter({ hasText: "The service cannot be reached." }).waitFor();
    await away.getByRole("link", { name: "Score" }).click();
    await away.getByRole("alert").waitFor({ state: "hidden" });
    const [row] = examplesOf(session().scorer);
    await paste(away, [namesOf(session().scorer), row.map((cell) => cell ?? "")].map((line) => line.join()).join("\n"));
    await scored(away, 1);
    await away.getByRole("link", { name: "Drift" }).click();
    await region.getByText("1 row on this page").waitFor();
    const service = away.getByRole("region", { name: "Rows the service scored" });
    await service.getByText("No drift data. The service cannot be reached.").waitFor();
    await away.close();
  });

  test("what a row turned out to be is kept by the service, once, and corrected by another label", async () => {
    const { page, worker, scorer, key } = session();
    const scores = scorer.scoreRows(examplesOf(scorer));
    const row = scores.indexOf(Math.max(...scores));
    const kept = async (): Promise<{ label: string; family: string; instance: Record<string, unknown> }[]> => {
      const answer = await fetch(`${worker.url}/v1/models/flows/feedback`, { headers: { "x-api-key": key } });
      const lines = new TextDecoder().decode(await answer.arrayBuffer()).split("\n");
      return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
    };
    await page.getByRole("link", { name: "Score" }).click();
    await fillSample(page);
    await scored(page, scores.length);
    await page.getByRole("heading", { name: `Why row ${row + 1} scores` }).waitFor();
    expect(await kept()).toEqual([]);
    const form = page.getByRole("group", { name: "What did this row turn out to be?" });
    await form.getByLabel("Family, if known").fill("worm");
    for (const [label, said] of [
      ["An anomaly", `The service keeps row ${row + 1} as an anomaly, worm.`],
      ["An anomaly", `The service knew row ${row + 1} as an anomaly, worm.`],
      ["Normal", `The service keeps row ${row + 1} as normal.`],
    ]) {
      await form.getByRole("button", { name: label }).click();
      await page.getByText(said, { exact: true }).waitFor();
    }
    const [first, ...others] = await kept();
    expect([first.label, first.family, others]).toEqual(["normal", "", []]);
    expect(Object.values(first.instance)).toEqual(examplesOf(scorer)[row]);
    expect(await form.getByLabel("Family, if known").inputValue()).toBe("worm");
    await explained(page);
    expect(await form.getByLabel("Family, if known").inputValue()).toBe("");
  });
}
