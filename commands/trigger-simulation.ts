import { randomBytes } from "node:crypto";
import type { CliContext } from "../src/cli/context.ts";
import { readJson } from "../src/cli/flag-values.ts";
import { readSecretValue } from "../src/cli/secret-value.ts";
import { hasPath, setPath } from "../src/cli/set-path.ts";
import { targetUrl } from "../src/cli/target-url.ts";
import type { TargetUrl } from "../src/core/egress/target-url.ts";
import { HooksError } from "../src/core/errors.ts";
import { parseExact } from "../src/core/exact-json.ts";
import { quoted } from "../src/core/quoted.ts";
import { shellWord } from "../src/core/shell-word.ts";
import { type Found, findSimulation } from "../src/core/simulations/catalogue.ts";
import { Fresh } from "../src/core/simulations/fresh.ts";
import { KEY_BYTES, type KeyPair, makeKeyPair, publicKeyOf } from "../src/core/simulations/key-pair.ts";
import type { Provider, SimulatedEvent } from "../src/core/simulations/provider.ts";
import { PROVIDER_NAMES } from "../src/core/simulations/provider-names.ts";
import { putData } from "../src/core/simulations/put-data.ts";
import { signEvent } from "../src/core/simulations/sign-event.ts";
import type { RateLimit } from "../src/core/subscription.ts";
import type { RequestForm } from "./print-request.ts";
import { writeSecretOut } from "./secret-out.ts";
import { readSeconds } from "./signing-inputs.ts";
import { type DirectRequest, ownHeaders, sendEach } from "./trigger-directly.ts";

export interface SimulationOptions {
  to?: string;
  url?: string;
  secret?: string;
  /** Where a key that is made is kept. */
  secretOut?: string;
  data?: string;
  set: string[];
  header: string[];
  count?: number;
  limit: RateLimit | undefined;
  form: RequestForm | undefined;
  seed?: number;
  /** Unix seconds, as given. */
  timestamp?: string;
}

/** For somebody who looks at what happens in a debugger; whether the provider would wait as long is said. */
const TIMEOUT_MS = 30_000;
/** What a request says that is printed and not sent. */
const NOWHERE = "http://localhost:3000/webhooks";

/**
 * `trigger stripe:invoice.paid`: an event as the provider makes, signs and sends it.
 * @throws HooksError `usage`, `url_refused`; `failed` when an answer is no 2xx, or not what a handshake needs
 */
export async function triggerSimulation(name: string, options: SimulationOptions, context: CliContext): Promise<void> {
  const found = await find(name);
  const { provider, simulation } = found;
  const type = `${provider.name}:${simulation.type}`;
  const target = targetOf(options, provider, type);
  const called = options.url === undefined ? target : targetUrl(options.url, "--url");
  const headers = ownHeaders(
    options.header,
    provider.signatureHeaders.map((one) => one.toLowerCase()),
  );
  const data =
    options.data === undefined
      ? undefined
      : parseExact(Buffer.from(await readJson(context, "--data", options.data)).toString("utf8"));
  const fixed = options.timestamp === undefined ? undefined : readSeconds("--timestamp", options.timestamp) * 1000;
  const seed = options.seed?.toString() ?? randomBytes(16).toString("hex");
  const key = await readKey(found, type, options, seed, context);

  const make = (number: number): DirectRequest => {
    const sentAt = fixed ?? context.now();
    // The first of a seed is the same whether or not others follow.
    const event = simulation.make(new Fresh(`${seed}/${number}`, sentAt));
    const body = bodyOf(event, provider, data, options.set, number === 0 ? context : undefined);
    const { headers: made, body: text } = signed(provider, event, body, {
      secret: key.secret,
      url: called.href,
      sentAt,
    });
    const own = new Set(Object.keys(headers));
    const flat = [...made.filter(([header]) => !own.has(header.toLowerCase())), ...Object.entries(headers)].flat();
    const { answer } = event;
    return {
      id: event.id,
      type,
      headers: flat,
      body: Buffer.from(text),
      patienceMs: provider.patienceMs,
      ...(answer === undefined ? {} : { faultOf: (text: string) => answer(text, key.secret) }),
      ...(key.publicKey === undefined ? {} : { more: { public_key: key.publicKey } }),
    };
  };
  await sendEach({ ...options, url: target, timeoutMs: TIMEOUT_MS }, make, context);
}

async function find(name: string): Promise<Found> {
  const found = await findSimulation(name);
  if ("simulation" in found) return found;
  const { provider, near } = found;
  const meant = near === undefined ? "" : `\n  did you mean ${JSON.stringify(near)}?`;
  const [what, list] =
    provider === undefined
      ? [`unknown provider ${quoted(name.split(":")[0] ?? "")}`, "hooks trigger --list"]
      : name.endsWith(":")
        ? [`which event of ${provider.title}?`, `hooks trigger --list ${provider.name}`]
        : [`unknown event ${quoted(name)}`, `hooks trigger --list ${provider.name}`];
  const known = provider === undefined ? ` · providers: ${PROVIDER_NAMES.join(", ")}` : "";
  throw new HooksError("usage", `${what}${meant}`, { field: "event-type", hint: `list them: ${list}${known}` });
}

function targetOf({ to, form, secret }: SimulationOptions, provider: Provider, type: string): TargetUrl {
  if (to !== undefined) return targetUrl(to, "--to");
  if (form !== undefined && provider.signsUrl !== true) return targetUrl(NOWHERE, "--to");
  const why =
    form === undefined
      ? "an event of a provider goes straight to a URL"
      : `${provider.title} signs the URL that it calls`;
  const key = provider.keyPair === undefined || secret !== undefined ? " --secret env:SIGNING_SECRET" : "";
  throw new HooksError("usage", `--to is missing: ${why}`, {
    field: "--to",
    hint: `hooks trigger ${type} --to localhost:3000/webhooks${key}`,
  });
}

interface SigningKey {
  secret: string;
  publicKey?: string;
}

/** What signs. Asked for where somebody can be asked; made where the provider's receivers get a public key. */
async function readKey(
  { provider }: Found,
  type: string,
  { secret, secretOut, seed }: SimulationOptions,
  drawn: string,
  context: CliContext,
): Promise<SigningKey> {
  const { keyPair } = provider;
  if (secretOut !== undefined && (secret !== undefined || keyPair === undefined)) {
    const why = keyPair === undefined ? `${provider.title} tells you its secret: none is made` : "none is made";
    throw new HooksError("usage", `--secret-out: ${why}`, { field: "--secret-out", hint: "give it with --secret" });
  }
  if (secret !== undefined) {
    const text = await readSecretValue(secret, "--secret", context);
    if (keyPair === undefined) return { secret: text };
    const publicKey = publicKeyOf(keyPair, text);
    if (publicKey !== undefined) return { secret: text, publicKey };
    throw new HooksError("usage", `--secret must be ${provider.secret}`, {
      field: "--secret",
      hint: "leave it out for a new one",
    });
  }
  if (keyPair !== undefined) {
    const random = seed === undefined ? randomBytes(KEY_BYTES) : new Fresh(`key/${drawn}`, 0).bytes(KEY_BYTES);
    const made = makeKeyPair(keyPair, random);
    if (secretOut !== undefined) writeSecretOut(secretOut, made.secret, context);
    tellKey(made, secretOut, context);
    return made;
  }
  if (context.canPrompt) return { secret: await context.ask.secret(`${provider.title}: ${provider.secret}`) };
  throw new HooksError("usage", `--secret is missing: ${provider.secret}`, {
    field: "--secret",
    hint: `hooks trigger ${type} --to localhost:3000/webhooks --secret env:SIGNING_SECRET`,
  });
}

/** The key itself is nowhere in what is printed: that is kept by terminals and by the logs of CI. */
function tellKey({ publicKey }: KeyPair, secretOut: string | undefined, { out }: CliContext): void {
  out.note(`signed with a new key; the receiver checks with its public key: ${publicKey}`);
  out.hint(
    secretOut === undefined
      ? "to sign with it again: --secret-out FILE keeps a new key, --secret @FILE signs with it"
      : `sign with the same key again: --secret ${shellWord(`@${secretOut}`)}`,
  );
}

/** `context`: told of paths that the event does not have. */
function bodyOf(
  event: SimulatedEvent,
  provider: Provider,
  data: unknown,
  assignments: readonly string[],
  context: CliContext | undefined,
): unknown {
  // As JSON has it: without what is undefined.
  let body: unknown = JSON.parse(JSON.stringify(event.body));
  if (data !== undefined) {
    const put = putData(body, data, event.dataPath ?? provider.dataPath, event.style ?? provider.style);
    if (typeof put === "string") throw new HooksError("usage", `--data ${put}`, { field: "--data" });
    body = put.body;
  }
  for (const assignment of assignments) {
    const path = assignment.slice(0, Math.max(0, assignment.indexOf("=")));
    const isKnown = hasPath(body, assignment);
    body = setPath(body, assignment);
    if (!isKnown) context?.out.note(`${quoted(path)} is a field that this event did not have`);
  }
  return body;
}

function signed(...[provider, event, body, how]: Parameters<typeof signEvent>): ReturnType<typeof signEvent> {
  try {
    return signEvent(provider, event, body, how);
  } catch (error) {
    // What signing calls a caller's mistake was given as --secret, or set with --set.
    if (!(error instanceof TypeError)) throw error;
    throw new HooksError("usage", error.message.replace(/^secret #1/, "--secret"), { field: "--secret", cause: error });
  }
}
