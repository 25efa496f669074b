/** `unseen quantize`: the same model with smaller weights. */
import { writeArtefact } from "../../model/artefact.ts";
import { tierOf, TIERS } from "../../model/tier.ts";
import { quantise } from "../learn/quantise.ts";
import { writeWhole } from "../disk.ts";
import { openModel } from "../model-file.ts";
import { choice, type Command, jsonOption, outFile, printJson, required } from "./command.ts";

export const weightsOption = {
  weights: {
    type: "string",
    default: "f32",
    valueHint: "TIER",
    description: "f32, f16 or int16: the published form at half the size, and int16 faster; others by a few percent",
  },
} as const;

export const quantizeCommand: Command = {
  args: {
    model: { type: "positional", required: true, valueHint: "FILE", description: "model file" },
    ...weightsOption,
    out: { type: "string", required: true, valueHint: "FILE", description: "model file to write" },
    ...jsonOption,
  },
  examples: [
    "unseen quantize model.safetensors --weights int16 --out small.safetensors",
    "unseen quantize model.safetensors --weights f16 --out half.safetensors",
  ],
  async run(options) {
    const { scorer, bytes } = openModel(required(options, "model"));
    const out = outFile(options, "model");
    const tier = choice(options, "weights", TIERS);
    const artefact = quantise(scorer.artefact, tier);
    const written = writeArtefact(artefact);
    writeWhole(out, written);
    const before = scorer.artefact.golden.scores;
    const change = artefact.golden.scores.reduce((most, score, i) => Math.max(most, Math.abs(score - before[i])), 0);
    const from = tierOf(scorer.artefact.tensors);
    if (options.json) return printJson({ out, from, to: tier, bytes: written.length, before: bytes.length, change });
    const size = (length: number): string => `${(length / 1024).toFixed(0)} KiB`;
    console.log(
      `${out}: ${from} ${size(bytes.length)} → ${tier} ${size(written.length)}; ` +
        `golden scores change by at most ${change.toExponential(1)}`,
    );
  },
};
