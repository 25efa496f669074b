/** The Worker's KV through wrangler: read, write and look up single keys, offline and quiet where local. */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { UnseenError } from "../../model/errors.ts";
import { cleanedUp } from "../cleaned-up.ts";

/** The project's folder, in which wrangler runs and looks for .dev.vars. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** wrangler's own entry, run with this Node, in the project: paths of the caller's are made absolute. */
export const WRANGLER = join(
  dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
  "bin",
  "wrangler.js",
);

/** What that entry runs in a process of its own, and calls a success where that one was killed. */
const CLI = join(dirname(WRANGLER), "..", "wrangler-dist", "cli.js");

/** No metrics, no banner, no fetch of request metadata: local work opens no outside connection. */
export const QUIET = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
} as const;

export interface Store {
  /** The account's KV instead of the local one. */
  readonly remote?: boolean;
  /** Folder of the local KV, where not wrangler's own. */
  readonly persistTo?: string;
  /** wrangler.toml to use, where not the project's. */
  readonly config?: string;
  /** Milliseconds that wrangler may take for a key of the local KV: where its disk is full or read-only, it writes for ever. */
  readonly patience?: number;
}

const PATIENCE_MS = 120_000;

/** The value of a key, or undefined where there is none. */
export async function getKey(store: Store, key: string): Promise<string | undefined> {
  const { status, stdout, stderr } = await wrangler(store, ["key", "get", key, "--text"]);
  if (status === 0) return stdout === "Value not found\n" || stdout === "Value not found" ? undefined : stdout;
  // the account's answer to a key that is not there, behind the request's address
  if (/ - 404\b|key not found/i.test(stderr + stdout)) return undefined;
  throw failed(store, "read", key, stderr || stdout);
}

/** Whether a key is there. */
export async function hasKey(store: Store, key: string): Promise<boolean> {
  const { status, stdout, stderr } = await wrangler(store, ["key", "list", "--prefix", key]);
  if (status !== 0) throw failed(store, "look up", key, stderr || stdout);
  const found = JSON.parse(stdout.slice(stdout.indexOf("["))) as { name: string }[];
  return found.some(({ name }) => name === key);
}

/** Writes a value under a key. */
export async function putKey(store: Store, key: string, value: string | Uint8Array): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "unseen-"));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  await cleanedUp(clean, async () => {
    const file = join(folder, "value");
    writeFileSync(file, value);
    const { status, stdout, stderr } = await wrangler(store, ["key", "put", key, "--path", file]);
    if (status !== 0) throw failed(store, "write", key, stderr || stdout);
  });
}

function failed({ remote }: Store, what: string, key: string, said: string): UnseenError {
  // wrangler colours some of its words whatever NO_COLOR says
  const why = stripVTControlCharacters(said).trim().split("\n").slice(-6).join(" ").slice(0, 600);
  const remedy = remote
    ? "Log in with `npx wrangler login` and put the namespace's id into wrangler.toml."
    : "See that the folder of the local KV may be written and has room, and that --config is a wrangler.toml with MODELS.";
  return new UnseenError("publish-failed", `wrangler could not ${what} ${key}: ${why}`, remedy);
}

interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Sets a secret of the Worker in the account. @throws UnseenError publish-failed with what wrangler said */
export async function putSecret({ config }: Store, name: string, value: string): Promise<void> {
  const { status, stdout, stderr } = await run(["secret", "put", name], config, value);
  if (status !== 0) throw failed({ remote: true }, "write", `the secret ${name}`, stderr || stdout);
}

/** Names of the Worker's secrets in the account; none where it is not deployed yet. @throws UnseenError publish-failed */
export async function listSecrets({ config }: Store): Promise<string[]> {
  const { status, stdout, stderr } = await run(["secret", "list"], config);
  if (status === 0)
    return (JSON.parse(stdout.slice(stdout.indexOf("["))) as { name: string }[]).map(({ name }) => name);
  if (/Worker ".*" not found/.test(stderr + stdout)) return [];
  throw failed({ remote: true }, "list", "the Worker's secrets", stderr || stdout);
}

function wrangler(
  { remote, persistTo, config, patience = PATIENCE_MS }: Store,
  args: readonly string[],
): Promise<Answer> {
  const where = remote ? ["--remote"] : ["--local", ...(persistTo ? ["--persist-to", resolve(persistTo)] : [])];
  return run(["kv", ...args, "--binding", "MODELS", ...where], config, "", remote ? undefined : patience);
}

function run(
  args: readonly string[],
  config = join(ROOT, "wrangler.toml"),
  input = "",
  patience?: number,
): Promise<Answer> {
  const child = spawn(process.execPath, ["--no-warnings", CLI, ...args, "--config", resolve(config)], {
    cwd: ROOT,
    env: { ...process.env, ...QUIET, NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  // a signal to us alone would leave it writing after the lock is gone
  return cleanedUp(
    () => void child.kill(),
    () =>
      new Promise((settle, reject) => {
        const late = (): void => {
          settle({ status: null, stdout, stderr: `${stderr}no answer within ${(patience ?? 0) / 1000} s` });
        };
        const timer = patience === undefined ? undefined : setTimeout(late, patience);
        child.on("error", reject);
        child.on("close", (status, signal) => {
          clearTimeout(timer);
          settle({ status, stdout, stderr: signal ? `${stderr}it was ended by ${signal}` : stderr });
        });
      }),
  );
}
