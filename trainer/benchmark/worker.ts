/** A worker process of the benchmark: answers one request at a time. */
import { answerEach } from "./answering.ts";
import { Bench, type Request } from "./bench.ts";
import type { ResultLine } from "./line.ts";
import type { Outline } from "./plan.ts";

export type Answer =
  | { readonly kind: "outline"; readonly outline: Outline }
  | { readonly kind: "lines"; readonly lines: readonly ResultLine[] };

const bench = new Bench();

answerEach(async (request: Request): Promise<Answer> => {
  if (request.kind === "task") return { kind: "lines", lines: await bench.run(request.task) };
  return { kind: "outline", outline: await bench.outline(request.folder, request.families) };
});
