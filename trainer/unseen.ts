/** The command line: finds the command, checks its options, prints faults with their remedy. */
import { type ArgsDef, defineCommand, parseArgs, renderUsage } from "citty";
import { messageOf, UnseenError } from "../model/errors.ts";
import type { Command } from "./commands/command.ts";
import { printable } from "./commands/table.ts";
import { didYouMean } from "./nearest.ts";

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Each is loaded once it is asked for: what others need takes a second to load. */
const commands: Readonly<Record<string, Entry>> = {
  start: {
    summary: "simulate, train, evaluate, publish locally, serve and score: the whole way in one command",
    load: async () => (await import("./commands/start.ts")).startCommand,
  },
  simulate: {
    summary: "write the synthetic flow data set, a file per normal domain and anomaly family",
    load: async () => (await import("./commands/simulate.ts")).simulateCommand,
  },
  train: {
    summary: "train a model on normal rows and a few labelled anomalies",
    load: async () => (await import("./commands/train.ts")).trainCommand,
  },
  evaluate: {
    summary: "measure a model on rows training has not seen, family by family",
    load: async () => (await import("./commands/evaluate.ts")).evaluateCommand,
  },
  benchmark: {
    summary: "measure methods on held-out families, a JSON line each; goes on where it stopped",
    load: async () => (await import("./commands/benchmark.ts")).benchmarkCommand,
  },
  report: {
    summary: "tables and plots of a benchmark's results, losses as visible as wins",
    load: async () => (await import("./commands/report.ts")).reportCommand,
  },
  study: {
    summary: "answer one question about the method: domains, shots, calibration or transfer",
    load: async () => (await import("./commands/study.ts")).studyCommand,
  },
  score: {
    summary: "score the rows of a CSV or Parquet file into a CSV file",
    load: async () => (await import("./commands/score.ts")).scoreCommand,
  },
  rows: {
    summary: "write the rows of a CSV or Parquet file as lines of JSON, as the Worker takes them",
    load: async () => (await import("./commands/rows.ts")).rowsCommand,
  },
  inspect: {
    summary: "show what a model file holds: features, network, thresholds, training",
    load: async () => (await import("./commands/inspect.ts")).inspectCommand,
  },
  export: {
    summary: "write a model as ONNX, preprocessing and thresholds included",
    load: async () => (await import("./commands/export.ts")).exportCommand,
  },
  quantize: {
    summary: "store a model's weights as int16, f16 or f32",
    load: async () => (await import("./commands/quantize.ts")).quantizeCommand,
  },
  threshold: {
    summary: "set false-positive thresholds anew on recent normal rows, without training",
    load: async () => (await import("./commands/threshold.ts")).thresholdCommand,
  },
  calibrate: {
    summary: "learn from labelled feedback in seconds: the head, its temperature and the thresholds",
    load: async () => (await import("./commands/calibrate.ts")).calibrateCommand,
  },
  drift: {
    summary: "tell how far recent rows are from those a model was trained on",
    load: async () => (await import("./commands/drift.ts")).driftCommand,
  },
  publish: {
    summary: "publish a model: weights first, pointer last",
    load: async () => (await import("./commands/publish.ts")).publishCommand,
  },
  canary: {
    summary: "show a model's versions; change a canary's share, promote it or give it up",
    load: async () => (await import("./commands/canary.ts")).canaryCommand,
  },
  rollback: {
    summary: "serve an earlier version of a model again",
    load: async () => (await import("./commands/rollback.ts")).rollbackCommand,
  },
  key: {
    summary: "make, list and revoke API keys: shown once, stored as SHA-256",
    load: async () => (await import("./commands/key.ts")).keyCommand,
  },
};

async function main([name, ...rest]: readonly string[]): Promise<void> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    console.log(overview());
    return;
  }
  if (!Object.hasOwn(commands, name)) {
    throw new UnseenError("option-invalid", `There is no command "${name}".`, didYouMean(name, Object.keys(commands)));
  }
  const { summary, load } = commands[name];
  const command = await load();
  if (rest.includes("--help") || rest.includes("-h")) {
    const usage = await renderUsage(
      defineCommand({ meta: { name: `unseen ${name}`, description: summary }, args: command.args }),
    );
    // As typed in a checkout, where there is no other `unseen`.
    const examples = command.examples.map((line) => `  ${line.replace(/\bunseen (?=[a-z])/, "npx unseen ")}`);
    console.log(`${usage}\nEXAMPLES\n\n${examples.join("\n")}\n`);
    return;
  }
  checkOptions(rest, command.args);
  await command.run(parse(rest, command.args));
}

/** citty's parser, its complaints as ours. */
function parse(rest: readonly string[], args: ArgsDef): ReturnType<typeof parseArgs> {
  try {
    return parseArgs([...rest], args);
  } catch (cause) {
    throw new UnseenError("option-invalid", messageOf(cause), "See --help.");
  }
}

/**
 * Refuses what citty would pass over: options the command does not have, options with a single dash, given twice, without
 * their value or with one they do not take (it takes `--remote=no` for yes), and arguments too many.
 */
function checkOptions(rest: readonly string[], args: ArgsDef): void {
  const options = Object.entries(args).filter(([, { type }]) => type !== "positional");
  const positionals = Object.keys(args).length - options.length;
  const known = new Map(options);
  const given = new Set<string>();
  let plain = 0;
  for (let i = 0; i < rest.length; i++) {
    if (!rest[i].startsWith("-") || rest[i] === "-") {
      if (++plain <= positionals) continue;
      throw new UnseenError("option-invalid", `"${rest[i]}" is one argument too many.`, "Options start with --.");
    }
    const [name, value] = rest[i].replace(/^--?/, "").split("=", 2);
    const option = known.get(name);
    if (option === undefined || !rest[i].startsWith("--")) {
      const remedy = didYouMean(
        `--${name}`,
        [...known.keys()].map((other) => `--${other}`),
      );
      throw new UnseenError("option-invalid", `There is no option "${rest[i].split("=", 1)[0]}".`, remedy);
    }
    if (given.has(name)) {
      const list = "valueHint" in option && option.valueHint?.includes(",");
      const remedy = list ? `Give its values separated by commas: --${name} ${option.valueHint}.` : "Give it once.";
      throw new UnseenError("option-invalid", `--${name} is given twice.`, remedy);
    }
    given.add(name);
    if (option.type === "boolean" && ![undefined, "true", "false"].includes(value)) {
      throw new UnseenError("option-invalid", `--${name} takes no value.`, "Give it alone, or leave it out.");
    }
    if (option.type === "boolean" || value !== undefined) continue;
    const next = rest[++i];
    if (next === undefined || (/^-./.test(next) && Number.isNaN(Number(next)))) {
      const remedy = next === undefined ? "See --help." : `For a value that starts with -, write --${name}=${next}.`;
      throw new UnseenError("option-invalid", `--${name} needs a value.`, remedy);
    }
  }
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    "unseen: anomaly scores at the edge, for attacks and faults nobody has labelled yet",
    "",
    "  npx unseen <command> [options]    npx unseen <command> --help for options and examples",
    "",
    ...lines,
  ].join("\n");
}

/** Prints a fault and gives its exit code: 2 for wrong options, 130 for Ctrl-C, 1 for all else. */
function fault(error: unknown): number {
  if (process.env.UNSEEN_DEBUG) console.error(error);
  if (!(error instanceof UnseenError)) {
    console.error(
      `error: ${messageOf(error)}\n→ This is a fault of ours: set UNSEEN_DEBUG=1 to see where, and report it.`,
    );
    return 1;
  }
  // a message may be of several lines, such as wrangler's words
  console.error(`error: ${error.message}\n→ ${error.remedy}`.split("\n").map(printable).join("\n"));
  if (error.code === "interrupted") return 130;
  return error.code === "option-invalid" ? 2 : 1;
}

// Who stops reading, as `head` does, has seen enough, and the work goes on; a disk without room is told of.
process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
  if (cause.code === "EPIPE") return;
  const why = `standard output cannot be written: ${messageOf(cause)}`;
  process.exitCode = fault(new UnseenError("data-unreadable", why, "Write to where there is room."));
});
process.stderr.on("error", () => {});

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = fault(error);
}
