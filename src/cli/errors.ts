import { type ErrorCode, type HooksError, isHooksError, toHooksError } from "../core/errors.ts";
import type { Colors } from "./context.ts";
import { escapeBlock, escapeLine, jsonLine } from "./escape.ts";
import { withLocation } from "./next-command.ts";

/** Code → exit code (cli.md): the one place that decides. */
const EXIT_CODES: Record<ErrorCode, number> = {
  failed: 1,
  usage: 2,
  invalid_request: 2,
  invalid_json: 2,
  unknown_event_type: 2,
  too_large: 2,
  headers_too_large: 2,
  loop_detected: 2,
  url_refused: 2,
  not_found: 3,
  unauthenticated: 4,
  forbidden: 4,
  unavailable: 5,
  unreachable: 5,
  rate_limited: 5,
  request_timeout: 5,
  store_busy: 5,
  store_full: 5,
  store_unusable: 5,
  // The server does not speak as this program does, or not under that name: as good as not there.
  method_not_allowed: 5,
  unsupported_media_type: 5,
  upgrade_required: 5,
  wrong_host: 5,
  conflict: 6,
  gone_version: 6,
  daemon_running: 6,
  internal: 70,
  interrupted: 130,
};

export function exitCodeOf(code: ErrorCode): number {
  return EXIT_CODES[code];
}

export interface ErrorStyle {
  json: boolean;
  colors: Colors;
  /** For the commands that hints name. */
  location: readonly string[];
  /** HOOKS_DEBUG: the stack, and those of the causes. */
  debug: boolean;
}

/** Far above anything that we say: only what somebody gave can make it longer, and that is not said whole. */
const MOST_CHARS = 2_000;
const MOST_FIELD_CHARS = 200;

/** What stderr gets for any error, without the last line break. */
export function renderError(thrown: unknown, style: ErrorStyle): string {
  const whole = toHooksError(thrown);
  const error = cut(whole);
  const stack = style.debug ? stacksOf(isHooksError(thrown) ? thrown : whole) : [];
  const advice = error.hint ?? internalHint(error, style.debug);
  const hint = advice === undefined ? undefined : withLocation(advice, style.location);
  if (style.json) {
    const { code, field } = error;
    const message = error.message.replaceAll(/\n\s*/g, "; ");
    const body = { code, message, field: field ?? null, hint: hint ?? null, exit: exitCodeOf(code) };
    return [jsonLine({ error: stack.length === 0 ? body : { ...body, stack } })].join("\n");
  }
  const lines = [`${style.colors.red("error:")} ${escapeBlock(error.message)}`];
  if (hint !== undefined) lines.push(`${style.colors.cyan("hint:")} ${escapeLine(hint)}`);
  return [...lines, ...stack.map(escapeBlock)].join("\n");
}

function cut(error: HooksError): Pick<HooksError, "code" | "message" | "field" | "hint"> {
  const at = (text: string, most: number): string => (most < text.length ? `${text.slice(0, most)}…` : text);
  const { code, message, field, hint } = error;
  return {
    code,
    message: at(message, MOST_CHARS),
    field: field === undefined ? undefined : at(field, MOST_FIELD_CHARS),
    hint: hint === undefined ? undefined : at(hint, MOST_CHARS),
  };
}

function internalHint(error: Pick<HooksError, "code">, debug: boolean): string | undefined {
  if (error.code !== "internal" || debug) return undefined;
  return "this is a fault in hooks: run it again with HOOKS_DEBUG=1 for the details, and see hooks doctor";
}

function stacksOf(error: Error): string[] {
  const stacks: string[] = [];
  for (let at: unknown = error; at instanceof Error && stacks.length < 5; at = at.cause)
    stacks.push(at.stack ?? at.message);
  return stacks;
}
