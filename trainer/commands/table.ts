/** Plain tables: columns aligned, numbers to the right. */

/** @param rows cells; numbers are shown with three decimals unless whole */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows.map((row) => row.map(show))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const right = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (right[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join("  ")
      .trimEnd();
  return [line(cells[0]), widths.map((width) => "─".repeat(width)).join("  "), ...cells.slice(1).map(line)].join("\n");
}

/** A text with its control characters escaped, as JSON does: names are a file's, and a terminal obeys some of them. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A remark as commands print it. */
export function noteLine(note: string): string {
  return printable(`note: ${note}`);
}

function show(cell: string | number): string {
  if (typeof cell === "string") return printable(cell);
  return Number.isInteger(cell) ? String(cell) : cell.toFixed(3);
}
