import { HooksError } from "../core/errors.ts";
import { isEventPattern, patternTakes } from "../core/event-pattern.ts";
import { quoted } from "../core/quoted.ts";
import { type ForwardTarget, parseForwardTarget } from "./forward-target.ts";

/** Events of these types go there. */
export interface ForwardRoute {
  /** `invoice.*` */
  pattern: string;
  target: ForwardTarget;
}

/**
 * Reads `invoice.*=localhost:4000/billing`.
 *
 * @param name of what gives it: `--route`, or a file and its key
 * @throws HooksError `usage` naming it, like `parseForwardTarget`
 */
export function parseForwardRoute(value: string, allowRemote: boolean, name = "--route"): ForwardRoute {
  // A pattern holds no "="; a target's query may.
  const at = value.indexOf("=");
  const pattern = value.slice(0, Math.max(0, at)).trim();
  if (at < 1 || at === value.length - 1) {
    throw new HooksError("usage", `${name} must be PATTERN=TARGET`, {
      field: name,
      hint: `--route 'invoice.*=localhost:4000/billing'`,
    });
  }
  if (!isEventPattern(pattern)) {
    const message = `${name} ${quoted(pattern)}: it begins with an event type, a prefix such as invoice.*, or *`;
    throw new HooksError("usage", message, { field: name });
  }
  return { pattern, target: parseForwardTarget(value.slice(at + 1), allowRemote, name) };
}

/** The first that takes the type, as they were given; undefined: none does. */
export function routeOf(routes: readonly ForwardRoute[], type: string): ForwardRoute | undefined {
  return routes.find(({ pattern }) => patternTakes(pattern, type));
}
