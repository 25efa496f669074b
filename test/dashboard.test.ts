/** The dashboard in a real browser against real workerd: what a user sees, by mouse, keys and screen reader. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe } from "vitest";
import { launchBrowser } from "./browser.ts";
import { access } from "./dashboard/access.ts";
import { mishaps } from "./dashboard/mishaps.ts";
import { models } from "./dashboard/models.ts";
import { replacing } from "./dashboard/replacing.ts";
import { manyRows, scoring } from "./dashboard/scoring.ts";
import { type Session, startSession } from "./dashboard/session.ts";
import { switching } from "./dashboard/switching.ts";
import { uses } from "./dashboard/uses.ts";

const found = await launchBrowser();
const missing = typeof found === "string" ? found : undefined;

// One service and one browser for all, which take long to start.
describe.skipIf(missing !== undefined)(`dashboard${missing ? `: ${missing}` : ""}`, { timeout: 120_000 }, () => {
  let started: Session | undefined;
  const session = (): Session => {
    if (started) return started;
    throw new Error("the session has not started");
  };
  beforeAll(async () => {
    started = await startSession(found as Browser);
  }, 120_000);
  afterAll(async () => {
    await started?.stop();
  });

  scoring(session);
  models(session);
  switching(session);
  replacing(session);
  mishaps(session);
  uses(session);
  manyRows(session);
  access(session);
});
