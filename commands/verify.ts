import { Command, InvalidArgumentError, Option } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { HooksError } from "../src/core/errors.ts";
import type { CompiledScheme } from "../src/core/signing/compiled-scheme.ts";
import { diagnose } from "../src/core/signing/diagnose.ts";
import { type HeaderPair, parseHeader, parseHeaderFile, parseHttpRequest } from "../src/core/signing/http-text.ts";
import type { Tolerance } from "../src/core/signing/message-time.ts";
import { Verifier } from "../src/core/signing/verify.ts";
import type { WebhookRequest } from "../src/core/signing/webhook-request.ts";
import { addSecretFlags, readBytes, readScheme, readSeconds, readSecrets, type SecretFlags } from "./signing-flags.ts";
import { trimmedCommand } from "./verify-again.ts";
import { reportVerdict, type VerdictFacts } from "./verify-report.ts";

export interface VerifyCommandOptions extends SecretFlags {
  /** A file, or "-"; undefined: standard input, or the request's. */
  body?: string | undefined;
  scheme: string;
  header: HeaderPair[];
  /** A file of header lines or JSON, or "-". */
  headers?: string | undefined;
  /** A file with a raw HTTP request, or "-". */
  request?: string | undefined;
  method?: string | undefined;
  url?: string | undefined;
  /** Seconds, or "none". */
  tolerance?: string | undefined;
  /** Unix seconds. */
  now?: string | undefined;
  format: "text" | "github";
  explain: boolean;
}

const HEADERS_MAX_BYTES = 1024 * 1024;

/** Defines `hooks verify`. */
export function verifyCommand(context: CliContext, run = runVerify): Command {
  const command = new Command("verify")
    .summary("check a webhook's signature, and say why it fails")
    .description(
      "Checks the signature and the age of a received webhook. Exits 0 when it is valid, 1 when it is not, and 2 when it " +
        "could not be checked.",
    )
    .argument("[body-file]", 'file with the body as received; "-" or none: standard input')
    .option("--scheme <name>", "signature scheme", "standard-webhooks");
  return addSecretFlags(command)
    .option("--header <line>", "a header, 'Name: value'", collectHeader, [])
    .option("--headers <file>", "file of headers: lines 'Name: value', or JSON")
    .option("--request <file>", 'file with a whole raw HTTP request, headers and body; "-": standard input')
    .option("--method <method>", "request method, for schemes that sign it")
    .option("--url <url>", "request URL as the sender used it, for schemes that sign it")
    .option("--tolerance <seconds>", "how old or how far ahead it may be; none: any age (default: the scheme's)")
    .option("--now <seconds>", "the clock to judge by, unix seconds (default: the system's)")
    .option("--explain", "show what was signed and what was received, in full", false)
    .addOption(
      new Option("--format <form>", "github: a failure is an annotation of the workflow")
        .choices(["text", "github"])
        .default("text"),
    )
    .addHelpText("after", EXAMPLES)
    .action((body: string | undefined, flags: Omit<VerifyCommandOptions, "body">) => run({ ...flags, body }, context));
}

const EXAMPLES = `
Examples:
  $ hooks verify --secret env:HOOK_SECRET --headers headers.txt body.json
  $ hooks verify --secret @secret.txt --request request.http --tolerance none
  $ hooks verify --sub sub_01kz --header 'webhook-id: msg_1' --header 'webhook-timestamp: 1760000000' \\
      --header 'webhook-signature: v1,K5oZ…' - < body.json`;

/** @throws HooksError `failed` when it is not valid, `usage` when it could not be checked. */
export async function runVerify(options: VerifyCommandOptions, context: CliContext): Promise<void> {
  const scheme = readScheme(options.scheme);
  const tolerance = readTolerance(options.tolerance);
  const now = options.now === undefined ? Math.floor(context.now() / 1000) : readSeconds("--now", options.now);
  const secrets = await readSecrets(options, context);
  const request = await readRequest(options, context);

  const result = judge(scheme, request, secrets, tolerance, now);
  const hints = result.valid ? [] : diagnose(scheme, request, secrets, result);
  const facts: VerdictFacts = { scheme, request, result, hints, now, tolerance };
  reportVerdict(
    facts,
    { explain: options.explain, github: options.format === "github", bodyFile: options.body },
    context.out,
  );
  if (result.valid) return;
  if (result.reason === "secret_unusable") throw new HooksError("usage", result.detail, { field: "--secret" });
  throw new HooksError("failed", result.detail, { hint: nextStep(options, facts) });
}

/** What to do about a webhook that is not valid. */
function nextStep(options: VerifyCommandOptions, { request, result, hints }: VerdictFacts): string | undefined {
  if (result.valid) return undefined;
  if (options.header.length === 0 && options.headers === undefined && options.request === undefined) {
    return "no headers are given: add --headers FILE, --header 'Name: value' or --request FILE";
  }
  if (hints.some((hint) => hint.code === "trailing_newline")) return trimmedCommand(options, request.body);
  if (result.reason !== "signature_mismatch" || hints.length !== 0) return undefined;
  return "probably signed with another secret, or the body was changed on the way: compare both with the sender's";
}

function judge(
  scheme: CompiledScheme,
  request: WebhookRequest,
  secrets: readonly string[],
  tolerance: Tolerance | undefined,
  now: number,
): ReturnType<Verifier["verify"]> {
  try {
    return new Verifier(scheme, secrets, { tolerance }).verify(request, now);
  } catch (error) {
    // What the library calls a caller's mistake (a URL that is needed) was left out on the command line.
    if (error instanceof TypeError) throw new HooksError("usage", error.message, { cause: error });
    throw error;
  }
}

/** Headers of all three flags together: which of two different ones would count must not be a guess (verify refuses). */
async function readRequest(options: VerifyCommandOptions, context: CliContext): Promise<WebhookRequest> {
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

function readTolerance(text: string | undefined): Tolerance | undefined {
  return text === undefined || text === "none" ? text : readSeconds("--tolerance", text);
}

function collectHeader(line: string, previous: HeaderPair[]): HeaderPair[] {
  try {
    return [...previous, parseHeader(line, "--header")];
  } catch {
    throw new InvalidArgumentError("Expected 'Name: value'.");
  }
}
