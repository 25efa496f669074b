/** Errors as answers: RFC 9457 problem documents, with a stable code, the place and the remedy. */
import { type ErrorCode, UnseenError } from "../model/errors.ts";

export type ProblemCode =
  | ErrorCode
  | "body-malformed"
  | "body-too-deep"
  | "body-too-large"
  | "body-too-slow"
  | "line-too-long"
  | "rows-too-many"
  | "request-invalid"
  | "media-type"
  | "content-encoding"
  | "not-acceptable"
  | "rate-limited"
  | "key-missing"
  | "key-wrong"
  | "model-unknown"
  | "model-unavailable"
  | "drift-off"
  | "store-unavailable"
  | "feedback-off"
  | "feedback-full"
  | "batches-off"
  | "batch-unknown"
  | "batch-running"
  | "batch-stopped"
  | "object-unknown"
  | "route-unknown"
  | "method-wrong"
  | "internal";

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Key missing",
  403: "Key not accepted",
  404: "Not found",
  405: "Method not allowed",
  406: "Not acceptable",
  408: "Too slow",
  409: "Conflict",
  413: "Too large",
  415: "Unsupported media type",
  422: "Unprocessable content",
  429: "Too many requests",
  500: "Internal error",
  501: "Not configured",
  503: "Not available now",
};

/** Thrown by routes; answered by the app. */
export class Problem extends Error {
  readonly status: number;
  readonly code: ProblemCode;
  readonly remedy: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly place: { readonly row?: number; readonly feature?: string };

  constructor(
    status: number,
    code: ProblemCode,
    detail: string,
    remedy: string,
    extra: { headers?: Record<string, string>; place?: { row?: number; feature?: string } } = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.remedy = remedy;
    this.headers = extra.headers ?? {};
    this.place = extra.place ?? {};
  }
}

/** Any fault as a problem; what nobody foresaw tells the caller nothing but the request id. */
export function toProblem(fault: unknown): Problem {
  if (fault instanceof Problem) return fault;
  if (fault instanceof UnseenError) {
    const { row, feature } = fault.place;
    const place = { ...(row === undefined ? {} : { row }), ...(feature === undefined ? {} : { feature }) };
    return new Problem(422, fault.code, fault.message, fault.remedy, { place });
  }
  return new Problem(500, "internal", "The Worker failed on this request.", "Report the request id.");
}

/** The problem with a request that its schema refuses. */
export function requestFault(
  { path, message }: { readonly path: readonly PropertyKey[]; readonly message: string },
  remedy: string,
): Problem {
  const where = path.length > 0 ? path.map(String).join(".") : "The body";
  return new Problem(422, "request-invalid", `${where} ${message}.`, remedy);
}

export function problemResponse(
  { status, code, message, remedy, headers, place }: Problem,
  requestId: string,
): Response {
  const title = TITLES[status] ?? "Error";
  const body = {
    type: `urn:unseen:error:${code}`,
    title,
    status,
    detail: message,
    code,
    error: message,
    remedy,
    request_id: requestId,
    ...place,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

/** The same as the Open Inference Protocol has it: a bad request is a 400, its body one text. */
export function inferenceFault({ status, message, remedy, headers }: Problem): Response {
  const error = `${message}${message.endsWith(".") ? "" : "."} ${remedy}`;
  return new Response(JSON.stringify({ error }), {
    status: status === 422 ? 400 : status,
    headers: { "content-type": "application/json", ...headers },
  });
}
