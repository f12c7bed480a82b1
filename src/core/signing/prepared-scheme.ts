import { type CompiledScheme, compileScheme } from "./compiled-scheme.ts";
import { isRecord } from "./define-record.ts";
import type { Scheme } from "./scheme.ts";

const compiled = new WeakMap<Scheme, CompiledScheme>();

/** A record as `verify` and `sign` need it; made once, on first use. The record must not be changed afterwards. */
export function prepared(scheme: Scheme): CompiledScheme {
  let ready = compiled.get(scheme);
  if (ready === undefined) {
    ready = compileScheme(scheme);
    compiled.set(scheme, ready);
  }
  return ready;
}

/** Of a record that the caller gives. @throws TypeError for a name, and for an object that nobody has checked. */
export function preparedRecord(scheme: unknown): CompiledScheme {
  if (isRecord(scheme)) return prepared(scheme);
  throw new TypeError(
    typeof scheme === "string"
      ? 'a scheme must be a record here, such as stripe: `import { stripe } from "hooks-relay/schemes"`; "hooks-relay" takes names'
      : "a scheme must be one of the records of hooks-relay, or what defineScheme answers",
  );
}
