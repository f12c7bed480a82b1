import type { IncomingMessage } from "node:http";
import { HooksError, invalid } from "../core/errors.ts";
import type { Principal } from "../core/key.ts";
import { admit } from "./admission.ts";
import type { BodyBudget, HeldBody } from "./body-budget.ts";
import { bodyFormatOf } from "./doors.ts";
import { maxBytesOf, type Route } from "./route.ts";
import type { RouteContext } from "./route-context.ts";

/** What a request has before its body is read. */
export interface BeforeBody {
  /** Null on routes that need no key. */
  principal: Principal | null;
  /** The room that is kept for its body; null: none. */
  heldBody: HeldBody | null;
}

/**
 * Key, role, kind and room for the body, and that events are still taken: all before the first byte of it is read.
 * @throws HooksError
 */
export function checkBeforeBody(
  request: IncomingMessage,
  route: Route,
  { authenticate, isDraining, bodies }: RouteContext,
): BeforeBody {
  const { access, body } = route;
  const principal = access === "open" ? null : admit(request, access, authenticate);
  const format = bodyFormatOf(request);
  if (format === "ndjson" && body?.ndjson !== true) {
    throw new HooksError("unsupported_media_type", "Content-Type must be application/json here", {
      field: "content-type",
    });
  }
  checkEscapes(request.url ?? "");
  if (access === "publisher" && isDraining()) throw stopping();
  return { principal, heldBody: bodies.take(request, maxBytesOf(route)) ?? null };
}

/** To be called when nothing of its body is needed any more; a second time does nothing. */
export function releaseBody(request: Pick<BeforeBody, "heldBody">, bodies: BodyBudget): void {
  if (request.heldBody !== null) bodies.giveBack(request.heldBody);
  request.heldBody = null;
}

export function stopping(): HooksError {
  return new HooksError("unavailable", "the server is stopping; nothing was stored", {
    hint: "try again in a few seconds",
    retryAfterMs: 5_000,
  });
}

/** The framework leaves what it cannot decode in a query as it stands. */
function checkEscapes(url: string): void {
  const query = url.indexOf("?");
  if (query === -1 || !url.includes("%", query)) return;
  try {
    decodeURIComponent(url.slice(query));
  } catch {
    throw invalid("query", "the query has an invalid percent escape");
  }
}
