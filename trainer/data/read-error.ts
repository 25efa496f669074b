/** DuckDB's complaints about a file as errors of ours. */
import { messageOf, UnseenError } from "../../model/errors.ts";

/** The error for what DuckDB threw for a file. Its CSV messages name the one-based line, the header being line 1. */
export function readError(file: string, cause: unknown): UnseenError {
  const message = messageOf(cause);
  const line = Number(/CSV Error on Line: (\d+)/.exec(message)?.[1] ?? Number.NaN);
  const place = { file, ...(Number.isNaN(line) ? {} : { row: line - 1 }) };
  const fields = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (fields !== null) {
    return new UnseenError(
      "data-ragged",
      `${file}, line ${line}: ${fields[2]} fields where the header has ${fields[1]}.`,
      "Correct or remove the line; a field that holds the delimiter needs quotes around it.",
      place,
    );
  }
  const long = /Maximum line size of (\d+) bytes exceeded/.exec(message);
  if (long !== null) {
    return new UnseenError(
      "data-unreadable",
      `${file}, line ${line}: longer than ${long[1]} bytes.`,
      "Shorten or remove the line, or leave its long column out of the file.",
      place,
    );
  }
  if (/state machine reached an invalid state/.test(message)) {
    return new UnseenError(
      "data-unreadable",
      `${file} is not CSV throughout: some of its lines end otherwise than others (CR LF, LF or CR).`,
      "End all lines alike, as dos2unix does.",
      place,
    );
  }
  if (/unterminated quote/i.test(message)) {
    return new UnseenError(
      "data-ragged",
      `${file}, line ${line}: a quoted field is never closed.`,
      "Close the quote.",
      place,
    );
  }
  if (/unicode|utf-8/i.test(message)) {
    return new UnseenError("data-unreadable", `${file}, line ${line}: not UTF-8.`, "Convert the file to UTF-8.", place);
  }
  const first = message.split("\n", 1)[0] ?? message;
  return new UnseenError(
    "data-unreadable",
    `${file} cannot be read: ${first}`,
    "Check that it is a CSV, CSV.gz or Parquet file.",
    place,
  );
}
