/** `unseen report`: a results file as Markdown tables and one HTML page with plots. */
import { join } from "node:path";
import { UnseenError } from "../../model/errors.ts";
import { readResults } from "../benchmark/results.ts";
import { didYouMean } from "../nearest.ts";
import { METHODS } from "../peers/registry.ts";
import { episodeSections, readEpisodes } from "../report/episodes.ts";
import { toMarkdown } from "../report/markdown.ts";
import { toHtml } from "../report/page.ts";
import { reportOf } from "../report/report.ts";
import { makeFolder, writeWhole } from "../disk.ts";
import { type Command, jsonOption, printJson, required, text } from "./command.ts";

export const reportCommand: Command = {
  args: {
    results: { type: "positional", required: true, valueHint: "FILE", description: "what unseen benchmark wrote" },
    out: { type: "string", default: "report", valueHint: "DIR", description: "folder for report.md and report.html" },
    episodes: {
      type: "string",
      valueHint: "FILE",
      description: "episode log of unseen train --method paper --log: histograms before, after inner, after outer",
    },
    focus: {
      type: "string",
      valueHint: "METHOD",
      description: "method to compare with the others (ours, else the best)",
    },
    ...jsonOption,
  },
  examples: ["unseen report results.jsonl", "unseen report results.jsonl --out report --focus knn"],
  async run(options) {
    const file = required(options, "results");
    const { lines } = readResults(file);
    if (lines.length === 0) {
      const remedy = "Make it with `unseen benchmark --out FILE`.";
      throw new UnseenError("data-empty", `${file} holds no result, or is not there.`, remedy, { file });
    }
    const focus = text(options, "focus");
    const measured = new Set(lines.map(({ method }) => method));
    if (focus !== undefined && !measured.has(focus)) {
      throw new UnseenError("option-invalid", `${file} has no method "${focus}".`, didYouMean(focus, measured));
    }
    const log = text(options, "episodes");
    const benchmark = reportOf(lines, METHODS, focus);
    const episodes = log === undefined ? [] : episodeSections(readEpisodes(log));
    const report = { ...benchmark, sections: [...benchmark.sections, ...episodes] };
    const folder = text(options, "out") ?? "report";
    makeFolder(folder);
    const [markdown, html] = [join(folder, "report.md"), join(folder, "report.html")];
    writeWhole(markdown, toMarkdown(report));
    writeWhole(html, toHtml(report));
    const sections = report.sections.length;
    if (options.json === true) return printJson({ html, markdown, sections, lines: lines.length });
    console.log(`${html} and report.md: ${sections} sections from ${lines.length} lines`);
  },
};
