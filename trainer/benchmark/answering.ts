/** What runs in a worker process of a pool: a request comes as a message, its answer or its fault goes back as one. */
import { UnseenError } from "../../model/errors.ts";

/** What is answered where a request failed. */
export interface Fault {
  readonly kind: "fault";
  readonly message: string;
  /** Of an UnseenError: its code and remedy. */
  readonly code: UnseenError["code"] | null;
  readonly remedy: string;
}

/** Answers every request that the pool sends to this process. */
export function answerEach<Q, A>(answer: (request: Q) => Promise<A>): void {
  process.on("message", async (request: Q) => {
    const answered = await answer(request).catch(faultOf);
    // where the one that asked was ended, nobody waits for it
    process.send?.(answered, () => {});
  });
  process.on("disconnect", () => process.exit());
  // Ctrl-C reaches every process of the terminal: the one that asked decides what becomes of this one.
  process.on("SIGINT", () => {});
}

function faultOf(error: unknown): Fault {
  if (error instanceof UnseenError) {
    return { kind: "fault", message: error.message, code: error.code, remedy: error.remedy };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: "fault", message, code: null, remedy: "" };
}
