/** The command line: finds the command, checks its options, prints faults with their remedy. */
import { type ArgsDef, defineCommand, parseArgs, renderUsage } from "citty";
import { UnseenError } from "../model/errors.ts";
import { benchmarkCommand } from "./commands/benchmark.ts";
import { calibrateCommand } from "./commands/calibrate.ts";
import { canaryCommand } from "./commands/canary.ts";
import type { Command } from "./commands/command.ts";
import { driftCommand } from "./commands/drift.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { exportCommand } from "./commands/export.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { keyCommand } from "./commands/key.ts";
import { publishCommand } from "./commands/publish.ts";
import { quantizeCommand } from "./commands/quantize.ts";
import { reportCommand } from "./commands/report.ts";
import { rollbackCommand } from "./commands/rollback.ts";
import { rowsCommand } from "./commands/rows.ts";
import { scoreCommand } from "./commands/score.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { startCommand } from "./commands/start.ts";
import { studyCommand } from "./commands/study.ts";
import { thresholdCommand } from "./commands/threshold.ts";
import { trainCommand } from "./commands/train.ts";
import { didYouMean } from "./nearest.ts";

const commands: Readonly<Record<string, Command>> = {
  start: startCommand,
  simulate: simulateCommand,
  train: trainCommand,
  evaluate: evaluateCommand,
  benchmark: benchmarkCommand,
  report: reportCommand,
  study: studyCommand,
  score: scoreCommand,
  rows: rowsCommand,
  inspect: inspectCommand,
  export: exportCommand,
  quantize: quantizeCommand,
  threshold: thresholdCommand,
  calibrate: calibrateCommand,
  drift: driftCommand,
  publish: publishCommand,
  canary: canaryCommand,
  rollback: rollbackCommand,
  key: keyCommand,
};

async function main([name, ...rest]: readonly string[]): Promise<void> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    console.log(overview());
    return;
  }
  if (!Object.hasOwn(commands, name)) {
    throw new UnseenError("option-invalid", `There is no command "${name}".`, didYouMean(name, Object.keys(commands)));
  }
  const command = commands[name];
  if (rest.includes("--help") || rest.includes("-h")) {
    const usage = await renderUsage(
      defineCommand({ meta: { name: `unseen ${name}`, description: command.summary }, args: command.args }),
    );
    console.log(`${usage}\nEXAMPLES\n\n${command.examples.map((line) => `  ${line}`).join("\n")}\n`);
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
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UnseenError("option-invalid", why, "See --help.");
  }
}

/**
 * Refuses what citty would pass over: options the command does not have, options with a single dash, given twice or
 * without their value, and arguments too many.
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
    "  unseen <command> [options]        unseen <command> --help for options and examples",
    "",
    ...lines,
  ].join("\n");
}

/** Prints a fault and gives its exit code: 2 for wrong options, 130 for Ctrl-C, 1 for all else. */
function fault(error: unknown): number {
  if (process.env.UNSEEN_DEBUG) console.error(error);
  if (!(error instanceof UnseenError)) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(`error: ${why}\n→ This is a fault of ours: set UNSEEN_DEBUG=1 to see where, and report it.`);
    return 1;
  }
  console.error(`error: ${error.message}\n→ ${error.remedy}`);
  if (error.code === "interrupted") return 130;
  return error.code === "option-invalid" ? 2 : 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = fault(error);
}
