/** `unseen export`: a model file as ONNX, for runtimes other than ours. */
import { UnseenError } from "../../model/errors.ts";
import { toOnnx } from "../export/onnx.ts";
import { writeWhole } from "../disk.ts";
import { openModel } from "../model-file.ts";
import { type Command, jsonOption, outFile, printJson, required } from "./command.ts";

export const exportCommand: Command = {
  args: {
    model: { type: "positional", required: true, valueHint: "FILE", description: "model file" },
    onnx: { type: "boolean", description: "as ONNX (opset 17, ai.onnx.ml 3); the one format there is" },
    out: { type: "string", required: true, valueHint: "FILE", description: "file to write (.onnx)" },
    encoded: {
      type: "boolean",
      description: "leave the preprocessing out: the input is x, rows of network inputs",
    },
    ...jsonOption,
  },
  examples: [
    "unseen export model.safetensors --onnx --out model.onnx",
    "unseen export model.safetensors --onnx --encoded --out network.onnx",
  ],
  async run(options) {
    if (options.onnx !== true) throw new UnseenError("option-invalid", "No format is named.", "Add --onnx.");
    const { scorer } = openModel(required(options, "model"));
    const out = outFile(options, "other");
    const bytes = toOnnx(scorer.artefact, { encoded: options.encoded === true });
    writeWhole(out, bytes);
    if (options.json) return printJson({ out, bytes: bytes.length, inputs: scorer.inputs });
    console.log(`${out}: ${bytes.length} bytes`);
  },
};
