import type { IncomingMessage } from "node:http";
import { HooksError } from "../core/errors.ts";
import type { Caller, Principal } from "../core/key.ts";
import type { Scope } from "../core/scope.ts";
import { addNames, namesInHeaders } from "./admission.ts";
import { namedReach, scopeOf } from "./principal.ts";
import type { Call, NamedScope } from "./route.ts";
import type { RouteContext } from "./route-context.ts";

/** A request that was read and checked. */
export interface Asked {
  params: unknown;
  query: unknown;
  body: unknown;
  raw: IncomingMessage;
  /** Null on routes that need no key. */
  principal: Principal | null;
}

/** No accessors: V8 makes a hidden class of its own for each object literal that has one, and that outlives the request. */
export function callOf(request: Asked, context: RouteContext): Call<unknown, unknown, unknown> {
  return {
    params: request.params,
    query: request.query,
    body: request.body,
    request: request.raw,
    caller: () => callerOf(request, context),
    service: (named) => context.serviceFor(namedScope(request, context, named), callerOf(request, context)),
    scope: (named) => namedScope(request, context, named),
    admin: () => context.adminFor(callerOf(request, context)),
    named: (given) => namedReach(addNames(namesInHeaders(request.raw), given)),
    tail(filter) {
      const caller = callerOf(request, context);
      const scope = namedScope(request, context);
      const stream = context.tail.open(scope, filter);
      stream.once(
        "close",
        context.keepAdmitted(caller, () => stream.push(null)),
      );
      return stream;
    },
  };
}

/** The tenant and environment that the key, the headers and `named` together mean. */
function namedScope(request: Asked, { defaultEnvironment }: RouteContext, named: NamedScope = {}): Scope {
  return scopeOf(principalOf(request), addNames(namesInHeaders(request.raw), named), defaultEnvironment);
}

/** Who asks, and from where: what a trusted proxy says, else the peer of the connection. */
function callerOf(request: Asked, { clients }: RouteContext): Caller {
  return { ...principalOf(request), from: clients.of(request.raw).address ?? "unknown" };
}

function principalOf({ principal }: Asked): Principal {
  if (principal === null) throw new HooksError("internal", "a route that is open asked for data");
  return principal;
}
