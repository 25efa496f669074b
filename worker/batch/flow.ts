/** A batch's coordinator: enqueues its parts, counts until none is missing, writes the manifest. */
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import type { Bindings } from "../bindings.ts";
import { type Batch, cancelKey, type Part, partsOf } from "./batch.ts";
import { countParts } from "./progress.ts";

/** Messages a queue takes at once. */
const AT_ONCE = 100;
/** A batch that is not done by then ends with the parts it has; Queues itself keeps a message for four days. */
const PATIENCE_SECONDS = 48 * 3600;
/** Seconds between counts: a tenth of the time waited so far, so that progress is never far behind. */
const WAIT = { least: 1, most: 300, share: 0.1 };
/** Tries of a step: over half an hour in all, about as the queue's for a part, while R2 or the queue may be away. */
const TRIES = { retries: { limit: 20, delay: 10_000, backoff: "linear" } } as const;

/** Runs as steps, each of which may be done twice without a trace: messages of a part twice leave one result. */
export class BatchFlow extends WorkflowEntrypoint<Bindings, Batch> {
  override async run({ payload: batch }: Readonly<WorkflowEvent<Batch>>, step: WorkflowStep): Promise<string> {
    const { BATCH_STORE: store, BATCH_QUEUE: queue } = this.env;
    if (!store || !queue) throw new Error("BATCH_STORE or BATCH_QUEUE is not bound");
    const parts = partsOf(batch);
    for (let first = 0; first < parts; first += AT_ONCE) {
      await step.do(`enqueue ${first}`, TRIES, async () => {
        if (await store.head(cancelKey(batch.id))) return;
        const many = Math.min(AT_ONCE, parts - first);
        await queue.sendBatch(Array.from({ length: many }, (_, i) => ({ body: { batch, part: first + i } as Part })));
      });
    }
    let waited = 0;
    for (let count = 0; ; count++) {
      const last = waited >= PATIENCE_SECONDS;
      const { state } = await step.do(`count ${count}`, TRIES, async () => {
        const { state } = await countParts(store, batch, { last });
        return { state };
      });
      if (state !== "running") return state;
      const seconds = Math.min(WAIT.most, Math.max(WAIT.least, Math.round(waited * WAIT.share)));
      await step.sleep(`wait ${count}`, seconds * 1000);
      waited += seconds;
    }
  }
}
