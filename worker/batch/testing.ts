/** The Worker as it is deployed, but with faults a test asks for, and without the waits between tries. */
import type { Message, Queue, R2Bucket } from "@cloudflare/workers-types";
import type { Bindings } from "../bindings.ts";
import type { Delivery } from "./consumer.ts";
import worker, { BatchFlow as DeployedFlow } from "../index.ts";

export { LiveHistograms } from "../index.ts";

/** Parts of keys whose next writes to R2 throw, and how often: before the value is written, or when it is there. */
export const failingWrites = new Map<string, { left: number; when: "before" | "after" }>();
/** How many of the next messages' sendings throw when all is sent. */
export const failingSends = { left: 0 };
/** Messages delivered to the consumer, dead letters too. */
export const deliveries: { readonly queue: string; readonly body: unknown; readonly attempts: number }[] = [];

export class BatchFlow extends DeployedFlow {
  constructor(...[state, env]: ConstructorParameters<typeof DeployedFlow>) {
    super(state, faultyBindings(env));
  }
}

export default {
  ...worker,
  queue: (batch: Delivery, env: Bindings): Promise<void> => {
    const messages = batch.messages.map((message) => {
      deliveries.push({ queue: batch.queue, body: message.body, attempts: message.attempts });
      return hasty(message);
    });
    return worker.queue({ queue: batch.queue, messages }, faultyBindings(env));
  },
};

function hasty(message: Message<unknown>): Message<unknown> {
  const { id, timestamp, body, attempts } = message;
  return { id, timestamp, body, attempts, ack: () => message.ack(), retry: () => message.retry() } as Message<unknown>;
}

function faultyBindings(env: Bindings): Bindings {
  const { BATCH_STORE: store, BATCH_QUEUE: queue } = env;
  return store && queue ? { ...env, BATCH_STORE: faultyStore(store), BATCH_QUEUE: faultyQueue(queue) } : env;
}

function faultyQueue(queue: Queue<unknown>): Queue<unknown> {
  const sendBatch: typeof queue.sendBatch = async (messages) => {
    const sent = await queue.sendBatch(messages);
    if (failingSends.left-- > 0) throw new Error("a fault the test asked for");
    return sent;
  };
  return { sendBatch } as typeof queue;
}

function faultyStore(store: R2Bucket): R2Bucket {
  const put = async (key: string, ...rest: unknown[]): Promise<unknown> => {
    const write = (): Promise<unknown> => (store.put as (...all: unknown[]) => Promise<unknown>)(key, ...rest);
    const fault = [...failingWrites].find(([part, { left }]) => left > 0 && key.includes(part))?.[1];
    if (!fault) return write();
    fault.left--;
    if (fault.when === "after") await write();
    throw new Error("a fault the test asked for");
  };
  return {
    put,
    get: store.get.bind(store),
    head: store.head.bind(store),
    list: store.list.bind(store),
  } as unknown as R2Bucket;
}
