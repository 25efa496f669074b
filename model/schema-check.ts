/** Checks a feature schema out of a file: names, kinds, and numbers that can only encode to finite floats. */
import { inputWidth } from "./encode.ts";
import { UnseenError } from "./errors.ts";
import type { JsonValue } from "./json-value.ts";
import { quote, shorten } from "./names.ts";
import type { BooleanFeature, CategoricalFeature, Feature } from "./schema.ts";
import type { LogUnit, NumericFeature, Schema } from "./schema.ts";

const REMEDY = "Train the model again, or correct the schema it was written with.";

/** The error for a schema that breaks a rule. */
function invalid(message: string, feature?: string): UnseenError {
  return new UnseenError("schema-invalid", message, REMEDY, feature === undefined ? {} : { feature });
}

/**
 * Reads a schema; what comes back holds the documented fields and nothing else.
 *
 * @param inputs how many inputs the network has, which the schema must fill
 * @throws UnseenError schema-invalid, naming the feature
 */
export function readSchema(json: JsonValue, inputs: number): Schema {
  const { features: items } = json.at("schema", invalid).fields("features");
  const names = new Set<string>();
  const features = items.items().map((item) => {
    const feature = readFeature(item);
    if (names.has(feature.name)) {
      throw invalid(`the schema has two features ${quote(feature.name)}`, shorten(feature.name));
    }
    names.add(feature.name);
    return feature;
  });
  const width = inputWidth({ features });
  if (width !== inputs) {
    throw invalid(`the schema fills ${width} inputs, the network has ${inputs}`);
  }
  return { features };
}

function readFeature(item: JsonValue): Feature {
  const name = item.field("name").text();
  if (name === "") throw item.field("name").wrong("a name with at least one character");
  const named = item.at(`feature ${quote(name)}`, (message) => invalid(message, shorten(name)));
  const kind = named.field("kind").oneOf("numeric", "categorical", "boolean");
  return READERS[kind](named, name);
}

/** A reader for each kind of feature; a new kind is a line here and a branch in the encoder. */
const READERS: Readonly<Record<Feature["kind"], (json: JsonValue, name: string) => Feature>> = {
  numeric: readNumeric,
  categorical: readCategorical,
  boolean: readBoolean,
};

function readNumeric(json: JsonValue, name: string): NumericFeature {
  const given = json.fields("kind", "name", "impute", "signedLog", "center", "scale", "clip");
  return {
    kind: "numeric",
    name,
    impute: given.impute.number(),
    signedLog: readSignedLog(given.signedLog),
    center: given.center.number(),
    scale: positive(given.scale),
    clip: finiteFloat(positive(given.clip), given.clip),
  };
}

function readSignedLog(json: JsonValue): boolean | LogUnit {
  if (typeof json.value === "boolean") return json.value;
  if (typeof json.value !== "object") throw json.wrong("true, false or an origin and a unit");
  const { origin, unit } = json.fields("origin", "unit");
  return { origin: origin.number(), unit: positive(unit) };
}

function readCategorical(json: JsonValue, name: string): CategoricalFeature {
  const given = json.fields("kind", "name", "values");
  const values = given.values.texts();
  if (new Set(values).size < values.length) throw given.values.wrong("without duplicates");
  return { kind: "categorical", name, values };
}

function readBoolean(json: JsonValue, name: string): BooleanFeature {
  const given = json.fields("kind", "name", "impute", "center", "scale");
  const feature: BooleanFeature = {
    kind: "boolean",
    name,
    impute: given.impute.number(0, 1),
    center: given.center.number(),
    scale: positive(given.scale),
  };
  // nothing clips a boolean, so both ends must fit a 32-bit float
  for (const end of [0, 1]) finiteFloat((end - feature.center) / feature.scale, json);
  return feature;
}

function positive(json: JsonValue): number {
  const value = json.number();
  if (value > 0) return value;
  throw json.wrong("greater than 0");
}

function finiteFloat(value: number, json: JsonValue): number {
  if (Number.isFinite(Math.fround(value))) return value;
  throw json.wrong("small enough for 32-bit floats");
}
