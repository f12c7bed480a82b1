import { HooksError } from "../core/errors.ts";
import { ANY, type NamedReach, type Reach } from "../core/key.ts";
import { checkScopeName } from "../core/scope.ts";

/**
 * The part of `own` that is named.
 * @throws HooksError `forbidden` for a name that is not its own, `invalid_request` for one that is none.
 */
export function narrowed(own: Reach, named: NamedReach): Reach {
  return {
    tenant: narrow(own.tenant, named.tenant, "tenant"),
    environment: narrow(own.environment, named.environment, "environment"),
  };
}

function narrow(own: string, named: string | undefined, field: string): string {
  if (named === undefined || named === ANY) return own;
  checkScopeName(named, field);
  if (own === ANY || own === named) return named;
  throw notOwn(own, named, field);
}

/** A key is for one tenant or environment, and was asked to work on another. */
export function notOwn(own: string, named: string, field: string): HooksError {
  return new HooksError("forbidden", `${field} is "${named}", but this key is for "${own}"`, {
    field,
    hint: "leave the name out, or use a key of that name",
  });
}
