import type { CliContext } from "../src/cli/context.ts";
import { HooksError } from "../src/core/errors.ts";
import { parseHeaderFile, parseHttpRequest } from "../src/core/signing/http-text.ts";
import type { WebhookRequest } from "../src/core/signing/webhook-request.ts";
import { readBytes } from "./signing-inputs.ts";
import type { VerifyCommandOptions } from "./verify.ts";

const HEADERS_MAX_BYTES = 1024 * 1024;

/** Headers of all three flags together: which of two different ones would count must not be a guess (verify refuses). */
export async function readRequest(options: VerifyCommandOptions, context: CliContext): Promise<WebhookRequest> {
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
  return {
    headers: [...raw.headers, ...headers],
    body: raw.body,
    method: method ?? raw.method,
    url: url ?? (/^https?:/i.test(raw.target) ? raw.target : undefined),
  };
}
