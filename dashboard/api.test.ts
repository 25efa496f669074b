import { afterEach, expect, test, vi } from "vitest";
import { ServiceError, weights } from "./api.ts";

vi.hoisted(() => vi.stubGlobal("sessionStorage", { getItem: () => null }));
afterEach(() => vi.unstubAllGlobals());

test("weights are taken by their hash, and where nobody can check it, that is said", async () => {
  vi.stubGlobal("fetch", async () => new Response("abc"));
  const hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const refused = (sha256: string) => weights("flows", sha256).catch((error: unknown) => error);
  expect(await refused(hash)).toMatchObject({ message: "A page by plain HTTP cannot check a model." });
  vi.stubGlobal("isSecureContext", true);
  expect(new TextDecoder().decode(await weights("flows", hash))).toBe("abc");
  expect(await refused(hash.replace("b", "0"))).toBeInstanceOf(ServiceError);
});
