/** The versions of a model: which one serves, what became of the others, and the commands that change it. */
import { servedBefore, type Version } from "../model/pointer.ts";
import type { Card } from "./api.ts";
import { byId, h } from "./element.ts";
import { date } from "./numbers.ts";
import { panel } from "./panel.ts";
import { table } from "./table.ts";

/** @param useVersion scores with another version from now on */
export function versionPanel(card: Card, using: Version, useVersion: (version: Version) => void): HTMLElement {
  const serving = card.version;
  // A canary is on trial, or was given up: it is not what one rolls back from.
  const served = card.versions.filter(({ version, abandoned }) => !abandoned && version !== card.canary?.version);
  const newest = served.reduce((latest, each) => (each.version > latest.version ? each : latest), served[0]);
  // A promoted canary may have a lower number than the version it replaced, which nobody has rolled back.
  const rolledBack = serving < newest.version && newest.rolledBack === true;
  const earlier = servedBefore({ history: served.filter(({ version }) => version !== serving) });
  const failed = card.wanted === undefined ? "" : `Version ${card.wanted} cannot be served. `;
  const state = card.fault
    ? h("p", { class: "notice" }, `${failed}Version ${serving} goes on: ${card.fault}`)
    : h("p", { class: "quiet" }, stateText(serving, newest.version, rolledBack));
  const rows = card.versions
    .toSorted((a, b) => b.version - a.version)
    .map((version) => line(card, version, version.sha256 === using.sha256, useVersion));
  return panel(
    "Versions",
    state,
    table(undefined, ["Version", "Published", "SHA-256", "State", ["This page", "number"]], h("tbody", {}, ...rows)),
    ...commandsOf(card, rolledBack ? newest : undefined, earlier).flatMap(([what, command]) => [
      h("p", { class: "quiet" }, what),
      commandLine(command),
    ]),
  );
}

/** @param used whether this page scores with it */
function line(card: Card, version: Version, used: boolean, useVersion: (version: Version) => void): HTMLElement {
  const states = [
    ...(version.version === card.version ? ["serving"] : []),
    ...(version.version === card.wanted ? ["wanted"] : []),
    ...(version.version === card.canary?.version ? [`canary, ${card.canary.percent} %`] : []),
    ...(version.abandoned ? ["abandoned"] : []),
    ...(version.rolledBack ? ["rolled back"] : []),
  ];
  const button = h("button", { type: "button", "aria-pressed": String(used) }, used ? "in use here" : "use here");
  button.setAttribute(
    "aria-label",
    used ? `Version ${version.version} is in use on this page` : `Score on this page with version ${version.version}`,
  );
  button.disabled = used;
  button.addEventListener("click", () => useVersion(version));
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, String(version.version)),
    h("td", {}, date(version.publishedAt)),
    h("td", {}, h("code", { title: version.sha256 }, version.sha256.slice(0, 8))),
    h("td", {}, ...states.map((state) => h("span", { class: "tag" }, state))),
    h("td", { class: "number" }, button),
  );
}

/**
 * What each does, and the command.
 *
 * @param newest where it was rolled back from
 * @param earlier what can be gone back to
 */
function commandsOf(
  { name, version, wanted, fault, canary }: Card,
  newest: Version | undefined,
  earlier: Version | undefined,
): (readonly [string, string])[] {
  const named = `--name ${name}${here() ? "" : " --remote"}`;
  const commands: (readonly [string, string])[] = [];
  if (canary) {
    commands.push(["Serve the canary to all:", `npx unseen canary ${named} --promote`]);
    commands.push(["Give it up:", `npx unseen canary ${named} --abandon`]);
  }
  if (wanted !== undefined) {
    commands.push([`Stay with version ${version}:`, `npx unseen rollback ${named} --to ${version}`]);
  } else if (newest) {
    commands.push(["Serve the newest again:", `npx unseen rollback ${named} --to ${newest.version}`]);
  } else if (earlier && fault === undefined)
    commands.push([`Back to version ${earlier.version}:`, `npx unseen rollback ${named}`]);
  return commands;
}

function stateText(serving: number, newest: number, rolledBack: boolean): string {
  if (serving >= newest) return "The newest version serves.";
  const why = rolledBack ? "Rolled back" : "A canary was promoted";
  return `${why}: version ${serving} serves, version ${newest} is the newest.`;
}

/** Whether the service runs on this machine, where its KV is, too. */
function here(): boolean {
  return /^(localhost|127\..*|\[::1\])$/.test(location.hostname);
}

/** A command to run in a checkout of the project, with a button that copies it. */
function commandLine(command: string): HTMLElement {
  const button = h("button", { type: "button", "aria-label": `Copy ${command}` }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command);
      button.textContent = "Copied";
    } catch {
      // the browser may forbid it
      button.textContent = "Not copied";
    }
    byId("live").textContent = `${button.textContent}.`;
  });
  return h("div", { class: "line command" }, h("pre", {}, command), button);
}
