/** A report as one HTML page that needs nothing else: no script, no network, light or dark as the reader has it. */
import { wordsOf } from "./markdown.ts";
import type { Plot, Report, Section, Table, Text } from "./section.ts";

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #ffffff; --faint: #d8d8d8; --soft: #f4f4f4; --link: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --paper: #16181c; --faint: #3a3d44; --soft: #20232a; --link: #8ab8f0; }
}
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
a { color: var(--link); }
nav ul { columns: 16rem; padding-left: 1.2rem; margin: 0; }
nav li.part { margin-left: 1rem; list-style: none; font-size: 0.92em; }
h1, h2, h3 { line-height: 1.2; margin: 2.2rem 0 0.6rem; }
h2 { border-bottom: 1px solid var(--faint); padding-bottom: 0.3rem; }
figure { margin: 1rem 0; overflow-x: auto; }
figcaption, caption { text-align: left; font-size: 0.9em; opacity: 0.85; padding-bottom: 0.4rem; }
svg { --plot-background: var(--paper); max-width: none; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 0.15rem 0.55rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--faint); }
th[scope="row"], thead th:first-child { text-align: left; }
th[scope="row"] { font-weight: normal; }
tr.focus > * { font-weight: 600; background: var(--soft); }
.won, .lost { font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; font-size: 13px; margin: 0 0 0.4rem; padding: 0; list-style: none; }
.legend i { display: inline-block; width: 0.8rem; height: 0.8rem; border-radius: 2px; margin-right: 0.35rem; vertical-align: -0.08rem; }
`;

export function toHtml({ title, intro, sections }: Report): string {
  const ids = sections.map((_, i) => `section-${i + 1}`);
  const entries = sections.map(
    (section, i) =>
      `<li${section.level > 1 ? ' class="part"' : ""}><a href="#${ids[i]}">${escape(section.title)}</a></li>`,
  );
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escape(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escape(title)}</h1>`,
    ...intro.map((words) => `<p>${escape(words)}</p>`),
    `<nav aria-label="Contents"><ul>${entries.join("")}</ul></nav>`,
    ...sections.map((section, i) => sectionHtml(section, ids[i])),
    "</body></html>\n",
  ].join("\n");
}

function sectionHtml({ title, level, blocks }: Section, id: string): string {
  const heading = `h${level + 1}`;
  return `<section id="${id}"><${heading}>${escape(title)}</${heading}>\n${blocks.map(blockHtml).join("\n")}\n</section>`;
}

function blockHtml(block: Table | Plot | Text): string {
  if (block.kind === "text") return `<p>${escape(block.text)}</p>`;
  if (block.kind === "table") return tableHtml(block);
  const entries = (block.legend ?? []).map(
    ({ label, colour }) => `<li><i style="background:${escape(colour)}"></i>${escape(label)}</li>`,
  );
  const legend = entries.length > 0 ? `<ul class="legend">${entries.join("")}</ul>` : "";
  return `<figure><figcaption>${escape(block.caption)}</figcaption>${legend}${block.svg}</figure>`;
}

function tableHtml({ caption, head, rows, focus }: Table): string {
  const heads = head.map((words) => `<th scope="col">${escape(words)}</th>`).join("");
  const body = rows.map((row) => {
    const [first, ...rest] = row;
    const cells = rest.map((cell) => {
      const colour = typeof cell === "string" ? undefined : cell.colour;
      return `<td${colour ? ` style="color:${escape(colour)}"` : ""}>${escape(wordsOf(cell))}</td>`;
    });
    const name = wordsOf(first);
    return `<tr${name === focus ? ' class="focus"' : ""}><th scope="row">${escape(name)}</th>${cells.join("")}</tr>`;
  });
  return `<figure><table><caption>${escape(caption)}</caption><thead><tr>${heads}</tr></thead><tbody>${body.join("\n")}</tbody></table></figure>`;
}

/** Names come from files: nothing in them is markup. */
export function escape(words: string): string {
  return words.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
