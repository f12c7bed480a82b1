import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { asUsage, collect, duration, netFlags, readJson, wholeNumber } from "../src/cli/flag-values.ts";
import { examples } from "../src/cli/help.ts";
import { allEventTypes } from "../src/cli/pages.ts";
import { setPath } from "../src/cli/set-path.ts";
import { HooksError } from "../src/core/errors.ts";
import type { EventInput, PublishReceipt, RawJson } from "../src/core/event.ts";
import { checkEventType } from "../src/core/event-pattern.ts";
import { parseExact } from "../src/core/exact-json.ts";
import type { HooksService } from "../src/core/hooks-service.ts";
import { nearestEventType } from "../src/core/nearest.ts";
import { quoted } from "../src/core/quoted.ts";
import { parseRateLimit } from "../src/core/rate-limit.ts";
import { shellWord } from "../src/core/shell-word.ts";
import { isProviderName, isSimulationName } from "../src/core/simulations/provider-names.ts";
import { hintAtDaemon, startSenderIfNeeded } from "./local-sender.ts";
import { REQUEST_FORMS, type RequestForm } from "./print-request.ts";
import { noteReceiptWarnings } from "./receipt-views.ts";
import { profileOption } from "./sub/subscription-flags.ts";
import { DEFAULT_WAIT_MS } from "./wait-until.ts";

export interface TriggerOptions {
  type: string | undefined;
  data?: string;
  eventVersion?: string;
  seed?: number;
  set: string[];
  count?: number;
  rate?: string;
  wait?: boolean;
  /** How long --wait waits, ms. */
  timeout?: number;
  list?: boolean;
  to?: string;
  secret?: string;
  secretOut?: string;
  header: string[];
  profile?: string;
  dryRun?: boolean;
  as?: RequestForm;
  url?: string;
  /** Unix seconds, as given. */
  timestamp?: string;
  allowNet: string[];
  denyNet: string[];
}

/** Defines `hooks trigger`. */
export function triggerCommand(context: CliContext, run = runTrigger): Command {
  return new Command("trigger")
    .description(
      "Sends a test event to the subscriptions that take it, or with --to straight to a URL, with no store. " +
        "PROVIDER:EVENT is an event as Stripe, GitHub, Slack, … sends it, signed with --secret as the provider does: " +
        "`hooks trigger --list` names them. What this process sends itself may reach this machine in development; other " +
        "private addresses need --allow-net.",
    )
    .argument("[event-type]", "for example: order.paid, stripe:invoice.paid")
    .option(
      "--data <json>",
      "the event's data: JSON, @FILE or - (default: its type's example, or made from its schema; of a provider: made up)",
    )
    .option("--event-version <version>", "version of the event type (default: the type's default version)")
    .option(
      "--seed <number>",
      "which data is made up (default: 1; of a provider: new each time)",
      wholeNumber("--seed", 0, 999_999_999),
    )
    .option(
      "--set <path=value>",
      "set one value: data.amount=5, data.items[0].sku=x (of a provider: anywhere in the body)",
      collect,
      [],
    )
    .option("--count <number>", "so many events (default: 1)", wholeNumber("--count", 1, 100_000))
    .option("--rate <limit>", "at most so many: 10/s, 100/m")
    .option("--wait", "wait for each delivery's first result; exit 1 if one failed")
    .option("--timeout <duration>", "how long --wait waits (default: 60s)", duration("--timeout", { max: 3_600_000 }))
    .option("--list", "list the known event types and the events of providers: --list stripe")
    .option("--to <target>", "sign and send straight there: URL, HOST:PORT/PATH or a port")
    .option("--secret <secret>", "signs with --to: VALUE, @FILE, - or env:NAME")
    .option("--secret-out <file>", "of a provider that signs with a private key: keep the new one there, for you alone")
    .option("--header <header>", "own header with --to, 'name: value'", collect, [])
    .addOption(
      profileOption("--profile <name>", "how the request looks with --to: a name, or FILE.json (docs/profiles.md)"),
    )
    .option("--dry-run", "print the signed request instead of sending it")
    .addOption(new Option("--as <form>", "how --dry-run prints it (default: http)").choices(REQUEST_FORMS))
    .option("--url <url>", "of a provider that signs the URL that it calls: that URL (default: --to)")
    .option("--timestamp <seconds>", "of a provider: when it happens, unix seconds (default: now)")
    .option("--allow-net <network>", "with --to or --wait: a private network or name that may be sent to", collect, [])
    .option("--deny-net <network>", "with --to or --wait: one that may not", collect, [])
    .addHelpText(
      "after",
      examples(
        "hooks trigger order.paid --wait",
        `hooks trigger order.paid --data '{"id":"ord_1"}' --set data.amount=1999`,
        "hooks trigger order.paid --to localhost:3000/webhooks --secret env:HOOK_SECRET",
        "hooks trigger order.paid --to localhost:3000 --secret env:HOOK_SECRET --profile securebase",
        "hooks trigger order.paid --count 100 --rate 10/s",
        "hooks trigger stripe:invoice.paid --to localhost:3000/webhooks --secret env:STRIPE_WEBHOOK_SECRET",
        "hooks trigger github:push --to localhost:3000/webhooks --secret env:GITHUB_SECRET --set ref=refs/heads/dev",
        "hooks trigger slack:app_mention --secret env:SLACK_SECRET --dry-run --as curl",
        "hooks trigger --list stripe",
        "hooks trigger order.paid --to http://10.1.2.3:3000/ --secret env:HOOK_SECRET --allow-net 10.1.2.3",
      ),
    )
    .action((type: string | undefined, flags: Omit<TriggerOptions, "type">) => run({ ...flags, type }, context));
}

/** @throws HooksError `usage`; `failed` when a delivery failed under --wait, or a request with --to */
export async function runTrigger(options: TriggerOptions, context: CliContext): Promise<void> {
  if (options.list === true) {
    const { listTriggers } = await import("./trigger-list.ts");
    return listTriggers(options.type, context);
  }
  const { type } = options;
  if (type === undefined) {
    throw new HooksError("usage", "<event-type> is missing", { field: "event-type", hint: "hooks trigger order.paid" });
  }
  const isSimulation = isSimulationName(type);
  if (!isSimulation) asUsage("event-type", () => checkEventType(type, "<event-type>"));
  const rate = options.rate;
  const limit = rate === undefined ? undefined : asUsage("--rate", () => parseRateLimit(rate, "--rate"));
  refuseStrayFlags(options, isSimulation);
  applyNetFlags(options, isSimulation, context);
  const form = options.dryRun === true ? (options.as ?? "http") : undefined;
  if (isSimulation) {
    const { triggerSimulation } = await import("./trigger-simulation.ts");
    return triggerSimulation(type, { ...options, limit, form }, context);
  }

  const event = await buildEvent(type, options, context);
  if (options.to === undefined && options.data === undefined) await checkKnown(type, context);
  if (options.to !== undefined) {
    const { triggerDirectly } = await import("./trigger-directly.ts");
    return triggerDirectly({ ...options, to: options.to, event, limit, form }, context);
  }

  if (options.wait === true) await startSenderIfNeeded(context, "hooks trigger --wait");
  const receipts: PublishReceipt[] = [];
  const service = await context.service();
  for (let sent = 0; sent < (options.count ?? 1); sent++) {
    if (limit !== undefined && 0 < sent) await sleep(limit.perMs / limit.count, undefined, { signal: context.signal });
    const receipt = await service.publish(event);
    receipts.push(receipt);
    if (sent === 0) noteReceiptWarnings(receipt, context);
    printReceipt(receipt, type, options.wait === true, context);
  }
  if (receipts.every((receipt) => receipt.deliveries === 0)) {
    await sayWhyNobody(type, service, context);
  } else if (options.wait !== true) await hintAtDaemon(context);
  if (options.wait === true) {
    const { waitForDeliveries } = await import("./trigger-wait.ts");
    await waitForDeliveries(receipts, options.timeout ?? DEFAULT_WAIT_MS, context);
  }
}

async function sayWhyNobody(type: string, service: HooksService, { out }: CliContext): Promise<void> {
  const [disabled] = (await service.listSubscriptions({ event: type, enabled: false, limit: 1 })).data;
  if (disabled === undefined) {
    out.note(`no subscription takes ${type}`);
    out.hint(`hooks sub create --url http://localhost:3000/hook --event ${type}`);
    return;
  }
  const name = disabled.name === "" ? disabled.id : disabled.name;
  out.note(`${escapeLine(name)} takes ${type} but is disabled`);
  out.hint(`hooks sub enable ${shellWord(name)}`);
}

function printReceipt(receipt: PublishReceipt, type: string, waits: boolean, { out }: CliContext): void {
  const to = receipt.deliveries === 1 ? "1 subscription" : `${receipt.deliveries} subscriptions`;
  if (out.mode === "human")
    out.print(`${out.colors.cyan("→")} ${out.colors.bold(type)}  ${escapeLine(receipt.id)}  to ${to}`);
  else if (out.mode === "quiet") out.print(escapeLine(receipt.id));
  else if (waits)
    return; // the results follow, and each names its event
  else if (out.mode === "json") out.print(jsonLine(receipt));
  else out.print(`${escapeLine(receipt.id)}\t${type}\t${receipt.deliveries}`);
}

async function buildEvent(type: string, options: TriggerOptions, context: CliContext): Promise<EventInput> {
  let made: RawJson | undefined;
  if (options.data === undefined && options.to === undefined) {
    const { madeData } = await import("./trigger-data.ts");
    made = await madeData(type, options, context);
  }
  const version = options.eventVersion;
  const data: RawJson =
    options.data === undefined ? (made ?? Buffer.from("{}")) : await readJson(context, "--data", options.data);
  if (options.set.length === 0) return { type, data, version };
  // Parsed only here: data that nothing is set in stays as it was written, byte for byte.
  const event: { data: unknown; metadata?: unknown } = { data: parseExact(Buffer.from(data).toString("utf8")) };
  for (const assignment of options.set) {
    if (!/^(data|metadata)[.[=]/.test(assignment)) {
      throw new HooksError("usage", `--set ${quoted(assignment)} must begin with data. or metadata.`, {
        field: "--set",
        hint: `--set data.${assignment}`,
      });
    }
    setPath(event, assignment);
  }
  const metadata = event.metadata === undefined ? {} : { metadata: Buffer.from(JSON.stringify(event.metadata)) };
  return { type, data: Buffer.from(JSON.stringify(event.data)), version, ...metadata };
}

/** An unknown type is most often a slip, unless somebody took the trouble to give its data (rulings.md 34). */
async function checkKnown(type: string, context: CliContext): Promise<void> {
  const known = (await allEventTypes(await context.service())).map(({ name }) => name);
  if (known.includes(type)) return;
  if (isProviderName(type)) {
    throw new HooksError("usage", `which event of ${type}?`, {
      field: "event-type",
      hint: `list them: hooks trigger --list ${type} · or send an event of your own that is called so: hooks trigger ${type} --data '{}'`,
    });
  }
  const near = nearestEventType(type, known);
  if (near === undefined) {
    context.out.note(`${type} is a new event type: sent with the data {}`);
    return;
  }
  throw new HooksError("usage", `unknown event ${quoted(type)}\n  did you mean ${JSON.stringify(near)}?`, {
    field: "event-type",
    hint: `list them: hooks trigger --list · or send it anyway: hooks trigger ${type} --data '{}'`,
  });
}

function applyNetFlags(
  { to, wait, allowNet, denyNet }: TriggerOptions,
  isSimulation: boolean,
  context: CliContext,
): void {
  if (allowNet.length === 0 && denyNet.length === 0) return;
  if (to === undefined && wait !== true && !isSimulation) {
    const flag = 0 < allowNet.length ? "--allow-net" : "--deny-net";
    throw new HooksError("usage", `${flag} needs --to or --wait: else a daemon sends, by its own rules`, {
      field: flag,
    });
  }
  context.settings(netFlags(allowNet, denyNet));
}

function refuseStrayFlags(options: TriggerOptions, isSimulation: boolean): void {
  if (options.timeout !== undefined && options.wait !== true) {
    throw new HooksError("usage", "--timeout needs --wait", { field: "--timeout" });
  }
  if (options.as !== undefined && options.dryRun !== true) {
    throw new HooksError("usage", "--as needs --dry-run", { field: "--as" });
  }
  if (isSimulation) {
    refuseGiven(
      { "--wait": options.wait, "--profile": options.profile, "--event-version": options.eventVersion },
      "is for event types of your own",
    );
    return;
  }
  refuseGiven(
    { "--url": options.url, "--timestamp": options.timestamp, "--secret-out": options.secretOut },
    "is for events of providers: hooks trigger stripe:invoice.paid",
  );
  if (options.to === undefined) {
    const direct = { "--secret": options.secret, "--header": options.header[0], "--profile": options.profile };
    refuseGiven({ ...direct, "--dry-run": options.dryRun }, "needs --to");
  } else if (options.secret === undefined) {
    throw new HooksError("usage", "--secret is missing: what is sent with --to is signed", {
      field: "--secret",
      hint: `hooks trigger ${options.type ?? "order.paid"} --to ${options.to} --secret env:HOOK_SECRET`,
    });
  }
}

function refuseGiven(flags: Readonly<Record<string, unknown>>, why: string): void {
  for (const [flag, value] of Object.entries(flags)) {
    if (value !== undefined) throw new HooksError("usage", `${flag} ${why}`, { field: flag });
  }
}
