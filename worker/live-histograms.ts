/** Live histograms of a model's version: a Durable Object that adds up what all isolates counted, hour by hour. */
import { DurableObject } from "cloudflare:workers";
import type { Bindings } from "./bindings.ts";

const HOUR_MS = 3_600_000;
/** Hours kept: a week. */
export const KEPT_HOURS = 168;

/** One instance a model and version, named by both; 168 rows of a few kilobytes at the most. */
export class LiveHistograms extends DurableObject<Bindings> {
  constructor(...[state, env]: ConstructorParameters<typeof DurableObject<Bindings>>) {
    super(state, env);
    state.storage.sql.exec("CREATE TABLE IF NOT EXISTS hours (hour INTEGER PRIMARY KEY, counts BLOB NOT NULL)");
  }

  /** Adds counts, one a bin, to those of this hour. */
  add(counts: Uint32Array): void {
    const { sql } = this.ctx.storage;
    const hour = Math.floor(Date.now() / HOUR_MS);
    const [before] = sql.exec<{ counts: ArrayBuffer }>("SELECT counts FROM hours WHERE hour = ?", hour).toArray();
    const sum = counts.slice();
    if (before?.counts.byteLength === sum.byteLength) {
      for (const [i, count] of new Uint32Array(before.counts).entries()) sum[i] += count;
    }
    sql.exec("INSERT OR REPLACE INTO hours (hour, counts) VALUES (?, ?)", hour, sum.buffer);
    sql.exec("DELETE FROM hours WHERE hour <= ?", hour - KEPT_HOURS);
  }

  /** Counts of the last hours, this one included; undefined where nothing was counted. */
  read(hours: number): Float64Array | undefined {
    const from = Math.floor(Date.now() / HOUR_MS) - hours;
    const query = "SELECT counts FROM hours WHERE hour > ?";
    let sum: Float64Array | undefined;
    for (const { counts } of this.ctx.storage.sql.exec<{ counts: ArrayBuffer }>(query, from)) {
      const bins = new Uint32Array(counts);
      sum ??= new Float64Array(bins.length);
      for (let i = 0; i < sum.length; i++) sum[i] += bins[i];
    }
    return sum;
  }
}
