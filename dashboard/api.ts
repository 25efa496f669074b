/** What the page asks the service for: models, cards, weights, drift, and scores to compare with. */
import type { Drift } from "../model/drift.ts";
import type { Feature } from "../model/schema.ts";
import type { Canary, Version } from "../model/pointer.ts";
import type { Cell } from "../model/explain.ts";
import { storage } from "./storage.ts";

export interface Card extends Version {
  readonly name: string;
  readonly versions: readonly Version[];
  readonly features: readonly Feature[];
  /** Why an older version serves than is wanted, or may; and which one is, where that is known. */
  readonly fault?: string;
  readonly wanted?: number;
  readonly canary?: Canary;
}

/** An answer that is no success, as its problem document tells it. */
export class ServiceError extends Error {
  readonly status: number;
  readonly remedy: string;

  constructor(status: number, message: string, remedy: string) {
    super(message);
    this.status = status;
    this.remedy = remedy;
  }
}

const KEY = "unseen-key";
const session = storage("sessionStorage");

/** Keeps the key until the tab is closed; an empty one forgets it. */
export function keepKey(key: string): void {
  if (key === "") session.removeItem(KEY);
  else session.setItem(KEY, key);
}

/** Asks by GET, or posts a body. @throws ServiceError */
async function ask(path: string, body?: object): Promise<Response> {
  const key = session.getItem(KEY);
  if (key && /[^\t -~\x80-\xff]/.test(key))
    throw new ServiceError(403, "The key has letters that no request can carry.", "Enter it again.");
  const headers = {
    ...(key ? { authorization: `Bearer ${key}` } : {}),
    ...(body ? { "content-type": "application/json" } : {}),
  };
  let response: Response;
  try {
    response = await fetch(path, { headers, ...(body ? { method: "POST", body: JSON.stringify(body) } : {}) });
  } catch {
    throw new ServiceError(0, "The service cannot be reached.", "Check that it is running, then try again.");
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as { detail?: string; remedy?: string };
  const message = problem.detail ?? `The service answered ${response.status}.`;
  throw new ServiceError(response.status, message, problem.remedy ?? "Try again in a little while.");
}

/** Where an answer began well and is cut off, or is something else. */
function unread(): never {
  throw new ServiceError(0, "The answer of the service cannot be read.", "Try again in a little while.");
}

const json = async <Answer>(path: string, body?: object): Promise<Answer> =>
  (await (await ask(path, body)).json().catch(unread)) as Answer;

export async function modelNames(): Promise<string[]> {
  const { models } = await json<{ models: { name: string }[] }>("/v1/models");
  return models.map(({ name }) => name);
}

/** The model that serves where none is named, as the service's readiness tells it. */
export async function defaultModel(): Promise<string | undefined> {
  const { model } = await json<{ model?: string }>("/v2/health/ready").catch(() => ({ model: undefined }));
  return model?.replace(/@\d+$/, "");
}

export const modelCard = (name: string): Promise<Card> => json(`/v1/models/${name}`);

/** The artefact of a version, checked against its hash, for which browsers want a secure context. */
export async function weights(name: string, sha256: string): Promise<ArrayBuffer> {
  if (!globalThis.isSecureContext)
    throw new ServiceError(
      0,
      "A page by plain HTTP cannot check a model.",
      "Open it by HTTPS, or on the machine itself.",
    );
  const bytes = await (await ask(`/v1/models/${name}/weights/${sha256}`)).arrayBuffer().catch(unread);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex === sha256) return bytes;
  throw new ServiceError(0, "The weights are not what their hash says.", "Load the page again.");
}

/** Scores by the service itself, with the same version. */
export async function serverScores(
  name: string,
  version: number,
  instances: readonly Record<string, Cell>[],
): Promise<number[]> {
  const { predictions } = await json<{ predictions: { score: number }[] }>(
    `/v1/models/${name}/versions/${version}/score`,
    { instances },
  );
  return predictions.map(({ score }) => score);
}

/** Tells the service what a row turned out to be. @returns whether it did not know yet */
export async function giveFeedback(
  name: string,
  labelled: { readonly instance: Record<string, Cell>; readonly label: "normal" | "anomaly"; readonly family?: string },
): Promise<boolean> {
  const { stored } = await json<{ stored: number }>(`/v1/models/${name}/feedback`, { feedback: [labelled] });
  return stored > 0;
}

/** Drift of the rows that the service scored of late. */
export interface LiveDrift extends Drift {
  readonly model: { readonly version: number };
  readonly hours: number;
}

/** The drift report, or why there is none; what a key mends is thrown. @throws ServiceError */
export async function liveDrift(name: string): Promise<LiveDrift | ServiceError> {
  try {
    return await json<LiveDrift>(`/v1/models/${name}/drift`);
  } catch (cause) {
    if (cause instanceof ServiceError && cause.status !== 401 && cause.status !== 403) return cause;
    throw cause;
  }
}
