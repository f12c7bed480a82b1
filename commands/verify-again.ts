import { shellWord } from "../src/core/shell-word.ts";
import type { WebhookRequest } from "../src/core/signing/webhook-request.ts";
import type { VerifyCommandOptions } from "./verify.ts";

const CARRIAGE_RETURN = 0x0d;

/**
 * The command that was given, with the line break at the end of the body's file taken off; undefined when the body came
 * from somewhere else. A secret that stood on the command line is not said again.
 */
export function trimmedCommand(options: VerifyCommandOptions, body: WebhookRequest["body"]): string | undefined {
  const { body: file } = options;
  if (file === undefined || file === "-") return undefined;
  const lineBreak = body.at(-2) === CARRIAGE_RETURN ? 2 : 1;
  return `head -c -${lineBreak} ${shellWord(file)} | hooks verify ${flagsOf(options).map(shellWord).join(" ")} -`;
}

function flagsOf(options: VerifyCommandOptions): string[] {
  const named: [flag: string, values: readonly (string | undefined)[]][] = [
    ["--scheme", [options.scheme]],
    ["--scheme-file", [options.schemeFile]],
    ["--secret", options.secret.map((value) => (/^(@|env:)/.test(value) ? value : "env:HOOK_SECRET"))],
    ["--secret-env", options.secretEnv],
    ["--secret-file", options.secretFile],
    ["--sub", [options.sub]],
    ["--headers", [options.headers]],
    ["--header", options.header.map(([name, value]) => `${name}: ${value}`)],
    ["--method", [options.method]],
    ["--url", [options.url]],
    ["--tolerance", [options.tolerance]],
    ["--now", [options.now]],
  ];
  return named.flatMap(([flag, values]) => values.flatMap((value) => (value === undefined ? [] : [flag, value])));
}
