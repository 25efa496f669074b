/** `unseen publish`: puts a model where the Worker reads it. */
import { UnseenError } from "../../model/errors.ts";
import { publish, type Published } from "../publish/publish.ts";
import type { Store } from "../publish/wrangler.ts";
import { type Command, jsonOption, type Options, percent, printJson, required, text } from "./command.ts";

/** Options of commands that write to the Worker's KV. */
export const storeOptions = {
  name: { type: "string", default: "flows", description: "name of the model at the edge" },
  local: { type: "boolean", description: "local KV of `wrangler dev` (the default)" },
  remote: { type: "boolean", description: "KV of the Cloudflare account" },
  "persist-to": { type: "string", valueHint: "DIR", description: "folder of the local KV" },
  config: { type: "string", valueHint: "FILE", description: "wrangler.toml to use" },
  ...jsonOption,
} as const;

/** The name and the KV that such options say. */
export function store(options: Options): { name: string } & Store {
  const persistTo = text(options, "persist-to");
  const config = text(options, "config");
  return {
    name: required(options, "name"),
    remote: isRemote(options),
    ...(persistTo ? { persistTo } : {}),
    ...(config ? { config } : {}),
  };
}

/** Whether the account is meant. @throws UnseenError option-invalid where this machine is named as well */
export function isRemote(options: Options): boolean {
  const remote = options.remote === true;
  if (!remote || options.local !== true) return remote;
  throw new UnseenError("option-invalid", "--local and --remote contradict.", "Give one of them.");
}

export const publishCommand: Command = {
  args: {
    model: { type: "positional", required: true, valueHint: "FILE", description: "model file" },
    canary: {
      type: "string",
      valueHint: "PERCENT",
      description: "answer this share of the callers only; see unseen canary",
    },
    ...storeOptions,
  },
  examples: [
    "unseen publish model.safetensors --name flows",
    "unseen publish model.safetensors --name flows --canary 10",
    "unseen publish model.safetensors --name flows --remote",
  ],
  async run(options) {
    const canary = percent(options, "canary");
    const file = required(options, "model");
    const published = await publish({ file, ...store(options), ...(canary === undefined ? {} : { canary }) });
    if (options.json) return printJson(published);
    console.log(publishedText(published));
  },
};

/** What was published, and who is answered by it. */
export function publishedText({ name, version, sha256, canary }: Published): string {
  const what = canary === undefined ? "is published" : `answers ${canary} % of the callers`;
  return `${name} version ${version} ${what}, sha256 ${sha256}`;
}
