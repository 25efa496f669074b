/** Labelled rows from callers, in D1: one a model and row, so that giving it twice, or correcting it, leaves one. */
import type { D1Database } from "@cloudflare/workers-types";

export interface Feedback {
  /** SHA-256, in hex, of the row's named values. */
  readonly id: string;
  readonly label: "normal" | "anomaly";
  /** Of an anomaly, where it is known; else empty. */
  readonly family: string;
  /** Named values, as JSON. */
  readonly instance: string;
  /** The version that was current. */
  readonly version: number;
}

export interface StoredFeedback extends Feedback {
  /** When it was given, in milliseconds since 1970. */
  readonly given: number;
}

const TABLE = `CREATE TABLE IF NOT EXISTS feedback (
  model TEXT NOT NULL, id TEXT NOT NULL, label TEXT NOT NULL, family TEXT NOT NULL, instance TEXT NOT NULL,
  version INTEGER NOT NULL, given INTEGER NOT NULL, PRIMARY KEY (model, id)) WITHOUT ROWID`;

const PUT = `INSERT INTO feedback (model, id, label, family, instance, version, given) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
  ON CONFLICT (model, id) DO UPDATE SET label = ?3, family = ?4, version = ?6, given = ?7
  WHERE label <> ?3 OR family <> ?4`;

/** Rows of a model that are stored besides those with these ids. */
export async function countFeedback(db: D1Database, model: string, ids: readonly string[]): Promise<number> {
  await db.prepare(TABLE).run();
  const query = `SELECT count(*) AS rows FROM feedback
    WHERE model = ? AND id NOT IN (SELECT value FROM json_each(?))`;
  const found = await db.prepare(query).bind(model, JSON.stringify(ids)).first("rows");
  return Number(found ?? 0);
}

/**
 * Stores rows, all or none. A row that is there with the same label stays as it is.
 *
 * @returns how many were new or got another label
 */
export async function putFeedback(
  db: D1Database,
  model: string,
  rows: readonly Feedback[],
  now: number,
): Promise<number> {
  const put = db.prepare(PUT);
  const results = await db.batch(
    rows.map(({ id, label, family, instance, version }) => put.bind(model, id, label, family, instance, version, now)),
  );
  return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}

/** Rows in the order of their ids, and whether there are more behind them. */
export interface FeedbackPage {
  readonly rows: readonly StoredFeedback[];
  readonly more: boolean;
}

const LIST = `SELECT id, label, family, instance, version, given FROM (
    SELECT *, row_number() OVER (ORDER BY id) AS place, sum(octet_length(instance)) OVER (ORDER BY id) AS bytes FROM (
      SELECT * FROM feedback WHERE model = ?1 AND id > ?2 ORDER BY id LIMIT ?3))
  WHERE place = 1 OR bytes <= ?4 ORDER BY id`;

/** Rows of a model behind the id `after`: at most so many, and of no more bytes in all, but one. */
export async function listFeedback(
  db: D1Database,
  model: string,
  after: string,
  { rows: most, bytes }: { readonly rows: number; readonly bytes: number },
): Promise<FeedbackPage> {
  await db.prepare(TABLE).run();
  const { results: rows } = await db.prepare(LIST).bind(model, after, most, bytes).all<StoredFeedback>();
  const last = rows.at(-1)?.id;
  const behind = "SELECT 1 FROM feedback WHERE model = ? AND id > ? LIMIT 1";
  const more = last !== undefined && (await db.prepare(behind).bind(model, last).first()) !== null;
  return { rows, more };
}
