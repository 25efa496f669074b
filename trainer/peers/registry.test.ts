import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { METHODS, methodNamed } from "./registry.ts";

test("names are each one's own and fit the command line; titles and sources are there", () => {
  const names = METHODS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(METHODS.map(({ title }) => title)).size).toBe(names.length);
  for (const { name, title, source } of METHODS) {
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect([title, source]).not.toContain("");
    expect(methodNamed(name).name).toBe(name);
  }
  expect(() => methodNamed("knm")).toThrow("knm");
});

test("docs/peers.md has a row for every peer, and none for another method", () => {
  const text = readFileSync(new URL("../../docs/peers.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
  const peers = METHODS.filter(({ group }) => group !== "ours").map(({ name }) => name);
  expect(rows.toSorted()).toEqual(peers.toSorted());
});
