import { Command, InvalidArgumentError, Option } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { type HeaderPair, parseHeader } from "../src/core/signing/http-text.ts";
import { addSchemeFlags, addSecretFlags, type SchemeFlags, type SecretFlags } from "./signing-flags.ts";

export interface VerifyCommandOptions extends SecretFlags, SchemeFlags {
  /** A file, or "-"; undefined: standard input, or the request's. */
  body?: string | undefined;
  header: HeaderPair[];
  /** A file of header lines or JSON, or "-". */
  headers?: string | undefined;
  /** A file with a raw HTTP request, or "-". */
  request?: string | undefined;
  /** Seconds, or "none". */
  tolerance?: string | undefined;
  /** Unix seconds. */
  now?: string | undefined;
  format: "text" | "github";
  explain: boolean;
  listSchemes: boolean;
}

/** Defines `hooks verify`. */
export function verifyCommand(context: CliContext): Command {
  const command = new Command("verify")
    .summary("check a webhook's signature, and say why it fails")
    .description(
      "Checks the signature and the age of a received webhook. Exits 0 when it is valid, 1 when it is not, and 2 when it " +
        "could not be checked.",
    )
    .argument("[body-file]", 'file with the body as received; "-" or none: standard input');
  return addSecretFlags(addSchemeFlags(command, "; auto: the one that the headers fit, one of --scheme-file too"))
    .option("--header <line>", "a header, 'Name: value'", collectHeader, [])
    .option("--headers <file>", "file of headers: lines 'Name: value', or JSON")
    .option("--request <file>", 'file with a whole raw HTTP request, headers and body; "-": standard input')
    .option("--tolerance <seconds>", "how old or how far ahead it may be; none: any age (default: the scheme's)")
    .option("--now <seconds>", "the clock to judge by, unix seconds (default: the system's)")
    .option("--list-schemes", "list the schemes, and check nothing", false)
    .option("--explain", "show what was signed and what was received, in full", false)
    .addOption(
      new Option("--format <form>", "github: a failure is an annotation of the workflow")
        .choices(["text", "github"])
        .default("text"),
    )
    .addHelpText("after", EXAMPLES)
    .action(async (body: string | undefined, flags: Omit<VerifyCommandOptions, "body">) => {
      if (flags.listSchemes) {
        const { listSchemes } = await import("./list-schemes.ts");
        await listSchemes(flags, context);
        return;
      }
      const { verifyWebhook } = await import("./verify-webhook.ts");
      await verifyWebhook({ ...flags, body }, context);
    });
}

const EXAMPLES = `
Examples:
  $ hooks verify --secret env:HOOK_SECRET --headers headers.txt body.json
  $ hooks verify --secret @secret.txt --request request.http --tolerance none
  $ hooks verify --scheme square --secret env:KEY --request request.http --url https://example.com/in
  $ hooks verify --scheme stripe --secret env:STRIPE_SECRET --headers headers.txt --explain body.json
  $ hooks verify --sub sub_01kz --header 'webhook-id: msg_1' --header 'webhook-timestamp: 1760000000' \\
      --header 'webhook-signature: v1,K5oZ…' - < body.json`;

function collectHeader(line: string, previous: HeaderPair[]): HeaderPair[] {
  try {
    return [...previous, parseHeader(line, "--header")];
  } catch {
    throw new InvalidArgumentError("Expected 'Name: value'.");
  }
}
