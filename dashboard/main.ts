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
  if (!batch.done) return;
  void refresh();
  if (location.hash === "#drift") void loadDrift();
});
const scoreView = new ScoreView(thread);

/** A model's version, as the thread has opened it. */
interface Chosen {
  readonly card: Card;
  readonly version: Version;
  readonly opened: Opened;
}

/** What scores on this page. */
let using: Chosen | undefined;
/** How often a model was asked for; what comes of all but the last is dropped. */
let asked = 0;

function showView(): void {
  const wanted = VIEWS.find((view) => location.hash === `#${view}`) ?? "score";
  for (const view of VIEWS) {
    byId(`view-${view}`).hidden = view !== wanted;
    const link = document.querySelector(`nav a[href="#${view}"]`);
    if (view === wanted) link?.setAttribute("aria-current", "page");
    else link?.removeAttribute("aria-current");
  }
  titleOf();
  // Why there is no model stays told.
  if (!using) return;
  byId("notice").hidden = true;
  if (wanted === "drift") void loadDrift();
  if (wanted === "model") void guarded(loadCard);
  else void refresh();
}

function titleOf(): void {
  const view = document.querySelector("nav a[aria-current]")?.textContent ?? "";
  document.title = [view, ...(using ? [using.card.name] : []), "unseen"].join(" · ");
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
    // A key entered again leaves the model, its version and the rows, and asks again for what the view needs.
    if (using && names.includes(using.card.name)) {
      select.value = using.card.name;
      return showView();
    }
    const first = await defaultModel();
    if (first !== undefined && names.includes(first)) select.value = first;
    await openModel(select.value);
  });
}

/** Scores with a model from now on, and with the version that serves unless another is wanted. */
async function openModel(name: string, wanted?: Version): Promise<void> {
  const mine = ++asked;
  let opening: Chosen;
  try {
    const card = await modelCard(name);
    if (mine !== asked) return;
    const version = wanted ?? card;
    const bytes = await weights(name, version.sha256);
    if (mine !== asked) return;
    // The thread opens one after another: from here on what it has opened is what the page shows.
    const opened = await thread.call("open", bytes);
    using = opening = { card, version, opened };
  } catch (cause) {
    if (mine === asked) throw cause;
    return;
  } finally {
    if (mine === asked && using) byId<HTMLSelectElement>("models").value = using.card.name;
  }
  byId("drift-report").replaceChildren(); // that was of the model before
  renderCard(opening);
  titleOf();
  await scoreView.use({ name, version: opening.version.version, opened: opening.opened });
  if (location.hash === "#drift") await loadDrift();
}

function renderCard({ card: of, version, opened }: Chosen): void {
  const label = byId("version");
  label.hidden = false;
  label.textContent = `v${version.version}${version.sha256 === of.sha256 ? "" : ", not serving"}${of.wanted === undefined ? "" : `, v${of.wanted} wanted`}`;
  label.classList.toggle("warn", of.fault !== undefined);
  showCard(of, opened, version, (other) => void guarded(() => openModel(of.name, other)));
}

/** The card as it is now: another version may have been published, or rolled back to. */
async function loadCard(): Promise<void> {
  if (!using) return;
  const { name } = using.card;
  const card = await modelCard(name);
  if (using.card.name !== name || JSON.stringify(card) === JSON.stringify(using.card)) return;
  using = { ...using, card };
  renderCard(using);
}

/** The same unasked, which is not told where it fails: whether the version that scores here still serves. */
const refresh = (): Promise<void> => loadCard().catch(() => undefined);

async function loadDrift(): Promise<void> {
  const of = using;
  if (!of) return;
  await guarded(async () => {
    const [live, here] = await Promise.all([liveDrift(of.card.name), ofPage()]);
    if (of.opened === using?.opened) showDrift(live, here);
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
// by hand, for a hash names a view
document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
addEventListener("hashchange", () => {
  showView();
  byId("main").focus({ preventScroll: true });
  scrollTo(0, 0);
  scoreView.restyle();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void refresh();
});
startTheme(() => scoreView.restyle());
showView();
void connect();
