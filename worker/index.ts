/** The Worker's entry: the app, the consumer and the coordinator of batches, with the compiled kernel. */
import kernel from "../build/score.wasm";
import { Scorer } from "../model/scorer.ts";
import { createApp } from "./app.ts";
import { createConsumer } from "./batch/consumer.ts";

const open = (bytes: Uint8Array): Scorer => Scorer.open(bytes, kernel);
const { fetch } = createApp(open);

export { LiveHistograms } from "./live-histograms.ts";
export { BatchFlow } from "./batch/flow.ts";
export default { fetch, queue: createConsumer(open) };
