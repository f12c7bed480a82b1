import type { CliContext } from "../src/cli/context.ts";
import { HooksError } from "../src/core/errors.ts";
import { parseHeaderFile, parseHttpRequest, type RawRequest } from "../src/core/signing/http-text.ts";
import type { WebhookRequest } from "../src/core/signing/webhook-request.ts";
import { readBytes } from "./signing-inputs.ts";
import type { VerifyCommandOptions } from "./verify.ts";

const HEADERS_MAX_BYTES = 1024 * 1024;

export interface ReceivedRequest extends WebhookRequest {
  /** The URL was put together from the request's own headers, which anybody on the way can write. */
  urlIsAssumed?: boolean;
}

/** Headers of all three flags together: which of two different ones would count must not be a guess (verify refuses). */
export async function readRequest(options: VerifyCommandOptions, context: CliContext): Promise<ReceivedRequest> {
  const { method, url } = options;
  const headers = [...options.header];
  if (options.headers !== undefined) {
    const text = Buffer.from(await readBytes("--headers", options.headers, context, HEADERS_MAX_BYTES)).toString(
      "utf8",
    );
    headers.push(...parseHeaderFile(text, `--headers: ${options.headers}`));
  }
  if (options.request === undefined) {
    return { headers, body: await readBytes("the body", options.body ?? "-", context), method, url };
  }
  if (options.body !== undefined) {
    throw new HooksError("usage", "--request holds the body already: leave the body's file out", {
      field: "--request",
    });
  }
  const raw = parseHttpRequest(await readBytes("--request", options.request, context), `--request: ${options.request}`);
  const request = { headers: [...raw.headers, ...headers], body: raw.body, method: method ?? raw.method };
  if (url !== undefined || /^https?:/i.test(raw.target)) return { ...request, url: url ?? raw.target };
  const assumed = urlOf(raw);
  return assumed === undefined ? request : { ...request, url: assumed, urlIsAssumed: true };
}

/** As the sender most likely called it: by the headers that proxies add, else the Host; https unless that is this machine. */
function urlOf({ target, headers }: RawRequest): string | undefined {
  const header = (wanted: string): string | undefined => {
    const values = new Set(headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value));
    const [value, ...more] = values;
    return more.length === 0 && value !== "" ? value : undefined;
  };
  const host = header("x-forwarded-host") ?? header("host");
  if (host === undefined || !target.startsWith("/")) return undefined;
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(host);
  const scheme = header("x-forwarded-proto") ?? (isLocal ? "http" : "https");
  const url = `${scheme}://${host}${target}`;
  return /^https?$/.test(scheme) && URL.canParse(url) ? url : undefined;
}
