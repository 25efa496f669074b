/** `unseen canary`: shows a model's versions, and moves its canary on: another share, promoted, or given up. */
import { UnseenError } from "../../model/errors.ts";
import type { Pointer } from "../../model/pointer.ts";
import { type CanaryStep, stepCanary } from "../publish/canary.ts";
import { type Command, type Options, percent, printJson } from "./command.ts";
import { store, storeOptions } from "./publish.ts";
import { table } from "./table.ts";

export const canaryCommand: Command = {
  args: {
    share: { type: "string", valueHint: "PERCENT", description: "share of the callers that the canary answers" },
    promote: { type: "boolean", description: "make the canary the current version" },
    abandon: { type: "boolean", description: "end the trial; the current version answers everybody again" },
    ...storeOptions,
  },
  examples: [
    "unseen publish model.safetensors --name flows --canary 10",
    "unseen canary --name flows",
    "unseen canary --name flows --share 50",
    "unseen canary --name flows --promote",
  ],
  async run(options) {
    const step = stepOf(options);
    const pointer = await stepCanary({ ...store(options), ...(step === undefined ? {} : { step }) });
    if (options.json) return printJson(pointer);
    console.log(versionsText(pointer));
  },
};

function stepOf(options: Options): CanaryStep | undefined {
  const share = percent(options, "share");
  const steps: CanaryStep[] = [
    ...(share === undefined ? [] : [{ share }]),
    ...(options.promote === true ? ["promote" as const] : []),
    ...(options.abandon === true ? ["abandon" as const] : []),
  ];
  if (steps.length <= 1) return steps[0];
  const remedy = "Give one of --share, --promote and --abandon, or none to look.";
  throw new UnseenError("option-invalid", "A canary takes one step at a time.", remedy);
}

/** What a share leaves of a hundred, without what binary fractions add to it. */
const rest = (percent: number): number => Number((100 - percent).toFixed(9));

export function versionsText({ name, current, canary, history }: Pointer): string {
  const rows = [
    { ...current, what: canary ? `current, ${rest(canary.percent)} % of the callers` : "current" },
    ...(canary ? [{ ...canary, what: `canary, ${canary.percent} % of the callers` }] : []),
    ...history.map((each) => ({
      ...each,
      what: each.abandoned ? "canary given up" : each.rolledBack ? "rolled back" : "before",
    })),
  ];
  const cells = rows.map(({ version, publishedAt, sha256, what }) => [
    `${name}@${version}`,
    what,
    publishedAt,
    sha256.slice(0, 16),
  ]);
  return table(["version", "state", "published", "sha256"], cells);
}
