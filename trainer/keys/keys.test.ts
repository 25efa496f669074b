import { hash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test, vi } from "vitest";
import type { Options } from "../commands/command.ts";
import { filesOf, keyCommand } from "../commands/key.ts";
import { printed } from "../commands/testing.ts";
import { errorOf } from "../data/testing.ts";
import { listSecrets } from "../publish/wrangler.ts";
import { makeKey, readKeys, secretsOf, strangersIn, withKey, withoutKey, withVariables } from "./keys.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-keys-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const sha256 = (key: string): string => hash("sha256", key);

test("a key is long, random and told by its digest alone", () => {
  const keys = Array.from({ length: 50 }, () => makeKey("ci", false));
  expect(new Set(keys.map(({ key }) => key)).size).toBe(50);
  for (const { key, entry } of keys) {
    expect(key).toMatch(/^unseen_[\w-]{32}$/);
    expect(entry.sha256).toBe(sha256(key));
    expect(JSON.stringify(entry)).not.toContain(key);
  }
});

test("secrets hold the digests in force; those for feedback only once a key was made for it", () => {
  const [a, b] = [makeKey("a", false).entry, makeKey("b", true).entry];
  expect(secretsOf([])).toEqual({ API_KEY_SHA256: "none" });
  expect(secretsOf([a])).toEqual({ API_KEY_SHA256: a.sha256 });
  const both = withKey([a], b);
  expect(secretsOf(both)).toEqual({ API_KEY_SHA256: `${a.sha256},${b.sha256}`, FEEDBACK_KEY_SHA256: b.sha256 });
  expect(secretsOf(withoutKey(both, "b"))).toEqual({ API_KEY_SHA256: a.sha256, FEEDBACK_KEY_SHA256: "none" });
  expect(withKey(withoutKey(both, "b"), makeKey("b", false).entry)).toHaveLength(3);
});

test("variables of others stay as they were", () => {
  const text = '# mine\nAPI_KEY_SHA256="old"\nOTHER=1\n\n';
  expect(withVariables(text, { API_KEY_SHA256: "new" })).toBe('# mine\nOTHER=1\nAPI_KEY_SHA256="new"\n');
  expect(withVariables("", { A: "1" })).toBe('A="1"\n');
});

test("digests that the record does not know are found and stay in force", () => {
  const [own, teacher] = [makeKey("own", false).entry, makeKey("teacher", true).entry];
  const [byHand, elsewhere] = ["a".repeat(64), "b".repeat(64)];
  const text = [
    `API_KEY_SHA256=${"c".repeat(64)}`,
    ` export API_KEY_SHA256 = "${byHand.toUpperCase()} , ${own.sha256},${elsewhere},${byHand}" # mine`,
    `FEEDBACK_KEY_SHA256='${elsewhere}'`,
    `NOT_API_KEY_SHA256="${"d".repeat(64)}"`,
  ].join("\n");
  const strangers = strangersIn(text, [own]);
  expect(strangers).toEqual({ API_KEY_SHA256: [byHand, elsewhere], FEEDBACK_KEY_SHA256: [elsewhere] });
  expect(secretsOf([own, teacher], strangers)).toEqual({
    API_KEY_SHA256: `${byHand},${elsewhere},${own.sha256},${teacher.sha256}`,
    FEEDBACK_KEY_SHA256: `${elsewhere},${teacher.sha256}`,
  });
  expect(strangersIn('API_KEY_SHA256="none"\n', [])).toEqual({ API_KEY_SHA256: [], FEEDBACK_KEY_SHA256: [] });
});

test("record and variables lie in the project's folder, whatever folder the command is run in", () => {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const variables = join(root, ".dev.vars");
  expect(filesOf({}, false)).toEqual({ file: join(root, ".unseen/keys-local.json"), variables });
  expect(filesOf({}, true)).toEqual({ file: join(root, ".unseen/keys-remote.json"), variables });
  expect(filesOf({ file: "k.json", "dev-vars": "v" }, false)).toEqual({ file: "k.json", variables: "v" });
});

const [file, variables] = [join(folder, "record/keys.json"), join(folder, ".dev.vars")];

/** What the command prints, on files of the test's own. */
const run = (action: string, options: Options = {}): Promise<string> =>
  printed(keyCommand, { action, file, "dev-vars": variables, ...options });

test("a key made elsewhere stays in force as others come and go, and the command says so", async () => {
  const mine = { file: join(folder, "mine.json"), "dev-vars": join(folder, "mine.vars") };
  const byHand = sha256("by hand");
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  writeFileSync(mine["dev-vars"], `API_KEY_SHA256=${byHand}\n`);
  const { key } = JSON.parse(await run("make", { name: "ci", ...mine })) as { key: string };
  expect(readFileSync(mine["dev-vars"], "utf8")).toBe(`API_KEY_SHA256="${byHand},${sha256(key)}"\n`);
  expect(said).toHaveBeenCalledWith(expect.stringContaining("1 more in"));
  await run("revoke", { name: "ci", ...mine });
  expect(readFileSync(mine["dev-vars"], "utf8")).toBe(`API_KEY_SHA256="${byHand}"\n`);
  said.mockRestore();
});

test("the command makes a key, lists it without showing it again, and revokes it", async () => {
  const { key } = JSON.parse(await run("make", { name: "ci" })) as { key: string };
  expect(readFileSync(variables, "utf8")).toBe(`API_KEY_SHA256="${sha256(key)}"\n`);
  const listed = await run("list");
  expect(JSON.parse(listed)).toMatchObject([{ name: "ci", sha256: sha256(key), feedback: false }]);
  for (const kept of [listed, readFileSync(file, "utf8"), readFileSync(variables, "utf8")]) {
    expect(kept).not.toContain(key);
  }
  expect((await errorOf(() => run("make", { name: "ci" }))).code).toBe("option-invalid");
  expect((await errorOf(() => run("make", { name: "no name" }))).code).toBe("option-invalid");
  expect((await errorOf(() => run("revoke", { name: "who" }))).remedy).toContain("ci");
  const dropped = await errorOf(() => run("drop"));
  expect([dropped.code, dropped.message]).toEqual(["option-invalid", 'There is no "key drop".']);
  await run("revoke", { name: "ci" });
  expect(readKeys(file)).toMatchObject([{ name: "ci", revokedAt: expect.any(String) }]);
  expect(readFileSync(variables, "utf8")).toBe('API_KEY_SHA256="none"\n');
  writeFileSync(file, "[{}]");
  expect((await errorOf(() => run("list"))).code).toBe("data-unreadable");
});

test("a record or a file of variables that cannot be read is said to be that, and not that it may be deleted", async () => {
  for (const option of ["file", "dev-vars"]) {
    const own = { file: join(folder, "own.json"), "dev-vars": join(folder, "own.vars"), [option]: folder };
    const { code, message, remedy } = await errorOf(() => run("make", { name: "ci", ...own }));
    expect([code, message]).toEqual(["data-unreadable", expect.stringContaining(`${folder} cannot be read`)]);
    expect(remedy).not.toContain("delete");
  }
});

test("a record that lacks a date is said to be none", async () => {
  const file = join(folder, "undated.json");
  writeFileSync(file, JSON.stringify([{ name: "ci", sha256: sha256("ci"), feedback: false }]));
  const list = await errorOf(() => keyCommand.run({ action: "list", file }));
  expect([list.code, list.message]).toEqual(["data-unreadable", expect.stringContaining(file)]);
});

test("where the record cannot be written no key comes into force", async () => {
  const variables = join(folder, "unrecorded.vars");
  const records = join(folder, "no-folder");
  writeFileSync(records, "a file");
  for (const file of [join(records, "keys.json"), folder]) {
    const make = () => keyCommand.run({ action: "make", name: "lost", file, "dev-vars": variables });
    expect((await errorOf(make)).message).toContain(file === folder ? folder : records);
    expect(existsSync(variables)).toBe(false);
  }
});

test("one at a time changes the keys: of two neither undoes what the other did; a lock of the dead does not count", async () => {
  const silent = (["log", "error"] as const).map((name) => vi.spyOn(console, name).mockImplementation(() => {}));
  const both = { file: join(folder, "both/keys.json"), "dev-vars": join(folder, "both.vars") };
  const lock = `${both.file}.lock`;
  const change = (action: string, name: string): Promise<void> => keyCommand.run({ action, name, ...both });
  await change("make", "old");
  const first = change("revoke", "old");
  const second = await errorOf(() => change("make", "new"));
  expect([second.code, second.remedy]).toEqual(["publish-failed", expect.stringContaining(lock)]);
  await first;
  writeFileSync(lock, "99999999");
  await change("make", "new");
  expect(readKeys(both.file)).toMatchObject([{ name: "old", revokedAt: expect.any(String) }, { name: "new" }]);
  expect(existsSync(lock)).toBe(false);
  for (const spy of silent) spy.mockRestore();
});

test("who makes or revokes a local key is told that a Worker which runs does not know it yet", async () => {
  const told = [vi.spyOn(console, "log"), vi.spyOn(console, "error")].map((spy) => spy.mockImplementation(() => {}));
  const here = { file: join(folder, "here.json"), "dev-vars": join(folder, "here.vars"), name: "ci" };
  for (const action of ["make", "revoke"]) {
    for (const spy of told) spy.mockClear();
    await keyCommand.run({ action, ...here });
    expect(told.flatMap(({ mock }) => mock.calls.flat()).join(" ")).toContain("started again");
  }
  for (const spy of told) spy.mockRestore();
});

test("remote: a secret that the record has not made is replaced only when told to", async () => {
  let there: { name: string }[] | undefined = [{ name: "API_KEY_SHA256" }];
  const put: unknown[] = [];
  // in the place of Cloudflare's API
  const account = createServer(async (request, response) => {
    const [body] = request.method === "PUT" ? await once(request, "data") : [];
    if (body) put.push(JSON.parse(String(body)));
    const errors = there ? [] : [{ code: 10007, message: "This Worker does not exist on your account." }];
    response.writeHead(there ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify({ success: errors.length === 0, errors, messages: [], result: there ?? null }));
  }).listen(0, "127.0.0.1");
  await once(account, "listening");
  vi.stubEnv("CLOUDFLARE_API_BASE_URL", `http://127.0.0.1:${(account.address() as AddressInfo).port}`);
  vi.stubEnv("CLOUDFLARE_API_TOKEN", "none");
  vi.stubEnv("CLOUDFLARE_ACCOUNT_ID", "none");
  try {
    const theirs = { remote: true, file: join(folder, "remote.json") };
    const refused = await errorOf(() => run("make", { name: "ci", ...theirs }));
    expect([refused.code, refused.remedy]).toEqual(["option-invalid", expect.stringContaining("--replace")]);
    expect([put, readKeys(theirs.file)]).toEqual([[], []]);
    const { key } = JSON.parse(await run("make", { name: "ci", replace: true, ...theirs })) as { key: string };
    expect(put).toMatchObject([{ name: "API_KEY_SHA256", text: sha256(key) }]);
    // The record's own secret is written without a question; one for feedback by hand is not its own.
    await run("make", { name: "cd", ...theirs });
    expect(put).toHaveLength(2);
    there = [{ name: "API_KEY_SHA256" }, { name: "FEEDBACK_KEY_SHA256" }];
    const labeller = await errorOf(() => run("make", { name: "labeller", feedback: true, ...theirs }));
    expect(labeller.message).toContain("FEEDBACK_KEY_SHA256");
    there = undefined;
    expect(await listSecrets({})).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
    account.close();
  }
});
