import type { Scope } from "../core/scope.ts";
import type { ServiceParts } from "./service-parts.ts";

const TYPES = ["hooks.subscription.disabled", "hooks.subscription.enabled", "hooks.secret.rotated"];

/** A subscription of this scope was enabled, disabled or given a new secret: the store has told whoever wants to know, and that is due. */
export function wakeOperationalTakers({ directory, dispatch }: ServiceParts, scope: Scope): void {
  if (dispatch === undefined) return;
  const takers = new Set(TYPES.flatMap((type) => directory.takersOf(scope, type)));
  for (const rowId of takers) dispatch.wake(rowId);
}
