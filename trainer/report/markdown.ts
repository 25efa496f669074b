/** A report as Markdown: text and tables; plots, and sections of nothing else, are in the HTML page. */
import type { Cell, Report, Table } from "./section.ts";

export function toMarkdown({ title, intro, sections }: Report): string {
  const parts = [`# ${escape(title)}`, ...intro.map(escape)];
  for (const section of sections) {
    const blocks = section.blocks.flatMap((block) => {
      if (block.kind === "text") return [escape(block.text)];
      return block.kind === "table" ? [tableText(block)] : [];
    });
    if (blocks.length > 0) parts.push(`${"#".repeat(section.level + 1)} ${escape(section.title)}`, ...blocks);
  }
  return `${parts.join("\n\n")}\n`;
}

function tableText({ caption, head, rows, focus }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const body = rows.map((row) => {
    const cells = row.map(wordsOf).map(escape);
    return line(wordsOf(row[0]) === focus ? cells.map((cell) => `**${cell}**`) : cells);
  });
  return [
    `${escape(caption)}:`,
    "",
    line(head.map(escape)),
    line(head.map((_, i) => (i === 0 ? "---" : "--:"))),
    ...body,
  ].join("\n");
}

export function wordsOf(cell: string | Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

/** Names come from files: nothing in them is markup. */
function escape(words: string): string {
  return words.replace(/[\\`*_[\]<>|]/g, "\\$&").replace(/\s+/g, " ");
}
