/** What workerd costs by itself: takes a body and answers, with `/read` once its rows have become numbers. */
import { envelopeOf } from "../../worker/envelope.ts";
import { ROWS } from "../../worker/limits.ts";
import { rowReader } from "../../worker/row-reader.ts";
import { referenceSchema } from "../reference-schema.ts";

const INPUTS = 77;
const SCHEMA = referenceSchema(INPUTS);

export { LiveHistograms } from "../../worker/live-histograms.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    // left unread, a long body would break the connection
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (request.url.endsWith("/read")) {
      const envelope = envelopeOf(bytes);
      if (!envelope || !rowReader.read(SCHEMA, bytes, envelope.start, envelope.end, ROWS)) {
        return new Response("not read", { status: 500 });
      }
    }
    return new Response("{}", { headers: { "content-type": "application/json" } });
  },
};
