/** `unseen publish`: puts a model where the Worker reads it. */
import { publish } from "../publish/publish.ts";
import { type Command, jsonOption, printJson, required, text } from "./command.ts";

/** Options of commands that write to the Worker's KV. */
export const storeOptions = {
  name: { type: "string", default: "flows", description: "name of the model at the edge" },
  local: { type: "boolean", description: "local KV of `wrangler dev` (the default)" },
  remote: { type: "boolean", description: "KV of the Cloudflare account" },
  "persist-to": { type: "string", valueHint: "DIR", description: "folder of the local KV" },
  config: { type: "string", valueHint: "FILE", description: "wrangler.toml to use" },
  ...jsonOption,
} as const;

export function store(options: Readonly<Record<string, unknown>>): {
  name: string;
  remote: boolean;
  persistTo?: string;
  config?: string;
} {
  const persistTo = text(options, "persist-to");
  const config = text(options, "config");
  return {
    name: required(options, "name"),
    remote: options.remote === true,
    ...(persistTo ? { persistTo } : {}),
    ...(config ? { config } : {}),
  };
}

export const publishCommand: Command = {
  summary: "publish a model: weights first, pointer last",
  args: {
    model: { type: "positional", required: true, valueHint: "FILE", description: "model file" },
    ...storeOptions,
  },
  examples: ["unseen publish model.safetensors --name flows", "unseen publish model.safetensors --name flows --remote"],
  async run(options) {
    const published = await publish({ file: required(options, "model"), ...store(options) });
    if (options.json) return printJson(published);
    console.log(`${published.name} version ${published.version} is published, sha256 ${published.sha256}`);
  },
};
