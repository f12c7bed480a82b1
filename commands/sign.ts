import { randomBytes } from "node:crypto";
import { Command, Option } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { jsonLine } from "../src/cli/escape.ts";
import { HooksError } from "../src/core/errors.ts";
import { formatId } from "../src/core/ids.ts";
import type { SignedMessage } from "../src/core/signing/options.ts";
import { signMessage } from "../src/core/signing/sign.ts";
import { addSecretFlags, readBytes, readScheme, readSeconds, readSecrets, type SecretFlags } from "./signing-flags.ts";

export interface SignCommandOptions extends SecretFlags {
  /** A file, or "-". */
  body: string;
  scheme: string;
  id?: string | undefined;
  /** Unix seconds. */
  timestamp?: string | undefined;
  method?: string | undefined;
  url?: string | undefined;
  /** Default: headers, or json with --json. */
  output?: "headers" | "json" | "value" | undefined;
}

/** Defines `hooks sign`. */
export function signCommand(context: CliContext, run = runSign): Command {
  const command = new Command("sign")
    .summary("sign a webhook's body and print the headers")
    .description("Signs the bytes of a file or of standard input and prints the headers to send with them.")
    .argument("[body-file]", 'file with the body; "-" or none: standard input', "-")
    .option("--scheme <name>", "signature scheme", "standard-webhooks");
  return addSecretFlags(command)
    .option("--id <id>", "the message's id (default: a new one)")
    .option("--timestamp <seconds>", "when it is sent, unix seconds (default: now)")
    .option("--method <method>", "request method, for schemes that sign it")
    .option("--url <url>", "request URL, for schemes that sign it")
    .addOption(
      new Option(
        "--output <form>",
        "headers: lines for curl -H @-; json: one object; value: the signature alone",
      ).choices(["headers", "json", "value"]),
    )
    .addHelpText("after", EXAMPLES)
    .action((body: string, flags: Omit<SignCommandOptions, "body">) => run({ ...flags, body }, context));
}

const EXAMPLES = `
Examples:
  $ hooks sign --secret env:HOOK_SECRET body.json
  $ hooks sign --secret @secret.txt body.json | curl -H @- --data-binary @body.json https://example.com/in
  $ hooks sign --sub sub_01kz --id msg_1 --timestamp 1760000000 --output value body.json`;

/** @throws HooksError `usage` when the body, a secret or a value cannot be used. */
export async function runSign(options: SignCommandOptions, context: CliContext): Promise<void> {
  const scheme = readScheme(options.scheme);
  const timestamp =
    options.timestamp === undefined ? context.now() / 1000 : readSeconds("--timestamp", options.timestamp);
  const secrets = await readSecrets(options, context);
  const body = await readBytes("the body", options.body, context);
  const id = options.id ?? formatId("msg", randomBytes(16));

  let signed: SignedMessage;
  try {
    signed = signMessage(scheme, { body, method: options.method, url: options.url }, secrets, { id, timestamp });
  } catch (error) {
    // What `sign` calls a caller's mistake was written on the command line.
    if (error instanceof TypeError) throw new HooksError("usage", error.message, { cause: error });
    throw error;
  }

  const { out } = context;
  switch (options.output ?? (out.mode === "json" ? "json" : "headers")) {
    case "headers":
      for (const [name, value] of Object.entries(signed.headers)) out.print(`${name}: ${value}`);
      return;
    case "json":
      out.print(jsonLine(signed.headers));
      return;
    case "value":
      out.print(signed.signature);
  }
}
