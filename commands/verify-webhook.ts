import { existsSync } from "node:fs";
import type { CliContext } from "../src/cli/context.ts";
import { HooksError } from "../src/core/errors.ts";
import type { CompiledScheme } from "../src/core/signing/compiled-scheme.ts";
import { diagnose, type NamedSecret } from "../src/core/signing/diagnose.ts";
import type { Tolerance } from "../src/core/signing/message-time.ts";
import { prepared } from "../src/core/signing/prepared-scheme.ts";
import { suggestSchemes } from "../src/core/signing/suggest-scheme.ts";
import { Verifier } from "../src/core/signing/verify.ts";
import type { WebhookRequest } from "../src/core/signing/webhook-request.ts";
import { readOwnSchemes, readScheme, readSeconds, readSecrets } from "./signing-inputs.ts";
import type { VerifyCommandOptions } from "./verify.ts";
import { trimmedCommand } from "./verify-again.ts";
import { annotateUnchecked, reportVerdict, type VerdictFacts } from "./verify-report.ts";
import { readRequest } from "./verify-request.ts";

/** @throws HooksError `failed` when it is not valid, `usage` when it could not be checked. */
export async function verifyWebhook(options: VerifyCommandOptions, context: CliContext): Promise<void> {
  const bodyFile = options.body ?? options.request;
  let facts: VerdictFacts;
  try {
    facts = await check(options, context);
  } catch (error) {
    if (options.format === "github") annotateUnchecked(error, bodyFile, context.out);
    throw error;
  }
  reportVerdict(facts, { explain: options.explain, github: options.format === "github", bodyFile }, context.out);
  const { result } = facts;
  if (result.valid) return;
  if (result.reason === "secret_unusable") throw new HooksError("usage", result.detail, { field: "--secret" });
  throw new HooksError("failed", result.detail, { hint: nextStep(options, facts) });
}

async function check(options: VerifyCommandOptions, context: CliContext): Promise<VerdictFacts> {
  const tolerance = readTolerance(options.tolerance);
  const now = options.now === undefined ? Math.floor(context.now() / 1000) : readSeconds("--now", options.now);
  const secrets = await readSecrets(options, context);
  const request = await readRequest(options, context);
  const scheme =
    options.scheme === "auto"
      ? suggestedScheme(request, await readOwnSchemes(options, context))
      : await readScheme(options, context);

  const result = judge(scheme, request, secrets, tolerance, now);
  const others = result.valid ? [] : await storedSecrets(options, context);
  const hints = result.valid ? [] : diagnose(scheme, request, secrets, result, { now, tolerance, others });
  return { scheme, request, result, hints, now, tolerance };
}

/** The newest ones: a bound on the work. */
const MOST_SUBSCRIPTIONS = 100;

/** Where several fit, which was meant is not ours to guess: they check different things. */
function suggestedScheme(request: WebhookRequest, own: readonly CompiledScheme[]): CompiledScheme {
  const [scheme, ...more] = suggestSchemes(
    request,
    own.map((one) => one.scheme),
  );
  if (scheme !== undefined && more.length === 0) return prepared(scheme);
  const names = [scheme, ...more].flatMap((one) => (one === undefined ? [] : [one.name]));
  throw new HooksError(
    "usage",
    names.length === 0
      ? `--scheme auto: the headers fit none of the schemes${own.length > 0 ? ", of --scheme-file neither" : ""}`
      : `--scheme auto: the headers fit several schemes: ${names.join(", ")}`,
    {
      field: "--scheme",
      hint: names.length === 0 ? "hooks verify --list-schemes lists them" : `name the one it is: --scheme ${names[0]}`,
    },
  );
}

/** Those of the store that is here, when a person asks what went wrong; a store that is none answers nothing. */
async function storedSecrets(options: VerifyCommandOptions, context: CliContext): Promise<NamedSecret[]> {
  if (!options.explain && !context.out.isTty) return [];
  try {
    const { storePath } = context.localStore("--explain");
    if (!existsSync(storePath)) return [];
    const local = await context.local("--explain", { readOnly: true });
    const scope = context.scope();
    const { data: subscriptions } = await local.serviceFor(scope).listSubscriptions({ limit: MOST_SUBSCRIPTIONS });
    const named = subscriptions.map(async ({ id, name }) =>
      (await local.secretsOf(scope, id)).map((secret) => ({ name: name || id, secret })),
    );
    return (await Promise.all(named)).flat();
  } catch (error) {
    if (error instanceof HooksError) return [];
    throw error;
  }
}

/** What to do about a webhook that is not valid. */
function nextStep(options: VerifyCommandOptions, { request, result, hints }: VerdictFacts): string | undefined {
  if (result.valid) return undefined;
  if (options.header.length === 0 && options.headers === undefined && options.request === undefined) {
    return "no headers are given: add --headers FILE, --header 'Name: value' or --request FILE";
  }
  if (hints.some((hint) => hint.code === "trailing_newline")) {
    const isOld = hints.some((hint) => hint.code === "outside_tolerance");
    return trimmedCommand(isOld ? { ...options, tolerance: "none" } : options, request.body);
  }
  const [, unknown] = /the request's (whole URL|method) is not known here$/.exec(result.detail) ?? [];
  if (unknown !== undefined) {
    const part = unknown === "method" ? "method" : "url";
    return `give it with --${part}: ${WHAT_TO_GIVE[part]}`;
  }
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
    if (error instanceof TypeError) throw leftOut(error);
    throw error;
  }
}

const WHAT_TO_GIVE = {
  url: "the whole URL as the sender called it, behind a proxy the public one",
  method: "POST, mostly",
};

function leftOut(error: TypeError): HooksError {
  const [, before = "", part] = /^(.* signs the \w+: )request\.(url|method) is needed/.exec(error.message) ?? [];
  if (part !== "url" && part !== "method") return new HooksError("usage", error.message, { cause: error });
  const hint = WHAT_TO_GIVE[part];
  return new HooksError("usage", `${before}give it with --${part}`, { field: `--${part}`, hint, cause: error });
}

function readTolerance(text: string | undefined): Tolerance | undefined {
  return text === undefined || text === "none" ? text : readSeconds("--tolerance", text);
}
