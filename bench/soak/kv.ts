/** A KV namespace of one's own over HTTP, as workerd asks one, that can be told to fail. */
import { hash } from "node:crypto";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { pointerKey, weightsKey, writtenPointer } from "../../model/pointer.ts";

/** How it fails: an error, a connection cut off, an answer that does not come for a while. */
export type KvFault = "error" | "reset" | "slow";

/** How long a slow answer takes. */
const SLOW_MS = 1500;

export class KvService {
  readonly values = new Map<string, Uint8Array>();
  /** The fault every read has now. */
  fault: KvFault | undefined;
  /** Reads since the start, and those that were made to fail. */
  reads = 0;
  failed = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.reads++;
      const answer = (): void => {
        const url = new URL(request.url ?? "/", "http://kv");
        const key = decodeURIComponent(url.pathname.slice(1));
        if (key === "") {
          const prefix = url.searchParams.get("prefix") ?? "";
          const keys = [...this.values.keys()].filter((name) => name.startsWith(prefix)).map((name) => ({ name }));
          response.end(JSON.stringify({ keys, list_complete: true }));
          return;
        }
        const value = this.values.get(key);
        if (value) response.end(value);
        else response.writeHead(404).end();
      };
      if (this.fault) this.failed++;
      if (this.fault === "error") response.writeHead(500).end();
      else if (this.fault === "reset") request.socket.destroy();
      else if (this.fault === "slow") setTimeout(answer, SLOW_MS);
      else answer();
    });
  }

  static async start(): Promise<KvService> {
    const service = new KvService();
    await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  put(key: string, value: Uint8Array | string): void {
    this.values.set(key, typeof value === "string" ? new TextEncoder().encode(value) : value);
  }

  /** Puts model files as versions 1, 2, … of a name, then the pointer with the last one current. @returns its SHA-256 */
  publish(name: string, files: readonly Uint8Array[]): string {
    const versions = files.map((bytes, i) => {
      const sha256 = hash("sha256", bytes);
      this.put(weightsKey(sha256), bytes);
      return { version: i + 1, sha256, publishedAt: "2026-01-01T00:00:00.000Z" };
    });
    const [current, ...history] = versions.toReversed();
    this.put(pointerKey(name), writtenPointer({ name, current, history }));
    return current.sha256;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
