/** The dashboard's start: key, model, views; everything else follows from these. */
import type { Drift } from "../model/drift.ts";
import type { Version } from "../model/pointer.ts";
import { type Card, defaultModel, keepKey, liveDrift, modelCard, modelNames, ServiceError, weights } from "./api.ts";
import { showCard } from "./card-view.ts";
import { showDrift } from "./drift-view.ts";
import { byId, h } from "./element.ts";
import type { Opened } from "./messages.ts";
import { ScoreView } from "./score-view.ts";
import { startTheme } from "./theme.ts";
import { FaultError, ScoringThread } from "./thread.ts";

const VIEWS = ["score", "model", "drift"] as const;

const thread = new ScoringThread((batch) => {
  scoreView.take(batch);
  if (batch.done && location.hash === "#drift") void loadDrift();
});
const scoreView = new ScoreView(thread);
let card: Card | undefined;
/** The version that scores on this page. */
let using: { readonly version: Version; readonly opened: Opened } | undefined;

function showView(): void {
  const wanted = VIEWS.find((view) => location.hash === `#${view}`) ?? "score";
  for (const view of VIEWS) {
    byId(`view-${view}`).hidden = view !== wanted;
    const link = document.querySelector(`nav a[href="#${view}"]`);
    if (view === wanted) link?.setAttribute("aria-current", "page");
    else link?.removeAttribute("aria-current");
  }
  titleOf();
  if (wanted === "drift") void loadDrift();
  if (wanted === "model") void guarded(loadCard);
}

function titleOf(): void {
  const view = document.querySelector("nav a[aria-current]")?.textContent ?? "";
  document.title = [view, ...(card ? [card.name] : []), "unseen"].join(" · ");
}

async function connect(): Promise<void> {
  await guarded(async () => {
    const names = await modelNames();
    byId("key").hidden = true;
    const select = byId<HTMLSelectElement>("models");
    select.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
    select.disabled = names.length === 0;
    if (names.length === 0) {
      throw new ServiceError(
        404,
        "No model is published yet.",
        "Publish one: npx unseen publish model.safetensors --name flows.",
      );
    }
    const first = await defaultModel();
    if (first !== undefined && names.includes(first)) select.value = first;
    await openModel(select.value);
  });
}

async function openModel(name: string): Promise<void> {
  card = await modelCard(name);
  await openVersion(card, card);
  titleOf();
  if (location.hash === "#drift") await loadDrift();
}

async function openVersion(of: Card, version: Version): Promise<void> {
  const bytes = await weights(of.name, version.sha256);
  const opened = await thread.call("open", bytes);
  using = { version, opened };
  renderCard(of);
  await scoreView.use({ name: of.name, version: version.version, opened });
}

function renderCard(of: Card): void {
  if (!using) return;
  const { version } = using;
  const label = byId("version");
  label.hidden = false;
  label.textContent = `v${version.version}${version.sha256 === of.sha256 ? "" : ", not serving"}${of.fault ? `, v${of.wanted} wanted` : ""}`;
  label.classList.toggle("warn", of.fault !== undefined);
  showCard(of, using.opened, using.version, (other) => void guarded(() => openVersion(of, other)));
}

/** The card as it is now: another version may have been published, or rolled back to. */
async function loadCard(): Promise<void> {
  if (!card || !using) return;
  card = await modelCard(card.name);
  renderCard(card);
}

async function loadDrift(): Promise<void> {
  const of = card;
  if (!of) return;
  await guarded(async () => {
    const [live, here] = await Promise.all([liveDrift(of.name), ofPage()]);
    showDrift(live, here);
  });
}

async function ofPage(): Promise<Drift | FaultError | undefined> {
  try {
    return await thread.call("drift");
  } catch (cause) {
    if (cause instanceof FaultError) return cause;
    throw cause;
  }
}

/** Tells what goes wrong at the top of the page; asks for a key where one is wanted. */
async function guarded(task: () => Promise<void>): Promise<void> {
  const notice = byId("notice");
  notice.hidden = true;
  try {
    await task();
  } catch (cause) {
    const { message, remedy = "" } = cause as Error & { remedy?: string };
    const keyWanted = cause instanceof ServiceError && (cause.status === 401 || cause.status === 403);
    byId("key").hidden = !keyWanted;
    if (keyWanted) byId("key-value").focus();
    if (keyWanted && cause.status === 401) return;
    notice.textContent = `${message} ${remedy}`;
    notice.hidden = false;
  }
}

byId("key").addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(byId<HTMLInputElement>("key-value").value.trim());
  void connect();
});
byId<HTMLSelectElement>("models").addEventListener(
  "change",
  ({ target }) => void guarded(() => openModel((target as HTMLSelectElement).value)),
);
addEventListener("hashchange", () => {
  showView();
  byId("main").focus({ preventScroll: true });
  scrollTo(0, 0);
  scoreView.restyle();
});
startTheme(() => scoreView.restyle());
showView();
void connect();
