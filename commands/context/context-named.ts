import { type Contexts, nearestContext, type ServerContext } from "../../src/config/contexts.ts";
import { HooksError } from "../../src/core/errors.ts";
import { quoted } from "../../src/core/quoted.ts";

/** @throws HooksError `not_found` with the nearest name */
export function contextNamed(name: string, contexts: Contexts): ServerContext {
  const context = contexts.byName.get(name);
  if (context !== undefined) return context;
  throw new HooksError("not_found", `no context ${quoted(name)}${nearestContext(name, contexts)}`, {
    field: "context",
    hint: contexts.byName.size === 0 ? "hooks login URL makes one" : "hooks context list",
  });
}
