/** `unseen study`: one question about the method, measured, and answered in a page with a plot. */
import { dirname, join } from "node:path";
import { UnseenError } from "../../model/errors.ts";
import { SPLITS } from "../benchmark/cell.ts";
import { methodNamed } from "../peers/registry.ts";
import { pageText } from "../study/page.ts";
import { STUDIES, studyNamed } from "../study/registry.ts";
import { runStudy } from "../study/run.ts";
import { makeFolder, writeWhole } from "../disk.ts";
import { type Command, choice, jsonOption, names, type Options, printJson, required, text, whole } from "./command.ts";
import { interruptSignal, withProgress } from "./progress.ts";
import { noteLine } from "./table.ts";

/** Labels per seen family that the study of them tries, and that the others use. */
const SHOTS = { shots: "0,1,5,10,25,50,100", others: "100" } as const;
/** Normal training rows in all that the study of domains takes at the most. */
const ROWS = 4000;

export const studyCommand: Command = {
  args: {
    study: {
      type: "positional",
      required: true,
      valueHint: "NAME",
      description: STUDIES.map(({ name, title }) => `${name}: ${title.toLowerCase()}`).join("; "),
    },
    data: { type: "string", required: true, valueHint: "DIR,DIR", description: "data folders; see docs/data.md" },
    out: { type: "string", default: "docs", valueHint: "DIR", description: "folder for study-NAME.md and .svg" },
    results: {
      type: "string",
      valueHint: "FILE",
      description: "results file to write or go on with (runs/study-NAME.jsonl)",
    },
    methods: { type: "string", default: "unseen", valueHint: "a,b", description: "methods, as for unseen benchmark" },
    families: { type: "string", valueHint: "a,b", description: "families to hold out (8 by the benchmark's rule)" },
    seeds: { type: "string", default: "2", description: "seeds 1 to this" },
    shots: {
      type: "string",
      valueHint: "K,K",
      description: `labels per seen family (${SHOTS.others}; for shots: ${SHOTS.shots})`,
    },
    split: { type: "string", default: "random", description: "how normal rows are split: random, blocks" },
    rows: { type: "string", description: `domains: most normal training rows in all (${ROWS})` },
    map: { type: "string", valueHint: "a=b,c=d", description: "transfer: more columns that mean the same" },
    workers: { type: "string", default: "1", description: "worker processes" },
    ...jsonOption,
  },
  examples: [
    "unseen study shots --data data/mscad,data/ciciot2023 --methods unseen,shallow-trees,mahalanobis",
    "unseen study domains --data data/skab --split blocks --out docs",
    "unseen study calibration --data data/ciciot2023",
    "unseen study transfer --data data/cicids2017,data/mscad --methods unseen,mahalanobis",
  ],
  async run(options) {
    const study = studyNamed(required(options, "study"));
    const out = text(options, "out") ?? "docs";
    const quiet = options.json === true;
    const file = text(options, "results") ?? join("runs", `study-${study.name}.jsonl`);
    const request = {
      folders: [...new Set(names(options, "data"))],
      methods: [...new Set(names(options, "methods"))].map(methodNamed),
      seeds: whole(options, "seeds", 1, 1000) ?? 2,
      shots: shotsOf(options, study.name),
      split: choice(options, "split", [SPLITS[0], SPLITS[1]]),
      families: names(options, "families"),
      rows: rowsOf(options, study.name),
      map: mapOf(options, study.name),
      file,
      workers: whole(options, "workers", 1, 256) ?? 1,
    };
    for (const folder of [out, dirname(file)]) makeFolder(folder);
    const { signal, dispose } = interruptSignal("now; what was measured is kept");
    try {
      const result = await withProgress(`study ${study.name}`, quiet, (report) =>
        runStudy(study, request, report, signal),
      );
      const { entries, failed, notes } = result;
      if (failed.length > 0) process.exitCode = 1;
      for (const failure of failed) console.error(`failed: ${failure}`);
      const measured = entries.filter(({ results }) => results.length > 0);
      if (measured.length === 0) {
        const why = [...notes, ...failed].join(" ");
        throw new UnseenError("data-too-small", `There is nothing to report. ${why}`, "Name other data sets.");
      }
      const page = study.page(measured);
      const origin = { command: commandLine(options), date: new Date().toISOString().slice(0, 10), notes };
      writeWhole(join(out, `study-${study.name}.md`), pageText(study, page, origin));
      writeWhole(join(out, `study-${study.name}.svg`), page.svg);
      if (quiet) return printJson({ ...result, finding: page.finding });
      for (const note of notes) console.log(noteLine(note));
      console.log(`${page.finding.join("\n")}\n${join(out, `study-${study.name}.md`)} and .svg`);
    } finally {
      dispose();
    }
  },
};

function shotsOf(options: Options, study: string): number[] {
  const given = { shots: text(options, "shots") ?? (study === "shots" ? SHOTS.shots : SHOTS.others) };
  const shots = names(given, "shots").map((part) => whole({ shots: part }, "shots", 0, 1_000_000) ?? 0);
  if (study !== "shots" && shots.length > 1) {
    throw new UnseenError("option-invalid", `--shots is ${given.shots}.`, "Only the study of shots takes several.");
  }
  return [...new Set(shots)].sort((a, b) => a - b);
}

function rowsOf(options: Options, study: string): number {
  const rows = whole(options, "rows", 10, 1_000_000);
  if (study !== "domains" && rows !== undefined) {
    throw new UnseenError("option-invalid", "--rows is for the study of domains.", "Leave it out.");
  }
  return rows ?? ROWS;
}

function mapOf(options: Options, study: string): Map<string, string> {
  const pairs = names(options, "map");
  if (study !== "transfer" && pairs.length > 0) {
    throw new UnseenError("option-invalid", "--map is for the study of transfer.", "Leave it out.");
  }
  return new Map(
    pairs.map((pair): [string, string] => {
      const [a, b, ...more] = pair.split("=");
      if (a && b && more.length === 0) return [a, b];
      throw new UnseenError("option-invalid", `--map has "${pair}".`, "Write column=column of the other data set.");
    }),
  );
}

/** The command as one would type it again, without what is told by default. */
function commandLine(options: Options): string {
  const told = Object.entries(studyCommand.args).flatMap(([name, arg]) => {
    const value = options[name];
    if (arg.type === "positional" || value === undefined || value === false || name === "json") return [];
    if ("default" in arg && arg.default === value) return [];
    return [`--${name} ${quoted(String(value))}`];
  });
  return ["npx unseen study", String(options.study), ...told].join(" ");
}

function quoted(value: string): string {
  return /^[\w./,:=@%+-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
