/** `unseen rollback`: points a model name back to an earlier version. */
import { rollback } from "../publish/rollback.ts";
import { type Command, printJson, whole } from "./command.ts";
import { store, storeOptions } from "./publish.ts";

export const rollbackCommand: Command = {
  args: {
    to: { type: "string", valueHint: "N", description: "version to serve (the one served before)" },
    ...storeOptions,
  },
  examples: ["unseen rollback --name flows", "unseen rollback --name flows --to 3 --remote"],
  async run(options) {
    const to = whole(options, "to", 1, 1_000_000_000);
    const back = await rollback({ ...store(options), ...(to === undefined ? {} : { to }) });
    if (options.json) return printJson(back);
    console.log(`${back.name} serves version ${back.version} again, sha256 ${back.sha256}`);
  },
};
