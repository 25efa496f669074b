/** `unseen inspect`: what a model file holds. */
import { hash } from "node:crypto";
import { type Artefact, type NetworkShape, tensorShapes } from "../../model/artefact.ts";
import { inputWidth, spansOf } from "../../model/encode.ts";
import { EVIDENCE, isEvidence, kindWeights } from "../../model/evidence.ts";
import { tensorValues } from "../../model/tensor.ts";
import { tierOf } from "../../model/tier.ts";
import type { Feature, NumericFeature } from "../../model/schema.ts";
import { budgetText } from "../../model/thresholds.ts";
import { openModel } from "../model-file.ts";
import { type Command, jsonOption, printJson, required } from "./command.ts";
import { printable, table } from "./table.ts";

export const inspectCommand: Command = {
  args: {
    model: { type: "positional", required: true, valueHint: "FILE", description: "model file" },
    ...jsonOption,
  },
  examples: ["unseen inspect model.safetensors", "unseen inspect model.safetensors --json"],
  async run(options) {
    const { scorer, bytes } = openModel(required(options, "model"));
    const { network, schema, temperature, epsilon, thresholds, training, tensors } = scorer.artefact;
    const sha256 = hash("sha256", bytes);
    if (options.json) {
      return printJson({
        sha256,
        bytes: bytes.length,
        weights: tierOf(tensors),
        network,
        temperature,
        epsilon,
        thresholds,
        training,
        schema,
      });
    }
    // not the scales of int16, which stand for no more weights than there are
    const weights = [...tensorShapes(network).values()].reduce(
      (sum, shape) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    );
    const relevance = tensors.get("relevance");
    const counts = relevance ? tensorValues(relevance) : new Float32Array(inputWidth(schema)).fill(1);
    const spans = spansOf(schema);
    console.log(
      [
        `sha256       ${sha256}`,
        `size         ${bytes.length} bytes, ${weights} weights, ${tierOf(tensors)}`,
        `network      ${sizes(network)}`,
        ...(isEvidence(network) ? [`weighs       ${shares(tensors)}`] : []),
        `temperature  ${temperature.toFixed(4)}, ε ${epsilon}`,
        `thresholds   τ* ${thresholds.f1.toFixed(6)}, ${Object.entries(thresholds.fpr)
          .map(([budget, tau]) => `${budgetText(budget)} ${tau.toFixed(6)}`)
          .join(", ")}`,
        `trained      ${training.createdAt}, seed ${training.seed}, ${training.method}`,
        `on           ${training.data.name}: ${training.normalRows} normal rows, ${training.labels} labels`,
        `domains      ${training.domains.join(", ")}`,
        `seen         ${training.families.join(", ") || "none"}`,
        `held out     ${training.heldOut.join(", ") || "none"}`,
        "",
      ]
        .map(printable)
        .concat(
          table(
            ["feature", "kind", "becomes"],
            schema.features.map((feature, i) => describe(feature, counts[spans[i]])),
          ),
        )
        .join("\n"),
    );
  },
};

function sizes(network: NetworkShape): string {
  if (!isEvidence(network)) {
    return `${network.inputs} → ${network.hidden} × ${network.blocks} blocks → ${network.latent} → 2`;
  }
  const { inputs, prototypeSets, prototypes, references, shallowTrees, deepTrees, departureTrees } = network;
  return (
    `${inputs} → evidence: ${shallowTrees} shallow, ${deepTrees} deep and ${departureTrees} departure trees, ` +
    `Gaussian, ${prototypeSets} × ${prototypes} prototypes, ${references} references → 2`
  );
}

/** The kinds of evidence that have a weight, the heaviest first, with their shares of the sum. */
function shares(tensors: Artefact["tensors"]): string {
  const weights = kindWeights(tensors);
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return EVIDENCE.map((kind, i) => ({ kind, share: weights[i] / sum }))
    .filter(({ share }) => share > 0)
    .toSorted((a, b) => b.share - a.share)
    .map(({ kind, share }) => `${kind} ${(100 * share).toFixed(0)} %`)
    .join(", ");
}

/** @param share what it counts in distances to points */
function describe(feature: Feature, share: number): string[] {
  const { name, kind } = feature;
  const less = share < 1 ? `; counts ${short(share)} in distances` : "";
  if (kind === "categorical") return [name, kind, `one of ${feature.values.join(", ")}, other${less}`];
  const scaled = `(x − ${short(feature.center)}) / ${short(feature.scale)}, missing → ${short(feature.impute)}`;
  return [name, kind, `${kind === "numeric" ? logOf(feature.signedLog) : ""}${scaled}${less}`];
}

function logOf(log: NumericFeature["signedLog"]): string {
  if (typeof log === "object") return `signed log of (x − ${short(log.origin)}) / ${short(log.unit)}, `;
  return log ? "signed log, " : "";
}

/** Four digits of a number. */
function short(number: number): number {
  return Number(number.toPrecision(4));
}
