/** A worker process of the benchmark: answers one request at a time. */
import { UnseenError } from "../../model/errors.ts";
import { Bench, type Request } from "./bench.ts";
import type { ResultLine } from "./line.ts";
import type { Outline } from "./plan.ts";

export type Answer =
  | { readonly kind: "outline"; readonly outline: Outline }
  | { readonly kind: "lines"; readonly lines: readonly ResultLine[] }
  | {
      readonly kind: "fault";
      readonly message: string;
      /** Of an UnseenError: its code and remedy. */
      readonly code: UnseenError["code"] | null;
      readonly remedy: string;
    };

const bench = new Bench();

async function answer(request: Request): Promise<Answer> {
  try {
    if (request.kind === "task") return { kind: "lines", lines: await bench.run(request.task) };
    return { kind: "outline", outline: await bench.outline(request.folder, request.families) };
  } catch (error) {
    if (error instanceof UnseenError) {
      return { kind: "fault", message: error.message, code: error.code, remedy: error.remedy };
    }
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: "fault", message, code: null, remedy: "" };
  }
}

process.on("message", async (request: Request) => process.send?.(await answer(request)));
// Ctrl-C reaches every process of the terminal: the one that asked decides what becomes of this one.
process.on("SIGINT", () => {});
