/** `unseen simulate`: writes the embedded synthetic data set. */
import { writeSimulation } from "../data/simulate/write.ts";
import { type Command, jsonOption, printJson, required, whole } from "./command.ts";

export const simulateCommand: Command = {
  args: {
    out: { type: "string", required: true, valueHint: "DIR", description: "folder to write" },
    seed: { type: "string", default: "1", description: "the same seed gives the same files" },
    rows: { type: "string", description: "rows of each normal domain (2000)" },
    anomalies: { type: "string", description: "rows of each anomaly family (600)" },
    force: { type: "boolean", description: "replace the folder even if it holds other files: they are deleted" },
    ...jsonOption,
  },
  examples: ["unseen simulate --out flows", "unseen simulate --out big --rows 20000 --anomalies 5000 --seed 7"],
  async run(options) {
    const rows = whole(options, "rows", 1, 1_000_000);
    const anomalies = whole(options, "anomalies", 1, 1_000_000);
    const written = await writeSimulation(required(options, "out"), {
      seed: whole(options, "seed", 0, Number.MAX_SAFE_INTEGER) ?? 1,
      force: options.force === true,
      ...(rows === undefined ? {} : { rows }),
      ...(anomalies === undefined ? {} : { anomalies }),
    });
    if (options.json) return printJson(written);
    const { folder, normalRows, anomalyRows } = written;
    console.log(`${folder}: ${normalRows} normal and ${anomalyRows} anomalous rows, all synthetic`);
  },
};
