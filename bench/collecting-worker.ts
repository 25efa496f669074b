/** The Worker as it is, with one more route that has V8 collect its garbage; for bench/isolate.ts. */
import worker from "../worker/index.ts";

export { BatchFlow, LiveHistograms } from "../worker/index.ts";

export default {
  ...worker,
  fetch(request: Request, ...rest: [never, never]): Response | Promise<Response> {
    if (new URL(request.url).pathname !== "/collect") return worker.fetch(request, ...rest);
    const { gc } = globalThis as { gc?: () => void };
    if (!gc) return new Response("V8 runs without --expose-gc", { status: 500 });
    gc();
    return new Response();
  },
};
