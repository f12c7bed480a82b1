import type { IncomingMessage } from "node:http";
import { HooksError } from "../core/errors.ts";
import type { Principal } from "../core/key.ts";
import { singleHeader } from "./doors.ts";
import { type Access, mayUse, type ScopeName, type ScopeNames } from "./principal.ts";

/** Looks a key up; compares in constant time. Undefined: no such key. Throws `unauthenticated` for one that ended. */
export type Authenticate = (token: string) => Principal | undefined;

/** A key is far shorter; a longer one is not hashed. */
const TOKEN_MAX_LENGTH = 512;

/**
 * Who is asking, and that they may.
 * @throws HooksError `unauthenticated`; `forbidden` when the key's role is too small; `invalid_request` for two
 *   Authorization headers.
 */
export function admit(request: IncomingMessage, access: Access, authenticate: Authenticate): Principal {
  const principal = authenticate(bearerToken(request));
  if (principal === undefined) throw unauthenticated("the key is not known");
  if (!mayUse(access, principal.role)) {
    throw new HooksError("forbidden", `this needs a key of role ${access}; ${principal.name} is ${principal.role}`);
  }
  return principal;
}

function bearerToken(request: IncomingMessage): string {
  const header = singleHeader(request, "authorization");
  if (header === undefined) throw unauthenticated("Authorization is missing");
  const token = /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1];
  if (token === undefined) throw unauthenticated("Authorization must be: Bearer KEY");
  if (TOKEN_MAX_LENGTH < token.length) throw unauthenticated("the key is not known");
  return token;
}

function unauthenticated(message: string): HooksError {
  return new HooksError("unauthenticated", message, {
    field: "authorization",
    hint: "send the header Authorization: Bearer KEY (keys in a URL are never accepted)",
  });
}

/** What the headers `Hooks-Tenant` and `Hooks-Environment` name. */
export function namesInHeaders(request: IncomingMessage): { tenant: ScopeName[]; environment: ScopeName[] } {
  return { tenant: named(request, "Hooks-Tenant"), environment: named(request, "Hooks-Environment") };
}

/** What a body or a query names by `tenant` and `environment`, after what the headers name. */
export function addNames(
  names: ScopeNames,
  given: { tenant?: string | undefined; environment?: string | undefined },
): ScopeNames {
  return {
    tenant: given.tenant === undefined ? names.tenant : [...names.tenant, { value: given.tenant, field: "tenant" }],
    environment:
      given.environment === undefined
        ? names.environment
        : [...names.environment, { value: given.environment, field: "environment" }],
  };
}

function named(request: IncomingMessage, header: string): ScopeName[] {
  // Node has read the headers into an object already; most requests have neither.
  if (request.headers[header.toLowerCase()] === undefined) return [];
  return [{ value: singleHeader(request, header.toLowerCase()) ?? "", field: header }];
}
