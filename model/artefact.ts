/** The artefact: everything a score needs in one safetensors file, weights as tensors and the rest as metadata. */
import { malformed, readGolden, readNetwork, readThresholds, readTraining } from "./artefact-check.ts";
import { crc32 } from "./crc32.ts";
import { UnseenError } from "./errors.ts";
import { type EvaluationSummary, readEvaluation } from "./evaluation.ts";
import { isEvidence } from "./evidence.ts";
import { JsonValue } from "./json-value.ts";
import { type Memory, readMemory } from "./memory.ts";
import { quote } from "./names.ts";
import { readReference, type Reference } from "./reference.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";
import type { Schema } from "./schema.ts";
import type { Searches } from "./soundness.ts";
import { readSchema } from "./schema-check.ts";
import { checkWeights } from "./weights-check.ts";

export { LIMITS } from "./artefact-check.ts";
export { tensorShapes } from "./weights-check.ts";

/** The version of the file's contents that this program reads and writes. */
export const FORMAT = "unseen/9";

/** Sizes of the published network; see model/network.ts for what they mean. */
export interface ResidualShape {
  readonly inputs: number;
  readonly hidden: number;
  readonly blocks: number;
  readonly latent: number;
}

/** Sizes of the evidence network; see model/evidence.ts for its parts. */
export interface EvidenceShape {
  readonly kind: "evidence";
  readonly inputs: number;
  /** Whether some inputs count less than others in distances to points (tensor "relevance"); left out where all are alike. */
  readonly weighted?: true;
  /** Knots of the columns' tails. */
  readonly tailKnots: number;
  /** Sets of prototypes, each of a k-means of its own, and how many are in each. */
  readonly prototypeSets: number;
  readonly prototypes: number;
  readonly references: number;
  readonly shallowTrees: number;
  readonly shallowNodes: number;
  readonly deepTrees: number;
  readonly deepNodes: number;
  readonly departureTrees: number;
  readonly departureNodes: number;
}

export type NetworkShape = ResidualShape | EvidenceShape;

/** Decision thresholds on the anomaly score s(x): anomalous when s ≥ τ. */
export interface Thresholds {
  /** τ* of equation (9): best F1 on the pooled validation rows of seen families. */
  readonly f1: number;
  /** False-positive budget ("0.001", "0.01", "0.05") → threshold on normal validation rows. */
  readonly fpr: Readonly<Record<string, number>>;
}

/** Normal domains, and seen families, that give a golden row each at the most. */
export const GOLDEN_GROUPS = 4;

/**
 * Rows with the scores the trainer gave them; recomputed on load before a model may serve. A typical row of each of the
 * first normal domains, then a label of each of the first seen families.
 */
export interface Golden {
  readonly rows: readonly (readonly (number | string | boolean | null)[])[];
  readonly scores: readonly number[];
}

/** How the model came to be: for model cards, and so that evaluation can tell which rows training saw. */
export interface TrainingSummary {
  readonly method: string;
  readonly createdAt: string;
  readonly seed: number;
  readonly split: "rows" | "blocks";
  readonly shots: number;
  /** Every labelled anomaly used for anything: support, validation, thresholds. */
  readonly labels: number;
  readonly heldOut: readonly string[];
  readonly domains: readonly string[];
  readonly families: readonly string[];
  /** Of families with labels in the data: the largest content hash among them, so that rows added later tell them apart. */
  readonly reach: Readonly<Record<string, number>>;
  readonly normalRows: number;
  readonly data: {
    readonly name: string;
    readonly files: readonly { readonly path: string; readonly sha256: string }[];
    /** Columns of a table that named its domains and blocks: what blocks were split by. */
    readonly roles: Readonly<Partial<Record<"domain" | "block", string>>>;
  };
  /** Free-form figures measured during training, e.g. validation AUC. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface Tensor {
  readonly dtype: "F32" | "F16" | "I16" | "I8" | "U8" | "I32" | "F64" | "I64";
  readonly shape: readonly number[];
  /** Raw little-endian bytes, a view into the file where possible. */
  readonly bytes: Uint8Array;
}

export interface Artefact {
  readonly network: NetworkShape;
  readonly schema: Schema;
  readonly temperature: number;
  readonly epsilon: number;
  readonly thresholds: Thresholds;
  readonly golden: Golden;
  readonly training: TrainingSummary;
  /** How normal rows look to the model; none where no normal row was left to validate on. */
  readonly reference?: Reference;
  /** What the head can be fitted again on; evidence networks only. */
  readonly memory?: Memory;
  /** What rows that training did not see told of it, where `unseen evaluate --write` put it down. */
  readonly evaluation?: EvaluationSummary;
  /** Weight tensors by name, those of `tensorShapes`; matrices as [out, in]. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Metadata names besides "format"; each value is a JSON text. */
const PARTS = ["network", "schema", "temperature", "epsilon", "thresholds", "golden", "training"] as const;
/** Those that a file may lack. */
const OPTIONAL_PARTS = ["reference", "memory", "evaluation"] as const;
/** CRC-32 of the file as it would be without this entry. */
const CHECKSUM = "checksum";

/**
 * Reads an artefact and checks everything but its golden scores, which need the kernel (see Scorer), and its checksum:
 * an isolate has compared the SHA-256 of the whole file, and who has only the file asks `checkWhole`.
 *
 * Weight bytes are views of `bytes`, so leave it unchanged.
 *
 * @param searches who looks at all weights: a kernel where there is one
 * @throws UnseenError artefact-truncated, artefact-malformed, artefact-too-large, artefact-version, network-limits,
 * schema-invalid
 */
export function readArtefact(bytes: Uint8Array, searches?: Searches): Artefact {
  const { metadata, tensors } = readSafetensors(bytes);
  checkFormat(metadata.format);
  const known: readonly string[] = ["format", CHECKSUM, ...PARTS, ...OPTIONAL_PARTS];
  for (const name of Object.keys(metadata)) {
    if (!known.includes(name)) throw malformed(`the metadata has an unknown name ${quote(name)}`);
  }
  const part = (name: (typeof PARTS)[number] | (typeof OPTIONAL_PARTS)[number]): JsonValue => {
    const text = metadata[name];
    if (text === undefined) throw malformed(`the metadata lacks "${name}"`);
    return JsonValue.parse(text, name, malformed);
  };
  const network = readNetwork(part("network"));
  const schema = readSchema(part("schema"), network.inputs);
  return {
    network,
    schema,
    temperature: part("temperature").number(0.05, 100),
    // trees have no gradient to step along
    epsilon: part("epsilon").number(0, isEvidence(network) ? 0 : 1),
    thresholds: readThresholds(part("thresholds")),
    golden: readGolden(part("golden"), schema),
    training: readTraining(part("training")),
    ...(metadata.reference === undefined ? {} : { reference: readReference(part("reference"), schema) }),
    ...(metadata.memory === undefined ? {} : { memory: readMemory(part("memory"), network) }),
    ...(metadata.evaluation === undefined ? {} : { evaluation: readEvaluation(part("evaluation"), schema) }),
    tensors: checkWeights(tensors, network, searches),
  };
}

/**
 * Writes an artefact; the same artefact gives the same bytes. A file that `readArtefact` refuses is never written.
 *
 * @throws UnseenError as `readArtefact` does
 */
export function writeArtefact(artefact: Artefact): Uint8Array {
  const metadata: Record<string, string> = { format: JSON.stringify(FORMAT) };
  for (const name of PARTS) metadata[name] = JSON.stringify(artefact[name]);
  for (const name of OPTIONAL_PARTS) if (artefact[name]) metadata[name] = JSON.stringify(artefact[name]);
  const checksum = crc32(writeSafetensors(artefact.tensors, metadata));
  const bytes = writeSafetensors(artefact.tensors, { ...metadata, [CHECKSUM]: JSON.stringify(checksum) });
  readArtefact(bytes);
  return bytes;
}

/**
 * Compares a file with its checksum: golden rows alone touch too few weights to tell that some are not what was written.
 *
 * @throws UnseenError artefact-malformed where they differ; as `readArtefact` does for what is no such file
 */
export function checkWhole(bytes: Uint8Array): void {
  const { metadata, tensors } = readSafetensors(bytes);
  checkFormat(metadata.format);
  const { [CHECKSUM]: checksum, ...rest } = metadata;
  if (checksum === String(crc32(writeSafetensors(tensors, rest)))) return;
  throw malformed("the contents are not those the checksum was made of");
}

function checkFormat(format: string | undefined): void {
  if (format === JSON.stringify(FORMAT)) return;
  throw new UnseenError(
    "artefact-version",
    format === undefined
      ? "the file names no format: it holds tensors, but no model of this program"
      : `the file's format is ${quote(format)}, this program reads ${quote(FORMAT)}`,
    "Use the program's version that wrote the file, or train the model again.",
  );
}
