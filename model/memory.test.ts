import { expect, test } from "vitest";
import { sampleArtefact, patternWeights, SCHEMA } from "../test/artefact.ts";
import { type EvidenceShape, writeArtefact } from "./artefact.ts";
import { EVIDENCE } from "./evidence.ts";
import { inputWidth } from "./encode.ts";
import { JsonValue } from "./json-value.ts";
import { malformed } from "./artefact-check.ts";
import { type Memory, memoryOf, readMemory, remembered } from "./memory.ts";

const kinds = EVIDENCE.length;
const group = (role: "threshold" | "normal" | "fit" | "check", family: string, rows: number, from: number) => ({
  role,
  family,
  rows,
  data: Float64Array.from({ length: rows * kinds }, (_, i) => Math.sin(i + from) * 20),
});
const groups = [group("threshold", "", 5, 0), group("fit", "worm", 2, 1), group("check", "worm", 1, 2)];
const network = { kind: "evidence", inputs: inputWidth(SCHEMA) } as EvidenceShape;
const read = (value: unknown): Memory => readMemory(new JsonValue(value, "memory", malformed), network);

test("evidence comes back to a thousandth, what is beyond the range at its end, groups without rows not at all", () => {
  const memory = memoryOf([...groups, group("normal", "", 0, 0)]);
  const again = remembered(read(JSON.parse(JSON.stringify(memory))));
  expect(again.map(({ role, family, rows }) => [role, family, rows])).toEqual([
    ["threshold", "", 5],
    ["fit", "worm", 2],
    ["check", "worm", 1],
  ]);
  for (const [i, { data }] of again.entries()) {
    for (const [j, value] of data.entries()) expect(Math.abs(value - groups[i].data[j])).toBeLessThan(1e-3);
  }
  const far = {
    role: "fit",
    family: "far",
    rows: 1,
    data: new Float64Array(kinds).fill(1e9, 0, 1).fill(-1e9, 1, 2),
  } as const;
  const [{ data }] = remembered(memoryOf([far]));
  expect([...data.subarray(0, 3)]).toEqual([32767 / 1024, -32, 0]);
});

test("there may be as many families as rows", () => {
  const families = Array.from({ length: 3000 }, (_, i) => group("fit", `family ${i}`, 1, i));
  expect(read(memoryOf(families)).groups).toHaveLength(3000);
});

test("hostile memories are refused", () => {
  const { groups: good, evidence } = memoryOf(groups);
  const wrong: unknown[] = [
    [],
    { groups: good },
    { groups: good, evidence: evidence.slice(4) },
    { groups: good, evidence: `${evidence}AAAA` },
    { groups: good, evidence: evidence.replace(/^./, "*") },
    { groups: good, evidence: evidence.replace(/^../, "==") },
    { groups: [{ ...good[0], rows: 0 }], evidence: "" },
    { groups: [{ ...good[0], rows: 1e9 }], evidence },
    { groups: Array.from({ length: 20 }, () => ({ ...good[0], rows: 2000 })), evidence },
    { groups: [{ ...good[0], role: "test" }], evidence },
    { groups: [{ role: "fit", family: 3, rows: 1 }], evidence },
  ];
  for (const value of wrong) {
    expect(() => read(value)).toThrow(expect.objectContaining({ code: "artefact-malformed" }));
  }
  const artefact = sampleArtefact({ memory: memoryOf(groups), tensors: patternWeights(sampleArtefact().network) });
  expect(() => writeArtefact(artefact)).toThrow(expect.objectContaining({ code: "artefact-malformed" }));
});
