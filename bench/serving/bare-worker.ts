/** What workerd costs by itself: takes a body and answers, with `/parsed` once the body has become objects. */
export { LiveHistograms } from "../../worker/live-histograms.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    // left unread, a long body would break the connection
    const bytes = await request.arrayBuffer();
    if (request.url.endsWith("/parsed")) JSON.parse(new TextDecoder().decode(bytes));
    return new Response("{}", { headers: { "content-type": "application/json" } });
  },
};
