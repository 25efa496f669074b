/** A study's page: its finding, its table and its plot as Markdown, with the command that made it. */
import { toMarkdown } from "../report/markdown.ts";
import { text } from "../report/section.ts";
import type { Page, Study } from "./study.ts";

export interface PageOrigin {
  readonly command: string;
  /** ISO 8601. */
  readonly date: string;
  /** Remarks on what was left out. */
  readonly notes: readonly string[];
}

/** @returns what goes into study-NAME.md, which shows study-NAME.svg beside it */
export function pageText(study: Study, { finding, caption, head, rows, svg }: Page, origin: PageOrigin): string {
  const report = toMarkdown({
    title: study.title,
    intro: [study.question],
    sections: [
      { title: "Finding", level: 1, blocks: [text(finding.join(" "))] },
      {
        title: "Figures",
        level: 1,
        blocks: [
          { kind: "table", caption, head, rows },
          { kind: "plot", caption, svg },
          ...origin.notes.map((note) => text(`Note: ${note}`)),
        ],
      },
    ],
  });
  const image = `![${study.title}](study-${study.name}.svg)`;
  const made = `Made on ${origin.date} by this command; the same one goes on with, or repeats, what its results file lacks.`;
  return `${report}\n${image}\n\n## Where it comes from\n\n${made}\n\n\`\`\`sh\n${origin.command}\n\`\`\`\n`;
}
