import { Command, Option } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { addSchemeFlags, addSecretFlags, type SchemeFlags, type SecretFlags } from "./signing-flags.ts";

export interface SignCommandOptions extends SecretFlags, SchemeFlags {
  /** A file, or "-". */
  body: string;
  id?: string | undefined;
  /** Unix seconds. */
  timestamp?: string | undefined;
  /** The key's name, for schemes whose messages have one. */
  keyId?: string | undefined;
  /** Default: headers, the body for schemes that sign inside it, or json with --json. */
  output?: "headers" | "json" | "value" | "body" | undefined;
}

/** Defines `hooks sign`. */
export function signCommand(context: CliContext): Command {
  const command = new Command("sign")
    .summary("sign a webhook's body and print the headers")
    .description("Signs the bytes of a file or of standard input and prints the headers to send with them.")
    .argument("[body-file]", 'file with the body; "-" or none: standard input', "-");
  return addSecretFlags(addSchemeFlags(command, ""))
    .option("--id <id>", "the message's id (default: a new one)")
    .option("--timestamp <seconds>", "when it is sent, unix seconds (default: now)")
    .option("--key-id <id>", "the key's name, for schemes whose messages have one (default: hooks)")
    .addOption(
      new Option(
        "--output <form>",
        "headers: lines for curl -H @-; json: one object; value: the signature alone; body: with the signature in it",
      ).choices(["headers", "json", "value", "body"]),
    )
    .addHelpText("after", EXAMPLES)
    .action(async (body: string, flags: Omit<SignCommandOptions, "body">) => {
      const { signBody } = await import("./sign-body.ts");
      await signBody({ ...flags, body }, context);
    });
}

const EXAMPLES = `
Examples:
  $ hooks sign --secret env:HOOK_SECRET body.json
  $ hooks sign --secret @secret.txt body.json | curl -H @- --data-binary @body.json https://example.com/in
  $ hooks sign --scheme stripe --secret env:STRIPE_SECRET body.json
  $ hooks sign --sub sub_01kz --id msg_1 --timestamp 1760000000 --output value body.json`;
