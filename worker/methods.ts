/** Which methods a path has, read off the routes themselves. */
import type { Hono } from "hono";
import type { AppEnv } from "./bindings.ts";

interface Route {
  readonly pattern: RegExp;
  readonly method: string;
}

/** Methods by path; made once, after the last route. */
export class Methods {
  readonly #routes: readonly Route[];

  constructor(app: Hono<AppEnv>) {
    this.#routes = app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ path, method }) => ({ pattern: pathPattern(path), method }));
  }

  /** The methods of a path, HEAD with every GET; none where there is no such path. */
  of(path: string): string[] {
    const methods = new Set<string>();
    for (const { pattern, method } of this.#routes) if (pattern.test(path)) methods.add(method);
    if (methods.has("GET")) methods.add("HEAD");
    return [...methods];
  }
}

/** Hono's path as a pattern: `:name` is one segment, `:name{…}` what its braces say. */
function pathPattern(path: string): RegExp {
  const parts = path.split(/(:\w+(?:\{[^}]+\})?)/);
  const source = parts.map((part) => {
    if (!part.startsWith(":")) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const braces = /\{([^}]+)\}$/.exec(part);
    return braces ? `(?:${braces[1]})` : "[^/]+";
  });
  return new RegExp(`^${source.join("")}$`);
}
