import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { errorOf } from "../data/testing.ts";
import { ask, askLines } from "./endpoint.ts";

const JSON_TYPE = { "content-type": "application/json" };
const server = createServer((request, response) => {
  if (request.url?.includes("/page/")) response.writeHead(200, { "content-type": "text/html" }).end("<html>");
  else if (request.url?.includes("/cut/")) {
    response.writeHead(200, { ...JSON_TYPE, "content-length": "100" }).write("{");
    setTimeout(() => response.destroy(), 50);
  } else if (request.url?.includes("/gone/")) response.writeHead(502, { "content-type": "text/html" }).end("<html>");
  else if (request.url?.includes("/null/")) response.writeHead(404, JSON_TYPE).end("null");
  else response.writeHead(200, JSON_TYPE).end(JSON.stringify({ path: request.url }));
}).listen(0, "127.0.0.1");
let url: string;
beforeAll(async () => {
  if (!server.listening) await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => void server.close());

test("a Worker's answer is read; what is none of a Worker, or is cut short, is said to be that", async () => {
  expect(await ask({ url, name: "flows" }, "drift?hours=1")).toEqual({ path: "/v1/models/flows/drift?hours=1" });
  const said = {
    page: "answered with text/html",
    cut: "cannot be reached",
    gone: "answered 502",
    null: "answered 404",
  };
  for (const [name, words] of Object.entries(said)) {
    for (const asked of [ask, askLines]) {
      const { code, message } = await errorOf(() => asked({ url, name }, "drift"));
      expect([code, message]).toEqual(["endpoint-failed", expect.stringContaining(words)]);
    }
  }
});
