/** The isolate's reader of rows: one for all models, since a call is over before the next begins. */
import module from "../build/rows.wasm";
import { RowReader } from "../model/row-reader.ts";

export const rowReader = new RowReader(module);
