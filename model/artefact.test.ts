import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { patternWeights, sampleArtefact, SCHEMA } from "../test/artefact.ts";
import { type Artefact, checkWhole, FORMAT, LIMITS, readArtefact, tensorShapes, writeArtefact } from "./artefact.ts";
import { inputWidth } from "./encode.ts";
import { UnseenError } from "./errors.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";
import type { Feature, Schema } from "./schema.ts";
import { floatTensor } from "./tensor.ts";

/** Any JSON value; the tests change files as an attacker would, so without types. */
type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

function refusal(bytes: Uint8Array): UnseenError {
  try {
    readArtefact(bytes);
  } catch (error) {
    if (error instanceof UnseenError) return error;
    throw error;
  }
  throw new Error("the artefact was read");
}

/** The sample's file with one metadata text replaced; undefined takes it out. */
function withText(name: string, text: string | undefined): Uint8Array {
  const { metadata, tensors } = readSafetensors(writeArtefact(sampleArtefact()));
  if (text === undefined) delete metadata[name];
  else metadata[name] = text;
  return writeSafetensors(tensors, metadata);
}

/** The sample's file with the value at a path of its metadata replaced; undefined takes it out. */
function changed(path: string, value: Json | undefined): Uint8Array {
  const { metadata } = readSafetensors(writeArtefact(sampleArtefact()));
  const [part, ...steps] = path.split("/");
  const root: Json = { [part]: JSON.parse(metadata[part] ?? "null") };
  let holder: { [name: string]: Json } = root;
  let last = part;
  for (const step of steps) {
    holder = holder[last] as { [name: string]: Json };
    last = step;
  }
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return withText(part, JSON.stringify(root[part]));
}

describe("an artefact", () => {
  test("comes back as it was, its tensors in the network's order", () => {
    const artefact = sampleArtefact();
    const file = writeArtefact(artefact);
    const back = readArtefact(file);
    expect(back).toEqual(artefact);
    expect([...back.tensors.keys()]).toEqual([...tensorShapes(artefact.network).keys()]);
    expect(writeArtefact(back)).toEqual(file);
    expect(writeArtefact(structuredClone(artefact))).toEqual(file);
    expect(readSafetensors(file).metadata.format).toBe(JSON.stringify(FORMAT));
  });

  test("is told from itself with any one bit turned, be it of weights, which golden rows hardly touch", () => {
    const file = writeArtefact(sampleArtefact());
    checkWhole(file);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(7), (at, bit) => {
        const damaged = file.slice();
        damaged[at] ^= 1 << bit;
        expect(() => checkWhole(damaged)).toThrow(UnseenError);
      }),
      { numRuns: 500 },
    );
    expect(() => checkWhole(withText("checksum", undefined))).toThrow("checksum");
  });

  test("may hold half floats", () => {
    const tensors = new Map(sampleArtefact().tensors);
    tensors.set("head.b", { dtype: "F16", shape: [2], bytes: Uint8Array.of(0, 0x3c, 0, 0xc0) });
    expect(readArtefact(writeArtefact(sampleArtefact({ tensors }))).tensors.get("head.b")?.dtype).toBe("F16");
  });

  test("of any schema and network comes back as it was", () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
    const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
    const signedLog = fc.oneof(fc.boolean(), fc.record({ origin: number, unit: positive }));
    const text = fc.string({ unit: "binary" });
    const feature = (name: string): fc.Arbitrary<Feature> => {
      const numeric = { kind: fc.constant("numeric" as const), name: fc.constant(name), impute: number };
      const boolean = { kind: fc.constant("boolean" as const), name: fc.constant(name), impute: fc.constant(0.5) };
      const values = fc.uniqueArray(text, { maxLength: 4 });
      return fc.oneof(
        fc.record({ ...numeric, signedLog, center: number, scale: positive, clip: positive }),
        fc.record({ ...boolean, center: fc.constant(0.5), scale: positive }),
        fc.record({ kind: fc.constant("categorical" as const), name: fc.constant(name), values }),
      );
    };
    const schema = fc
      .uniqueArray(fc.oneof(fc.string({ unit: "binary", minLength: 1 }), fc.constantFrom("__proto__", "1", "0")), {
        minLength: 1,
        maxLength: 6,
      })
      .chain((names) => fc.tuple(...names.map(feature)))
      .map((features): Schema => ({ features }));
    const share = fc.double({ min: 0, max: 1, noNaN: true }).map((x) => x + 0);
    const sizes = fc.record({
      hidden: fc.integer({ min: 1, max: 20 }),
      blocks: fc.nat(3),
      latent: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(schema, sizes, share, fc.array(share), (features, shape, epsilon, scores) => {
        const network = { inputs: inputWidth(features), ...shape };
        const row = features.features.map(() => null);
        const artefact: Artefact = sampleArtefact({
          network,
          schema: features,
          epsilon,
          golden: { rows: scores.map(() => row), scores },
          tensors: patternWeights(network),
        });
        const file = writeArtefact(artefact);
        expect(readArtefact(file)).toEqual(artefact);
        expect(writeArtefact(readArtefact(file))).toEqual(file);
      }),
      { numRuns: 150 },
    );
  });

  test("that would not be read is not written", () => {
    expect(() => writeArtefact(sampleArtefact({ temperature: NaN }))).toThrow(UnseenError);
    expect(() => writeArtefact(sampleArtefact({ epsilon: 2 }))).toThrow(UnseenError);
    expect(() => writeArtefact(sampleArtefact({ tensors: new Map() }))).toThrow(UnseenError);
  });

  test("has the weights the format's documentation lists", () => {
    expect(Object.fromEntries(tensorShapes({ inputs: 5, hidden: 4, blocks: 1, latent: 3 }))).toEqual({
      "in.w": [4, 5],
      "in.b": [4],
      "b0.ln1.g": [4],
      "b0.ln1.b": [4],
      "b0.fc1.w": [4, 4],
      "b0.fc1.b": [4],
      "b0.ln2.g": [4],
      "b0.ln2.b": [4],
      "b0.fc2.w": [4, 4],
      "b0.fc2.b": [4],
      "out.w": [3, 4],
      "out.b": [3],
      "head.ln.g": [3],
      "head.ln.b": [3],
      "head.w": [2, 3],
      "head.b": [2],
    });
  });
});

describe("refused on reading:", () => {
  test.each<[string | undefined, RegExp]>([
    [undefined, /names no format/],
    ['"unseen/1"', /unseen\/1/],
    ["unseen/2", /format/],
    ["pt", /pt/],
    ["", /format/],
  ])("format %s", (text, words) => {
    const refused = refusal(withText("format", text));
    expect(refused.code).toBe("artefact-version");
    expect(refused.message).toMatch(words);
  });

  const parts = ["network", "schema", "temperature", "epsilon", "thresholds", "golden", "training"];
  test.each(parts)("%s missing, no JSON, null, a list, or with a name twice", (name) => {
    for (const text of [undefined, "", "{", "null", "[]", '"x"', "NaN", '{"inputs":1,"inputs":1}', "[".repeat(1e5)]) {
      const refused = refusal(withText(name, text));
      expect(["artefact-malformed", "schema-invalid"]).toContain(refused.code);
      expect(refused.message).toContain(name);
    }
  });

  test.each(Object.entries(LIMITS))("network %s outside %j", (name, [least, most]) => {
    for (const value of [least - 1, most + 1, 2 ** 40]) {
      const refused = refusal(changed(`network/${name}`, value));
      expect(refused.code).toBe(value < 0 ? "artefact-malformed" : "network-limits");
      expect(refused.message).toContain(`network.${name}`);
    }
  });

  const first = "schema/features/0";
  const syn = { kind: "boolean", name: "syn", impute: 0.25 };
  test.each<[path: string, value: Json | undefined, words: RegExp]>([
    ["schema", { features: [] }, /fills 0 inputs, the network has 8/],
    ["schema", { features: [null] }, /features\[0\]/],
    ["schema", { features: [], more: 1 }, /unknown field "more"/],
    ["schema/features", {}, /schema\.features must be an array/],
    [`${first}/name`, "", /features\[0\]\.name/],
    [`${first}/name`, 1, /features\[0\]\.name/],
    [`${first}/name`, undefined, /"name"/],
    [`${first}/name`, "ttl", /two features "ttl"/],
    [`${first}/kind`, "text", /feature "bytes"\.kind must be one of/],
    [`${first}/kind`, "__proto__", /kind/],
    [`${first}/kind`, "boolean", /unknown field/],
    [`${first}/extra`, 1, /unknown field "extra"/],
    [`${first}/clip`, undefined, /feature "bytes" lacks the field "clip"/],
    [`${first}/impute`, null, /feature "bytes"\.impute must be a finite number/],
    [`${first}/center`, "0", /center/],
    [`${first}/signedLog`, 1, /signedLog must be true, false or an origin and a unit/],
    [`${first}/signedLog`, null, /signedLog must be an object/],
    [`${first}/signedLog`, { origin: 0 }, /signedLog lacks the field "unit"/],
    [`${first}/signedLog`, { origin: 0, unit: 0 }, /signedLog\.unit must be greater than 0/],
    [`${first}/signedLog`, { origin: null, unit: 1 }, /signedLog\.origin must be a finite number/],
    [`${first}/scale`, 0, /scale must be greater than 0/],
    [`${first}/scale`, -1, /scale/],
    [`${first}/clip`, 0, /clip/],
    [`${first}/clip`, 1e39, /clip must be small enough/],
    ["schema/features/2/values", ["a", "a"], /feature "protocol"\.values must be without duplicates/],
    ["schema/features/2/values", [1], /values\[0\] must be a string/],
    ["schema/features/2/values", ["a"], /fills 5 inputs/],
    ["schema/features/3/impute", 2, /feature "syn"\.impute/],
    ["schema/features/3", { ...syn, center: 0, scale: 1e-300 }, /feature "syn"/],
    ["schema/features/3", { ...syn, center: 1, scale: 1e-300 }, /feature "syn"/],
  ])("%s = %j", (path, value, words) => {
    const refused = refusal(changed(path, value));
    expect(refused.code).toBe("schema-invalid");
    expect(refused.message).toMatch(words);
    const [, name] = /^feature "(\w+)"/.exec(refused.message) ?? [];
    expect(refused.place.feature).toBe(name ?? (value === "ttl" ? "ttl" : undefined));
  });

  test.each<[path: string, value: Json | undefined, words: RegExp]>([
    ["network/width", 3, /unknown field "width"/],
    ["network/hidden", 1.5, /network\.hidden must be a whole number/],
    ["network/hidden", "6", /network\.hidden/],
    ["temperature", 0.04, /temperature must be a finite number from 0\.05 to 100/],
    ["temperature", 101, /temperature/],
    ["temperature", "1", /temperature/],
    ["epsilon", -0.1, /epsilon/],
    ["epsilon", 1.1, /epsilon/],
    ["thresholds/f1", 1.5, /thresholds\.f1/],
    ["thresholds/f1", null, /thresholds\.f1/],
    ["thresholds/fpr", [], /thresholds\.fpr must be an object/],
    ["thresholds/fpr/0.05", -1, /thresholds\.fpr\["0\.05"\]/],
    ["thresholds/fpr/five", 0.5, /thresholds\.fpr must be named by budgets/],
    ["golden/scores", [0.5], /golden has 2 rows but 1 scores/],
    ["golden/scores/0", 1.5, /golden\.scores\[0\]/],
    ["golden/rows/1", { bytes: 1 }, /golden\.rows\[1\] must be an array/],
    ["golden/rows/1", [1], /golden: row 1 has 1 values/],
    ["golden/rows/0", [1, 1, "tcp", true, 1], /golden\.rows\[0\] must be an array of at most 4/],
    ["golden/rows/1/0", "x", /golden: row 1, feature "bytes"/],
    ["golden/rows/1/2", [], /golden\.rows\[1\]\[2\]/],
    ["training/seed", 0.5, /training\.seed/],
    ["training/split", "random", /training\.split/],
    ["training/shots", -1, /training\.shots/],
    ["training/heldOut", "worm", /training\.heldOut/],
    ["training/families/1", 2, /training\.families\[1\]/],
    ["training/figures/auc", "good", /training\.figures\.auc/],
    ["training/data/files/0/sha256", "ABC", /sha256 must be 64/],
    ["training/data/files/0/size", 1, /training\.data\.files\[0\] has an unknown field/],
    ["training/more", 1, /unknown field/],
    ["more", 1, /unknown name "more"/],
  ])("%s = %j", (path, value, words) => {
    const refused = refusal(changed(path, value));
    expect(refused.code).toBe("artefact-malformed");
    expect(refused.message).toMatch(words);
  });

  test("too many golden rows", () => {
    const rows = Array.from({ length: 257 }, () => [1, 1, "tcp", true]);
    expect(refusal(changed("golden", { rows, scores: rows.map(() => 0) })).code).toBe("artefact-too-large");
  });

  test("weights that are missing, unknown, misshapen, of another type or not finite", () => {
    const { metadata, tensors } = readSafetensors(writeArtefact(sampleArtefact()));
    const tampered = (name: string, tensor: ReturnType<typeof floatTensor> | undefined): UnseenError => {
      const changedTensors = new Map(tensors);
      if (tensor) changedTensors.set(name, tensor);
      else changedTensors.delete(name);
      const refused = refusal(writeSafetensors(changedTensors, metadata));
      expect(refused.code).toBe("artefact-malformed");
      return refused;
    };
    for (const [name, shape] of tensorShapes(sampleArtefact().network)) {
      expect(tampered(name, undefined).message).toBe(`tensor "${name}" is missing`);
      const length = shape.reduce((product, size) => product * size, 1);
      for (const bad of [NaN, Infinity, -Infinity]) {
        const values = new Float32Array(length);
        values[length - 1] = bad;
        expect(tampered(name, floatTensor(values, shape)).message).toBe(`tensor "${name}" has ${bad} at ${length - 1}`);
      }
      expect(tampered(name, floatTensor(new Float32Array(length), [1, ...shape])).message).toContain(`"${name}"`);
      const whole = { dtype: "I32" as const, shape, bytes: new Uint8Array(4 * length) };
      expect(tampered(name, whole).message).toBe(`tensor "${name}" is I32, not F32 or F16`);
    }
    expect(tampered("in.w", floatTensor(new Float32Array(48), [8, 6])).message).toContain("is [8, 6], not [6, 8]");
    expect(tampered("b2.fc1.b", floatTensor(new Float32Array(6), [6])).message).toContain("no weight of the network");
    expect(tampered("__proto__", floatTensor(new Float32Array(1), [1])).message).toContain("no weight");
    const infinite = { dtype: "F16" as const, shape: [2], bytes: Uint8Array.of(0, 0x3c, 0, 0x7c) };
    expect(tampered("head.b", infinite).message).toContain("Infinity");
  });

  test("names that would reach a prototype do no harm", () => {
    refusal(withText("network", '{"__proto__":{"inputs":8,"hidden":6,"blocks":2,"latent":3}}'));
    const file = withText("training", JSON.stringify(sampleArtefact().training).replace('"auc"', '"__proto__"'));
    expect(Object.entries(readArtefact(file).training.figures)).toEqual([["__proto__", 0.9]]);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(inputWidth(SCHEMA)).toBe(8);
  });
});
