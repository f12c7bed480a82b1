import type { IncomingHttpHeaders } from "node:http";
import { ERROR_CODES, type ErrorCode, HooksError } from "../core/errors.ts";
import { notSignedIn } from "../core/not-signed-in.ts";

/** For an answer that is not in our form: a proxy's, or another program's. */
const CODE_OF_STATUS: Record<number, ErrorCode> = {
  403: "forbidden",
  413: "too_large",
  429: "rate_limited",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/**
 * The error that the server meant, with its field and hint; or what to make of an answer that is not of hooks.
 * `hasKey`: the request had one.
 */
export function toErrorOfAnswer(server: URL, hasKey: boolean, { status, headers, body }: Answer): HooksError {
  const retryAfterMs = retryAfter(headers["retry-after"]);
  const error = parseError(body);
  if (status === 401) {
    const words = error?.message ?? `${server.origin} does not take this key`;
    return notSignedIn(server.href, hasKey ? words : undefined);
  }
  if (error !== undefined) {
    return new HooksError(error.code, error.message, { field: error.field, hint: error.hint, retryAfterMs });
  }
  if (299 < status && status < 400) {
    return new HooksError("unreachable", `${server.origin} sends on to ${locationOf(headers.location)}`, {
      field: "--server",
      hint: "name that address in --server; redirects are not followed with a key",
    });
  }
  const code = CODE_OF_STATUS[status] ?? "unreachable";
  return new HooksError(code, `${server.origin} answered ${status}, and not as hooks does`, {
    field: "--server",
    hint: "check --server: is there a proxy, or another program?",
    retryAfterMs,
  });
}

/** A 2xx that another program gave. `problem`: what is not as hooks answers, beginning with a word for it. */
export function notOfHooks(server: URL, problem: string, cause?: unknown): HooksError {
  return new HooksError("unreachable", `${server.origin} is not a hooks server: ${problem}`, {
    field: "--server",
    hint: "check --server: is there a proxy, another program, or an older hooks?",
    cause,
  });
}

interface WireError {
  code: ErrorCode;
  message: string;
  field?: string | undefined;
  hint?: string | undefined;
}

function parseError(body: Buffer): WireError | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
  const error = (parsed as { error?: Partial<Record<keyof WireError | "request_id", unknown>> } | null)?.error;
  if (typeof error !== "object" || error === null || typeof error.message !== "string") return undefined;
  // `not_found` is what many APIs say; only ours beside the id of the request.
  if (typeof error.request_id !== "string") return undefined;
  const code = ERROR_CODES.find((known) => known === error.code);
  if (code === undefined) return undefined;
  return { code, message: error.message, field: textOrNone(error.field), hint: textOrNone(error.hint) };
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function retryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

function locationOf(location: string | undefined): string {
  return location === undefined ? "another address" : location.slice(0, 200);
}
