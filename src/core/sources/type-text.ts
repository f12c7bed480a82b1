import { EVENT_TYPE_MAX_LENGTH } from "../event.ts";

/**
 * A sender's word for what happened as an event type (rulings.md 36): "/" and ":" part names as "." does, blanks and
 * whatever else no name has become "_". Undefined when nothing is left. `orders/create` → `orders.create`,
 * `Push Hook` → `Push_Hook`.
 */
export function typeText(text: string): string | undefined {
  const type = text
    .slice(0, 4 * EVENT_TYPE_MAX_LENGTH)
    .trim()
    .replace(/[/:.]+/g, ".")
    .replace(/[^A-Za-z0-9_.-]+/g, "_")
    .replace(/^\.+|\.+$/g, "");
  return type === "" ? undefined : type;
}

/** A type behind its source's prefix, never longer than a type may be. */
export function prefixed(prefix: string, type: string): string {
  const whole = prefix === "" ? type : `${prefix}.${type}`;
  const cut = whole.slice(0, EVENT_TYPE_MAX_LENGTH).replace(/\.+$/, "");
  // Those are what hooks itself publishes.
  return cut.startsWith("hooks.") ? `in.${cut}`.slice(0, EVENT_TYPE_MAX_LENGTH).replace(/\.+$/, "") : cut;
}
