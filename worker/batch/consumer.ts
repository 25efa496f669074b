/** The queue's consumer: a message is a part; done twice it leaves one result, failed it is tried again, dead it is written down. */
import type { Message, MessageBatch, R2Bucket } from "@cloudflare/workers-types";
import type { Scorer } from "../../model/scorer.ts";
import type { Bindings } from "../bindings.ts";
import { cancelKey, deadLetterKey, failureKey, type Part, readPart, resultKey } from "./batch.ts";
import { Hopeless, scorePart } from "./part.ts";
import { pinnedScorer } from "./pinned.ts";
import { putJson } from "./progress.ts";

/** Longest wait between two tries of a part; the first is two seconds, and each is twice the one before. */
const RETRY_SECONDS = 300;
/** Queues whose name ends so hold what every retry failed on. */
const DEAD = /-dead$/;

/** What the consumer reads of a batch of messages. */
export type Delivery = Pick<MessageBatch<unknown>, "queue" | "messages">;

/** @param open decodes and self-tests weights with the kernel */
export function createConsumer(open: (bytes: Uint8Array) => Scorer): (batch: Delivery, env: Bindings) => Promise<void> {
  const scorerOf = pinnedScorer(open);
  return async ({ queue, messages }, env) => {
    const { BATCH_STORE: store, MODELS } = env;
    if (!store) throw new Error("BATCH_STORE is not bound");
    for (const message of messages) {
      if (DEAD.test(queue)) await bury(store, message);
      else await consume(store, message, (sha256) => scorerOf(MODELS, sha256));
    }
  };
}

async function consume(
  store: R2Bucket,
  message: Message<unknown>,
  scorerOf: (sha256: string) => Promise<Scorer>,
): Promise<void> {
  const part = readPart(message.body);
  // Nobody will understand it later: straight on to the dead letters.
  if (!part) return (log("not understood", message), message.retry());
  const { id, model } = part.batch;
  await orLater(message, part, async () => {
    // Delivered twice, or tried again after its answer was lost; or nobody wants it any more.
    const done = await Promise.all([resultKey(id, part.part), cancelKey(id)].map((key) => store.head(key)));
    if (done.some((each) => each !== null)) return;
    try {
      await scorePart(store, await scorerOf(model.sha256), part);
    } catch (fault) {
      if (!(fault instanceof Hopeless)) throw fault;
      await writeFailure(store, part, fault.code, fault.message);
    }
  });
}

/** A dead letter becomes its part's failure, which the manifest names; one that is no part is kept as it is. */
async function bury(store: R2Bucket, message: Message<unknown>): Promise<void> {
  const part = readPart(message.body);
  log("dead", message, part);
  await orLater(message, part, async () => {
    if (part)
      await writeFailure(store, part, "part-dead", "Every retry of the part failed; the Worker's log says on what.");
    else await putJson(store, deadLetterKey(message.id), message.body);
  });
}

/** Acknowledges a message once its work is done; what fails comes again, later each time. */
async function orLater(message: Message<unknown>, part: Part | undefined, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    message.ack();
  } catch (fault) {
    log("failed", message, part, fault);
    message.retry({ delaySeconds: Math.min(RETRY_SECONDS, 2 ** message.attempts) });
  }
}

async function writeFailure(store: R2Bucket, { batch, part }: Part, code: string, detail: string): Promise<void> {
  await putJson(store, failureKey(batch.id, part), { part, code, detail }, { customMetadata: { code, detail } });
}

/** Never a row's values: a fault by its name, a part by its number. */
function log(what: string, { id, attempts }: Message<unknown>, part?: Part, fault?: unknown): void {
  const name = fault instanceof Error ? fault.name : undefined;
  console.error(JSON.stringify({ batch: part?.batch.id, part: part?.part, message: id, attempts, what, fault: name }));
}
