import type { CompiledScheme } from "../compiled-scheme.ts";
import { compileScheme } from "../compiled-scheme.ts";
import type { Secrets } from "../options.ts";
import type { Scheme } from "../scheme.ts";
import { Verifier } from "../verify.ts";
import type { WebhookRequest } from "../webhook-request.ts";

/** A second's work on a slow machine, whatever the message is. */
const MOST_TRIALS = 5_000;
const MOST_BYTES = 256 * 1024 * 1024;

/** One way in which the message might have been meant; what is left out is as it was given. */
export interface Trial {
  scheme?: Scheme | CompiledScheme;
  body?: Uint8Array;
  headers?: readonly (readonly [string, string])[];
  secrets?: Secrets;
  method?: string | undefined;
  url?: string | undefined;
}

/** Tries readings of one message, as many as the budget allows. What matches is never a verdict. */
export class Trials {
  readonly compiled: CompiledScheme;
  readonly request: WebhookRequest & { body: Uint8Array };
  readonly headers: readonly (readonly [string, string])[];
  readonly secrets: readonly string[];
  #trials = MOST_TRIALS;
  #bytes = MOST_BYTES;

  constructor(compiled: CompiledScheme, request: WebhookRequest, secrets: Secrets) {
    this.compiled = compiled;
    this.request = { ...request, body: typeof request.body === "string" ? Buffer.from(request.body) : request.body };
    this.headers = pairsOf(request.headers);
    this.secrets = typeof secrets === "string" ? [secrets] : secrets;
  }

  get body(): Buffer {
    const { body } = this.request;
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }

  /** How many more trials of this body there may be. */
  get left(): number {
    return Math.min(this.#trials, Math.floor(this.#bytes / Math.max(64, this.request.body.length)));
  }

  /** The age was judged before: what is tried here is the signature alone. False also when nothing is left to try with. */
  matches(trial: Trial): boolean {
    const { scheme = this.compiled, body = this.request.body, headers = this.headers, secrets = this.secrets } = trial;
    this.#trials--;
    this.#bytes -= body.length;
    if (this.#trials < 0 || this.#bytes < 0) return false;
    const { method = this.request.method, url = this.request.url } = trial;
    try {
      const compiled = "parts" in scheme ? scheme : compileScheme(scheme);
      return new Verifier(compiled, secrets, { tolerance: "none" }).verify({ headers, body, method, url }, 0).valid;
    } catch (error) {
      // Needs a URL that nobody gave, or is a scheme that cannot be.
      if (error instanceof TypeError || error instanceof RangeError) return false;
      throw error;
    }
  }
}

function pairsOf(input: WebhookRequest["headers"]): (readonly [string, string])[] {
  const entries: Iterable<readonly [string, unknown]> = Symbol.iterator in input ? input : Object.entries(input);
  return [...entries].flatMap(([name, value]) => {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.filter((one) => typeof one === "string").map((one) => [name, one] as const);
  });
}
