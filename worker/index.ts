/** The Worker's entry: the app, the consumer and the coordinator of batches, with the compiled kernels. */
import plain from "../build/score.wasm";
import relaxed from "../build/score-relaxed.wasm";
import { openFastest } from "../model/builds.ts";
import type { Scorer } from "../model/scorer.ts";
import { createApp } from "./app.ts";
import { createConsumer } from "./batch/consumer.ts";

// The platform compiles both as it starts the Worker, and would refuse it where an engine did not know relaxed SIMD. There
// is none: V8 has had it since 11.4, of May 2023, and no workerd runs a Worker whose compatibility date is after its own.
const open = (bytes: Uint8Array): Scorer => openFastest(bytes, { plain, relaxed });
const { fetch } = createApp(open);

export { LiveHistograms } from "./live-histograms.ts";
export { BatchFlow } from "./batch/flow.ts";
export default { fetch, queue: createConsumer(open) };
