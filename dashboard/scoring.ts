/** The scoring thread: the same kernel and model code as the edge, on rows that never leave the browser. */
import { cellValue, csvField, namesBeside, SCORE_COLUMNS, scoreCells } from "../model/cells.ts";
import { drift } from "../model/drift.ts";
import { messageOf, UnseenError } from "../model/errors.ts";
import { type Cell, explain } from "../model/explain.ts";
import { noScore } from "../model/overflow.ts";
import { Counter, referenceOf } from "../model/reference.ts";
import { Scorer } from "../model/scorer.ts";
import { type Columns, mapColumns } from "./columns.ts";
import { CsvTable } from "./csv.ts";
import { SUPERSEDED } from "./messages.ts";
import type { Answer, Ask, Batch, Calls, Fault, FlaggedRow } from "./messages.ts";

/** How long a stretch of rows is scored before others get their turn, ms. */
const TURN_MS = 24;
/** Rows read and scored at a time. */
const ROWS = 64;
/** Faults of a stretch told by name. */
const TOLD = 5;

/** Largest file, bytes: a browser's texts end at some 500 million letters. */
const LONGEST = 400 * 2 ** 20;

interface Sheet {
  readonly table: CsvTable;
  readonly columns: Columns;
  /** Score of each row so far; NaN where it could not be read. */
  readonly scores: Float32Array;
  /** Rows so far, counted into the bins of the model's reference, where it has one. */
  readonly counter: Counter | undefined;
  readonly counts: Float64Array;
}

const kernel = WebAssembly.compileStreaming(fetch("score.wasm"));
let module: WebAssembly.Module | undefined;
let scorer: Scorer | undefined;
let sheet: Sheet | undefined;
let run = 0;
let loads = 0;

const calls: Calls = {
  open(bytes) {
    if (!module) throw new TypeError("the kernel is not compiled yet");
    scorer = Scorer.open(new Uint8Array(bytes), module);
    // Only now the model of before gives way, and its rows.
    run++;
    sheet = undefined;
    const { network, schema, temperature, epsilon, thresholds, training, evaluation } = scorer.artefact;
    const optional = evaluation && { evaluation };
    return { network, schema, temperature, epsilon, thresholds, training, ...optional };
  },
  sample() {
    const { schema, golden, evaluation } = opened().artefact;
    const names = schema.features.map(({ name }) => name);
    const examples = evaluation?.examples;
    const lines = examples
      ? [["true_family", ...names], ...examples.rows.map((row, i) => [examples.families[i], ...row])]
      : [names, ...golden.rows];
    return lines.map((line) => line.map((cell) => csvField(String(cell ?? ""))).join(",")).join("\n");
  },
  async load(source, fill) {
    const asked = ++loads;
    const text = typeof source === "string" ? source : await textOf(source);
    if (asked !== loads) throw new UnseenError(SUPERSEDED, "Other rows came meanwhile.", "Nothing is to be done.");
    const { schema, reference } = opened().artefact;
    const table = new CsvTable(text);
    const columns = mapColumns(table.names, schema, fill);
    // Only now the rows of before give way.
    const counter = reference && new Counter(schema, reference);
    const counts = new Float64Array(counter?.bins ?? 0);
    sheet = { table, columns, scores: new Float32Array(table.count).fill(Number.NaN), counter, counts };
    const mine = ++run;
    setTimeout(() => void scoreAll(mine));
    return { rows: table.count, columns, run: mine };
  },
  flagged(of, rows, beside) {
    const { table, scores } = loaded(of);
    const at = beside.map((name) => table.names.indexOf(name));
    return rows.map((row): FlaggedRow => {
      const cells = table.cells(row);
      const { features } = explain(opened(), [valuesOf(of, row)]).at(0) ?? { features: [] };
      const [raising] = features.toSorted((a, b) => b.contribution - a.contribution);
      const reason = raising && raising.contribution > 0 ? raising.name : "";
      return { row, score: scores[row], beside: at.map((i) => cells[i] ?? ""), reason };
    });
  },
  explain: (of, row) => explain(opened(), [valuesOf(of, row)])[0],
  drift() {
    const { artefact } = opened();
    const reference = referenceOf(artefact);
    return sheet && drift(artefact.schema, reference, sheet.counts);
  },
  save(of, threshold) {
    const { table, scores } = loaded(of);
    const { delimiter } = table;
    const header = [...namesBeside(SCORE_COLUMNS, table.names), ...SCORE_COLUMNS];
    const parts: string[] = [`${header.map(csvField).join(delimiter)}\n`];
    for (const [row, score] of scores.entries()) {
      const added = Number.isNaN(score) ? SCORE_COLUMNS.map(() => "") : scoreCells(score, threshold);
      parts.push(`${[table.record(row), ...added].join(delimiter)}\n`);
    }
    return new Blob(parts, { type: "text/csv" });
  },
  instances(of, rows) {
    const { features } = opened().artefact.schema;
    return rows.map((row) => {
      const values = valuesOf(of, row);
      return Object.fromEntries(features.map(({ name }, i) => [name, values[i]]));
    });
  },
};

/** How files begin that are no text. */
const OTHERS = [
  ["PAR1", "a Parquet file", "Score it with `unseen score`, or save it as CSV."],
  ["PK\u0003\u0004", "a workbook or a ZIP archive", "Save it as CSV, or unpack it."],
] as const;

/** A file's text, unpacked where it is gzip. @throws UnseenError data-unreadable */
async function textOf(file: Blob): Promise<string> {
  const head = file.slice(0, 4).arrayBuffer();
  const start = new Uint8Array(
    await head.catch(() => {
      const what = "It cannot be read: it is a folder, or has been changed or removed since it was given.";
      throw new UnseenError("data-unreadable", what, "Give a file, again where it has changed.");
    }),
  );
  for (const [begins, what, instead] of OTHERS) {
    if (String.fromCharCode(...start) === begins)
      throw new UnseenError("data-unreadable", `This is ${what}, not CSV.`, instead);
  }
  const packed = start[0] === 0x1f && start[1] === 0x8b;
  const remedy = "Score it with `unseen score`, or give a part of it.";
  const tooLong = (size: string): UnseenError =>
    new UnseenError("data-unreadable", `The file has ${size}, more than a page can hold.`, remedy);
  if (file.size > (packed ? LONGEST / 10 : LONGEST)) throw tooLong(`${Math.round(file.size / 2 ** 20)} MiB`);
  let length = 0;
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, controller) {
      length += part.length;
      if (length > LONGEST) controller.error();
      else controller.enqueue(part);
    },
  });
  const unpacked = packed ? file.stream().pipeThrough(new DecompressionStream("gzip")).pipeThrough(bounded) : file;
  const bytes = await new Response(unpacked).arrayBuffer().catch(() => {
    if (length > LONGEST) throw tooLong(`more than ${LONGEST / 2 ** 20} MiB unpacked`);
    throw new UnseenError("data-unreadable", "The file cannot be read to its end.", remedy);
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UnseenError("data-unreadable", "The file is not UTF-8.", "Convert the file to UTF-8.");
  }
}

function opened(): Scorer {
  if (scorer) return scorer;
  throw new UnseenError("data-not-found", "No model is open yet.", "Wait until it is loaded.");
}

/** The rows of a run. @throws UnseenError data-not-found without rows, interrupted where others are there by now */
function loaded(of: number): Sheet {
  if (!sheet) throw new UnseenError("data-not-found", "There are no rows.", "Give some first.");
  if (of === run) return sheet;
  throw new UnseenError(SUPERSEDED, "Other rows came meanwhile.", "Try again with those.");
}

/** Values of a row of a run in schema order. @throws UnseenError data-ragged, value-* naming row and column, both one-based */
function valuesOf(of: number, row: number): Cell[] {
  const { table, columns } = loaded(of);
  const cells = table.cells(row);
  if (cells.length !== table.names.length) {
    const lines = table.record(row).split("\n").length;
    const over = lines > 1 ? ` over ${lines} lines (is a quote left open?)` : "";
    const what = `row ${row + 1} has ${cells.length} cells${over}, the header has ${table.names.length}.`;
    throw new UnseenError("data-ragged", what, "Give each row a cell for every column.", { row: row + 1 });
  }
  const { features } = opened().artefact.schema;
  return features.map((feature, i) => cellValue(feature, cells[columns.places[i]] ?? null, row + 1));
}

/** Scores the sheet in stretches, letting calls pass between them; ends when another run has begun. */
async function scoreAll(mine: number): Promise<void> {
  if (mine !== run) return;
  const { table, scores, counter, counts } = loaded(mine);
  for (let first = 0; first < table.count && mine === run;) {
    const faults: string[] = [];
    let refused = 0;
    let end = first;
    for (const until = performance.now() + TURN_MS; end < table.count && performance.now() < until;) {
      const rows: Cell[][] = [];
      const at: number[] = [];
      const refuse = (cause: unknown): void => {
        if (refused++ < TOLD) faults.push(faultOf(cause).message);
      };
      for (const last = Math.min(table.count, end + ROWS); end < last; end++) {
        try {
          rows.push(valuesOf(mine, end));
          at.push(end);
        } catch (cause) {
          refuse(cause);
        }
      }
      for (const [i, score] of opened().scoreRows(rows).entries()) {
        if (Number.isNaN(score)) {
          refuse(noScore(at[i] + 1));
          continue;
        }
        scores[at[i]] = score;
        counter?.count(score, opened().encode(rows[i]), 0, counts);
      }
    }
    const batch: Batch = {
      run: mine,
      first,
      scores: scores.slice(first, end),
      faults,
      refused,
      done: end === table.count,
    };
    postMessage(batch, { transfer: [batch.scores.buffer] });
    first = end;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function faultOf(cause: unknown): Fault {
  if (cause instanceof UnseenError) return { code: cause.code, message: cause.message, remedy: cause.remedy };
  return { code: "internal", message: messageOf(cause), remedy: "Load the page again." };
}

addEventListener("message", async ({ data }: MessageEvent<Ask>) => {
  const { id, call, args } = data;
  let answer: Answer;
  try {
    module ??= await kernel;
    const value: unknown = await (calls[call] as (...given: readonly unknown[]) => unknown)(...args);
    answer = { id, value };
  } catch (cause) {
    answer = { id, fault: faultOf(cause) };
  }
  postMessage(answer);
});
