import type { CliContext } from "../src/cli/context.ts";
import { escapeBlock, escapeLine, jsonLine } from "../src/cli/escape.ts";
import { curlCommand } from "../src/core/curl-command.ts";
import type { TargetUrl } from "../src/core/egress/target-url.ts";
import type { DirectRequest } from "./trigger-directly.ts";

/** How `--dry-run` shows a request: as it goes over the wire, as a command, or its body alone. */
export type RequestForm = (typeof REQUEST_FORMS)[number];
export const REQUEST_FORMS = ["http", "curl", "body"] as const;

/**
 * Prints a request that is not sent. What `http` prints into a pipe can be given to `hooks verify --request -`: with line ends of a
 * request, and nothing behind the body.
 */
export function printRequest(request: DirectRequest, url: TargetUrl, form: RequestForm, { out }: CliContext): void {
  const { headers: flat, body } = request;
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) headers.push([flat[at] ?? "", flat[at + 1] ?? ""]);
  if (out.mode === "json") {
    const { id, type, more } = request;
    const text = Buffer.from(body).toString("utf8");
    out.print(jsonLine({ id, type, method: "POST", url: url.href, headers, body: text, ...more }));
    return;
  }
  switch (form) {
    case "http": {
      const lines = [`POST ${url.path} HTTP/1.1`, `Host: ${new URL(url.href).host}`];
      for (const [name, value] of headers) lines.push(`${name}: ${value}`);
      if (!headers.some(([name]) => name.toLowerCase() === "content-length"))
        lines.push(`Content-Length: ${body.length}`);
      if (out.mode === "human") {
        for (const line of lines) out.print(escapeLine(line));
        out.print("");
        showBody(body, out);
        return;
      }
      out.write(`${lines.join("\r\n")}\r\n\r\n`);
      out.write(body);
      return;
    }
    case "curl":
      out.print(curlCommand({ method: "POST", url: url.href, headers, body }));
      return;
    case "body":
      if (out.mode === "human") showBody(body, out);
      else out.write(body);
  }
}

/** For people: what a terminal would obey is shown instead. */
function showBody(body: Uint8Array, out: CliContext["out"]): void {
  out.print(escapeBlock(Buffer.from(body).toString("utf8")));
}
