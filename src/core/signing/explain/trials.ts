import type { CompiledScheme } from "../compiled-scheme.ts";
import { compileScheme } from "../compiled-scheme.ts";
import type { Tolerance } from "../message-time.ts";
import type { Secrets } from "../options.ts";
import type { Scheme } from "../scheme.ts";
import type { Accepted, VerifyResult } from "../verdict.ts";
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

/** The message, read in a way that matches. */
export interface Match {
  scheme: Scheme;
  accepted: Accepted;
  /** Its verdict when its age is judged too. */
  judge(by: JudgedBy): VerifyResult;
}

/** The clock and the limits that a message is judged by. */
export interface JudgedBy {
  /** Unix seconds. */
  now: number;
  /** In place of the scheme's limits. */
  tolerance?: Tolerance | undefined;
}

/** Tries readings of one message, as many as the budget allows. What matches is never a verdict. */
export class Trials {
  readonly compiled: CompiledScheme;
  readonly request: WebhookRequest & { body: Uint8Array };
  readonly headers: readonly (readonly [string, string])[];
  readonly secrets: readonly string[];
  /** Of the last trial that matched. */
  match: Match | undefined;
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
      const request = { headers, body, method, url };
      const result = new Verifier(compiled, secrets, { tolerance: "none" }).verify(request, 0);
      if (!result.valid) return false;
      const judge = ({ now, tolerance }: JudgedBy): VerifyResult =>
        new Verifier(compiled, secrets, { tolerance }).verify(request, now);
      this.match = { scheme: compiled.scheme, accepted: result, judge };
      return true;
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
