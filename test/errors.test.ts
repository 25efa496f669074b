/** docs/errors.md and docs/serving.md have the codes there are. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

test("every code is documented once, with a cause and a remedy, and no other is", () => {
  const source = read("../model/errors.ts");
  const codes = [...source.matchAll(/^ {2}\| "([a-z0-9-]+)"/gm)].map(([, code]) => code);
  const documented = [...read("../docs/errors.md").matchAll(/^\| `([a-z0-9-]+)` \| \S.+ \| \S.+ \|$/gm)];
  expect(codes.length).toBeGreaterThan(25);
  expect(documented.map(([, code]) => code)).toEqual(codes);
});

test("every code of the service stands in its page, with the status it comes with", () => {
  const source = read("../worker/problem.ts");
  const codes = [...source.matchAll(/^ {2}\| "([a-z0-9-]+)"/gm)].map(([, code]) => code);
  const [, errors] = read("../docs/serving.md").split(/^## Errors$/m);
  expect(codes.length).toBeGreaterThan(20);
  for (const code of codes) expect(errors.split(/^## /m)[0]).toContain(`\`${code}\``);
});
