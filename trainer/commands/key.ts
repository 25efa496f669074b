/** `unseen key`: makes, lists and revokes the API keys of the Worker. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { UnseenError } from "../../model/errors.ts";
import {
  type KeyEntry,
  makeKey,
  readKeys,
  secretsOf,
  strangersIn,
  withKey,
  withoutKey,
  withVariables,
  writeKeys,
} from "../keys/keys.ts";
import { locked } from "../lock.ts";
import { listSecrets, putSecret, ROOT, type Store } from "../publish/wrangler.ts";
import { makeFolder, placeOf, readText, writeWhole } from "../disk.ts";
import { type Command, jsonOption, type Options, printJson, required, text } from "./command.ts";
import { isRemote } from "./publish.ts";
import { table } from "./table.ts";

export const keyCommand: Command = {
  args: {
    action: { type: "positional", required: true, valueHint: "make|list|revoke", description: "what to do" },
    name: { type: "string", valueHint: "NAME", description: "whose key it is" },
    feedback: {
      type: "boolean",
      description: "make: the key may give feedback too, and only such keys may from then on",
    },
    local: { type: "boolean", description: "keys of `wrangler dev`, in .dev.vars (the default)" },
    remote: { type: "boolean", description: "keys of the deployed Worker, in its secrets" },
    file: {
      type: "string",
      valueHint: "FILE",
      description: "record of the keys (the project's .unseen/keys-local.json or -remote.json)",
    },
    "dev-vars": {
      type: "string",
      valueHint: "FILE",
      description: "local: file of variables (the project's .dev.vars)",
    },
    replace: { type: "boolean", description: "remote: put secrets in the place of some that the record does not know" },
    config: { type: "string", valueHint: "FILE", description: "wrangler.toml to use" },
    ...jsonOption,
  },
  examples: [
    "unseen key make --name dashboard --remote",
    "unseen key make --name labeller --feedback --remote",
    "unseen key list --remote",
    "unseen key revoke --name dashboard --remote",
    "unseen key make --name me --local",
  ],
  async run(options) {
    const action = ["make", "list", "revoke"].find((known) => known === options.action);
    if (action === undefined) {
      throw new UnseenError("option-invalid", `There is no "key ${options.action}".`, "Give make, list or revoke.");
    }
    const remote = isRemote(options);
    const files = filesOf(options, remote);
    const { file } = files;
    const inForce = remote
      ? "Workers take the new secrets within seconds."
      : "A Worker that runs on this machine goes by it once it is started again.";
    if (action === "list") {
      const entries = readKeys(file);
      return options.json ? printJson(entries) : console.log(keysText(entries, file));
    }
    const name = required(options, "name");
    /** Two at a time would each write what it had read: a key revoked in between would be in force again. */
    const change = (next: (entries: readonly KeyEntry[]) => KeyEntry[]): Promise<void> =>
      locked(`${file}.lock`, "making or revoking keys", () => {
        const entries = readKeys(file);
        return keep(entries, next(entries), files, options);
      });
    if (action === "make") {
      const { key, entry } = makeKey(name, options.feedback === true);
      await change((entries) => withKey(entries, entry));
      if (options.json) return printJson({ key, ...entry });
      console.log(`${key}\n`);
      console.error(`This is the only time the key is shown: only its SHA-256 is kept. ${inForce}`);
      return;
    }
    await change((entries) => withoutKey(entries, name));
    if (options.json) return printJson({ revoked: name });
    console.log(`${name} is revoked. ${inForce}`);
  },
};

/**
 * The record and the file of variables. Without options they lie in the project's folder, whatever folder the command is
 * run in: wrangler reads that .dev.vars alone, and a second record would not know the first one's keys.
 */
export function filesOf(options: Options, remote: boolean): { file: string; variables: string } {
  return {
    file: text(options, "file") ?? join(ROOT, ".unseen", `keys-${remote ? "remote" : "local"}.json`),
    variables: text(options, "dev-vars") ?? join(ROOT, ".dev.vars"),
  };
}

/** Secrets first: a key that is in the record is in force. */
async function keep(
  before: readonly KeyEntry[],
  entries: readonly KeyEntry[],
  { file, variables }: ReturnType<typeof filesOf>,
  options: Options,
): Promise<void> {
  // or a key nobody was shown would be in force
  makeFolder(dirname(file));
  placeOf(file);
  if (options.remote === true) {
    const config = text(options, "config");
    const store = config ? { config } : {};
    const secrets = secretsOf(entries);
    const own = before.length > 0 ? Object.keys(secretsOf(before)) : [];
    const others = Object.keys(secrets).filter((name) => !own.includes(name));
    if (others.length > 0 && options.replace !== true) await refuseThere(others, file, store);
    for (const [name, value] of Object.entries(secrets)) await putSecret(store, name, value);
  } else {
    const there = existsSync(variables) ? readText(variables) : "";
    const strangers = strangersIn(there, entries);
    writeWhole(variables, withVariables(there, secretsOf(entries, strangers)));
    const others = new Set(Object.values(strangers).flat()).size;
    if (others > 0) console.error(`${others} more in ${variables} that ${file} does not know: in force as before.`);
  }
  writeKeys(file, entries);
}

/** A secret that this record has not written holds others' keys, which cannot be read back to be kept. */
async function refuseThere(secrets: readonly string[], file: string, store: Store): Promise<void> {
  const there = await listSecrets(store);
  const name = secrets.find((each) => there.includes(each));
  if (name === undefined) return;
  const why = `The Worker has a secret ${name} already, of whose keys ${file} knows nothing: they would be locked out.`;
  const remedy = "Give the record they were made with as --file, or give --replace, and new keys to whom they were of.";
  throw new UnseenError("option-invalid", why, remedy, { file });
}

function keysText(entries: readonly KeyEntry[], file: string): string {
  if (entries.length === 0) return `${file}: no keys`;
  const rows = entries.map(({ name, sha256, feedback, madeAt, revokedAt }) => [
    name,
    revokedAt ? `revoked ${revokedAt.slice(0, 10)}` : "in force",
    feedback ? "scores, feedback" : "scores",
    madeAt.slice(0, 10),
    sha256.slice(0, 16),
  ]);
  return table(["key", "state", "for", "made", "sha256"], rows);
}
