import { expect, test } from "vitest";
import { reference, sampleArtefact, SCHEMA } from "../test/artefact.ts";
import { readArtefact, writeArtefact } from "./artefact.ts";
import { countsOf, Counter, type Reference } from "./reference.ts";

test("an artefact keeps its reference, and may lack one", () => {
  const bytes = writeArtefact(sampleArtefact({ reference }));
  expect(readArtefact(bytes).reference).toEqual(reference);
  expect("reference" in readArtefact(writeArtefact(sampleArtefact()))).toBe(false);
});

test.each<[string, unknown]>([
  ["no object", []],
  ["no rows", { ...reference, rows: 0 }],
  ["too few features", { ...reference, features: reference.features.slice(0, -1) }],
  ["too many features", { ...reference, features: [...reference.features, reference.features[0]] }],
  ["more counts than rows", { ...reference, score: { edges: [0.5], counts: [900, 101] } }],
  ["no counts", { ...reference, score: { edges: [0.5], counts: [0, 0] } }],
  ["a negative count", { ...reference, score: { edges: [0.5], counts: [501, -1] } }],
  ["half a count", { ...reference, score: { edges: [0.5], counts: [999.5, 0.5] } }],
  ["edges that fall", { ...reference, score: { edges: [0.5, 0.25], counts: [900, 90, 10] } }],
  ["edges alike", { ...reference, score: { edges: [0.5, 0.5], counts: [900, 90, 10] } }],
  ["an edge that is no 32-bit float", { ...reference, score: { edges: [0.1, 0.5], counts: [900, 90, 10] } }],
  ["an edge that is no number", { ...reference, score: { edges: [0.5, null], counts: [900, 90, 10] } }],
  ["too few counts", { ...reference, score: { edges: [0.25, 0.5], counts: [900, 100] } }],
  ["hundreds of bins", { ...reference, score: { edges: Array.from({ length: 200 }, (_, i) => i), counts: [] } }],
  ["a category too few", { ...reference, features: reference.features.with(2, { edges: [], counts: [700, 300] }) }],
  ["edges of a category", { ...reference, features: reference.features.with(2, { edges: [0], counts: [700, 300] }) }],
  ["another field", { ...reference, more: 1 }],
])("a reference with %s is refused", (_, wrong) => {
  const artefact = sampleArtefact({ reference: wrong as Reference });
  expect(() => writeArtefact(artefact)).toThrow(expect.objectContaining({ code: "artefact-malformed" }));
});

test("rows are counted where they belong: edges belong to the bin below, categories by their column", () => {
  const counter = new Counter(SCHEMA, reference);
  expect(counter.bins).toBe(countsOf(reference).length);
  const counts = new Uint32Array(counter.bins);
  // offset 1: inputs of bytes, ttl, five columns of protocol, syn
  counter.count(0.5, Float32Array.from([9, 0, 0.1, 0, 1, 0, 0, 0, 1]), 1, counts);
  counter.count(0.9, Float32Array.from([5, -3, 0, 0, 0, 0, 1, -1]), 0, counts);
  expect([...counts]).toEqual([0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1]);
});
