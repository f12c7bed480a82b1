import { hostname } from "node:os";
import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { checkFilterFlag } from "../src/cli/filter-caret.ts";
import { isOk } from "../src/cli/forwarded-delivery.ts";
import { examples } from "../src/cli/help.ts";
import { HooksError } from "../src/core/errors.ts";
import type { ExpectationTally } from "../src/core/expectation.ts";
import { shellWord } from "../src/core/shell-word.ts";
import { VERSION } from "../src/core/version.ts";
import type { Answer } from "../src/stream/delivery-desk.ts";
import type { ListenClient } from "../src/stream/listen-client.ts";
import type { DeliveryFrame, HelloFrame, ReadyFrame } from "../src/stream/protocol.ts";
import { ListenChild } from "./listen-child.ts";
import { listenEndpoint } from "./listen-endpoint.ts";
import {
  checkListenOptions,
  DEFAULT_CONCURRENCY,
  DEFAULT_TIMEOUT_MS,
  defineListenFlags,
  type ListenOptions,
  sessionName,
} from "./listen-flags.ts";
import type { ListenFollower } from "./listen-followers.ts";
import { type Forwarding, forwardedDelivery, openForwarding } from "./listen-forwarding.ts";
import { deliveryLine, jsonOf, missedLine, secretHint } from "./listen-lines.ts";
import { ReadyFile } from "./listen-ready-file.ts";
import { type ListenTerminal, openListenTerminal } from "./listen-view.ts";

/** Defines `hooks listen`. */
export function listenCommand(context: CliContext, run = runListen): Command {
  return defineListenFlags(new Command("listen"))
    .description(
      "Brings deliveries to a program on this computer as they happen, and its answers back. What happens while it is " +
        "away waits for it. A terminal shows it live: ↑↓ select, Enter shows all of it, r replays, e edits and sends it, c " +
        "copies it as curl, f filters, ? names all keys. Ctrl-C ends it.",
    )
    .addHelpText(
      "after",
      examples(
        "hooks listen --forward localhost:3000/webhooks",
        "hooks listen --forward 3000 --events 'order.*' --events invoice.paid",
        "hooks listen --forward 3000 --filter 'data.amount > 1000'",
        "hooks listen --forward 3000 --no-view",
        "hooks listen --source github --forward 3000/webhooks",
        "hooks listen --print",
        "SECRET=$(hooks listen --print-secret)",
        "hooks listen --forward 3000 --route 'invoice.*=localhost:4000/billing'",
        "hooks listen --forward 3000 -- npm run dev",
        "hooks listen --forward 3000 --record orders.cassette --redact data.user.email",
        "hooks listen --forward 3000 --ready-file ready.json --expect order.paid --count 2 --within 30s",
      ),
    )
    .argument("[command...]", "behind --: your program, started with the signing secret in HOOKS_SECRET")
    .action((command: string[], flags: ListenOptions) => run(flags, context, command));
}

/**
 * @throws HooksError `usage`; `unauthenticated`, `forbidden`; `interrupted` when it ends before it was connected; `failed`
 *   when what was expected did not come
 */
export async function runListen(
  options: ListenOptions,
  context: CliContext,
  command: readonly string[] = [],
): Promise<void> {
  checkListenOptions(options, command);
  if (options.filter !== undefined) await checkFilterFlag(options.filter, context.out);
  const forwarding = options.printSecret === true ? undefined : await openForwarding(options, context);
  const [{ ListenClient }, { ACCEPTED }] = await Promise.all([
    import("../src/stream/listen-client.ts"),
    import("../src/stream/delivery-desk.ts"),
  ]);
  const hello = helloOf(options, context);
  const about = { where: whereOf(context), ...targetsOf(forwarding) };
  const timeoutMs = options.timeout ?? DEFAULT_TIMEOUT_MS;
  const view = await openListenTerminal(options, command, { about, forwarding, timeoutMs }, context);
  const [program, ...args] = command;
  const client = new ListenClient({
    endpoint: await listenEndpoint(context),
    // A program that is being started takes nothing yet.
    hello: program === undefined ? hello : { ...hello, credit: 0 },
    answer: (delivery, signal) => {
      view?.onTaken(delivery);
      return forwarding?.forward(delivery, signal) ?? Promise.resolve(ACCEPTED);
    },
    maxDeliveries: options.maxEvents,
    keep: options.keep !== undefined,
    dialsOnce: options.printSecret === true,
    now: () => context.now(),
    random: Math.random,
  });
  const quit = (): void => client.quit({ keep: options.keep !== undefined });
  const readyFile = options.readyFile === undefined ? undefined : await ReadyFile.prepare(options.readyFile, context);
  const followers = await endingFollowers(options, quit, context);
  if (program === undefined) {
    if (readyFile !== undefined) followers.unshift(readyFile);
    if (forwarding !== undefined) followers.unshift(forwarding, { onReady: () => forwarding.programs.look() });
  } else {
    followers.unshift(
      ...(forwarding === undefined ? [] : [forwarding]),
      new ListenChild(
        {
          command: [program, ...args],
          envNames: options.envName,
          untilUp: forwarding === undefined ? undefined : () => forwarding.programs.untilUp(),
          onUp: async (ready) => {
            client.addCredit(hello.credit);
            await readyFile?.onReady(ready);
          },
          onEnd: quit,
        },
        context,
      ),
    );
  }
  await new Listening(client, options, context, { forwarding, followers, view }).run();
}

/** Those that decide when the run ends and how. */
async function endingFollowers(
  options: ListenOptions,
  quit: () => void,
  context: CliContext,
): Promise<ListenFollower[]> {
  const { expect, count = 1, within, report, record } = options;
  const followers: ListenFollower[] = [];
  let tally: ExpectationTally | undefined;
  if (0 < expect.length) {
    const { Expecting } = await import("./listen-expecting.ts");
    const expecting = new Expecting({ patterns: expect, count, withinMs: within, onOver: quit }, context);
    followers.push(expecting);
    ({ tally } = expecting);
  }
  if (report !== undefined) {
    const { ListenReport } = await import("./listen-report.ts");
    // First: it is written whether or not what was expected has come.
    followers.unshift(await ListenReport.prepare(report, tally, context));
  }
  if (record !== undefined) {
    const { ListenRecording } = await import("./listen-recording.ts");
    const { redact, recordSecrets: secrets = false } = options;
    followers.unshift(await ListenRecording.open({ file: record, redact, secrets, onFault: quit }, context));
  }
  return followers;
}

function helloOf(options: ListenOptions, context: CliContext): Omit<HelloFrame, "type" | "client"> {
  const { concurrency = DEFAULT_CONCURRENCY, maxEvents = concurrency, keep } = options;
  const session = sessionName(options, context);
  return {
    ...(session === undefined ? {} : { session }),
    events: patternsOf(options),
    ...(options.filter === undefined ? {} : { filter: options.filter }),
    ...(options.source.length === 0 ? {} : { sources: options.source }),
    ...(options.printSecret === true ? { secrets_only: true } : {}),
    credit: options.printSecret === true ? 0 : Math.min(concurrency, maxEvents),
    name: session ?? hostname().slice(0, 255),
    version: VERSION,
    ephemeral: options.ephemeral ?? false,
    retry: options.retry ?? false,
    timeout_ms: options.timeout ?? DEFAULT_TIMEOUT_MS,
    ...(typeof keep === "number" ? { keep_ms: keep } : {}),
  };
}

function patternsOf({ events }: ListenOptions): string[] {
  return events.length === 0 ? ["*"] : events;
}

interface About {
  forwarding: Forwarding | undefined;
  followers: readonly ListenFollower[];
  /** undefined: lines are printed. */
  view: ListenTerminal | undefined;
}

/** A run of the command: what it says, and when it ends. */
class Listening {
  readonly #client: ListenClient;
  readonly #options: ListenOptions;
  readonly #context: CliContext;
  readonly #about: About;
  #ok = 0;
  #failed = 0;
  #lastLoss: string | undefined;
  /** Thrown while something was shown (nobody reads our output any more, the ready file cannot be written). */
  #fault: Error | undefined;

  constructor(client: ListenClient, options: ListenOptions, context: CliContext, about: About) {
    this.#client = client;
    this.#options = options;
    this.#context = context;
    this.#about = about;
  }

  async run(): Promise<void> {
    const client = this.#client;
    client.on("ready", (ready, again) => this.#guard(() => this.#onReady(ready, again)));
    client.on("delivery", (delivery, answer) => this.#guard(() => this.#onDelivery(delivery, answer)));
    client.on("disconnected", ({ reason, retryInMs }) => this.#guard(() => this.#onLost(reason, retryInMs)));
    client.on("problem", ({ code, message }) => this.#guard(() => this.#onProblem(code, message)));
    const onSignal = (): void => this.#onSignal();
    this.#context.signal.addEventListener("abort", onSignal);
    if (this.#context.signal.aborted) this.#onSignal();
    try {
      await client.run();
    } finally {
      this.#context.signal.removeEventListener("abort", onSignal);
      await this.#about.view?.close();
    }
    if (client.wasReady) {
      if (this.#fault === undefined && this.#options.printSecret !== true) this.#sumUp();
      await this.#endFollowers();
    }
    if (this.#fault !== undefined) throw this.#fault;
    if (!client.wasReady) throw new HooksError("interrupted", "interrupted before it was connected");
  }

  async #endFollowers(): Promise<void> {
    for (const follower of this.#about.followers) {
      try {
        await follower.onEnd?.();
      } catch (error) {
        this.#fault ??= error as Error;
      }
    }
  }

  /** Shows something; what is thrown meanwhile ends the run instead of the process. */
  #guard(show: () => void | Promise<void>): void {
    const end = (error: unknown): void => {
      this.#fault ??= error instanceof Error ? error : new Error(String(error));
      this.#client.quit({ keep: this.#options.keep !== undefined });
    };
    try {
      Promise.resolve(show()).catch(end);
    } catch (error) {
      end(error);
    }
  }

  async #onReady(ready: ReadyFrame, again: boolean): Promise<void> {
    const { out } = this.#context;
    const [secret] = ready.secrets;
    this.#lastLoss = undefined;
    if (this.#options.printSecret === true) {
      out.print(out.mode === "json" ? jsonLine({ secret: secret ?? null }) : escapeLine(secret ?? ""));
      this.#client.quit({ keep: true });
      return;
    }
    if (out.mode === "json") {
      const { session, subscription_id, resumed, waiting, missed_from, missed_to, inbound, public_url } = ready;
      out.print(
        jsonLine({
          ...{ type: "ready", session, subscription_id, resumed, waiting, missed_from, missed_to },
          ...(inbound.length === 0 ? {} : { inbound }),
          public_url,
        }),
      );
    }
    const { view } = this.#about;
    if (view !== undefined && (!again || view.isOpen)) view.onReady(ready, again, this.#client);
    else this.#showReady(ready, again);
    if (again) return;
    for (const follower of this.#about.followers) await follower.onReady?.(ready);
  }

  #showReady(ready: ReadyFrame, again: boolean): void {
    const { out } = this.#context;
    const { bold, green } = out.noteColors;
    const [secret] = ready.secrets;
    if (!again) {
      const { target, routes } = targetsOf(this.#about.forwarding);
      out.note(`${bold("hooks listen")}  ${whereOf(this.#context)} → ${bold(target)}`);
      for (const route of routes) out.note(`  ${route}`);
    }
    const facts = [`session ${escapeLine(ready.session)}`, `events ${patternsOf(this.#options).join(", ")}`];
    if (this.#options.filter !== undefined) facts.push(`filter ${escapeLine(this.#options.filter)}`);
    if (0 < this.#options.source.length) facts.push(`source ${this.#options.source.join(", ")}`);
    else if (secret !== undefined) facts.push(`secret ${escapeLine(secretHint(secret))}`);
    if (ready.public_url !== undefined) facts.push(`at ${escapeLine(ready.public_url)}`);
    out.note([`${green("●")} ${again ? "connected again" : "connected"}`, ...(again ? [] : facts)].join("   "));
    if (!again && this.#options.source.length === 0)
      out.hint(`the whole secret: hooks listen --print-secret --session ${shellWord(ready.session)}`);
    if (!again) for (const url of ready.inbound) out.note(`  ${escapeLine(url)} is where the sender sends to`);
    const missed = missedLine(ready.waiting, ready.missed_from, ready.missed_to, this.#context.now());
    if (missed !== undefined) out.note(missed);
  }

  #onDelivery(delivery: DeliveryFrame, answer: Answer): void {
    const { out } = this.#context;
    const forwarded = forwardedDelivery(delivery, answer, this.#context.now());
    if (isOk(forwarded)) this.#ok += 1;
    else this.#failed += 1;
    for (const follower of this.#about.followers) follower.onDelivery?.(forwarded);
    if (this.#about.view?.isOpen === true) {
      this.#about.view.onDelivery(forwarded);
      return;
    }
    const line = this.#options.print === true ? jsonOf(forwarded) : deliveryLine(forwarded, out);
    if (line !== undefined) out.print(line);
  }

  /** Once for each reason: a server that is away for a night fills no screen. */
  #onLost(reason: string, retryInMs: number): void {
    const { out } = this.#context;
    this.#about.view?.onLost(reason);
    if (reason === this.#lastLoss) return;
    this.#lastLoss = reason;
    if (out.mode === "json") out.print(jsonLine({ type: "disconnected", reason, retry_in_ms: retryInMs }));
    out.note(`${out.noteColors.yellow("○")} not connected: ${escapeLine(reason)}. Trying again until it works`);
  }

  #onProblem(code: string, message: string): void {
    const { out } = this.#context;
    if (out.mode === "json") out.print(jsonLine({ type: "problem", code, message }));
    out.note(`${out.noteColors.yellow("note:")} ${escapeLine(message)}`);
  }

  #onSignal(): void {
    const { inHand } = this.#client;
    this.#about.view?.onQuit();
    if (inHand !== 0) this.#context.out.note(`finishing ${inHand} in hand; Ctrl-C again ends at once`);
    this.#client.quit({ keep: this.#options.keep !== undefined });
  }

  #sumUp(): void {
    const { out } = this.#context;
    const counts = { events: this.#ok + this.#failed, ok: this.#ok, failed: this.#failed };
    if (out.mode === "json") out.print(jsonLine({ type: "end", ...counts }));
    out.note(
      `${counts.events === 1 ? "1 event" : `${counts.events} events`}, ${counts.ok} ok, ${counts.failed} failed`,
    );
  }
}

/** Where they go, for people. */
function targetsOf(forwarding: Forwarding | undefined): { target: string; routes: string[] } {
  const { otherwise = "answered here with 200", routes = [] } = forwarding ?? {};
  return { target: otherwise, routes: routes.map(({ pattern, target }) => `${pattern} → ${target.text}`) };
}

/** Where the events come from, for people. */
function whereOf(context: CliContext): string {
  const { target } = context.settings();
  return target.kind === "remote" ? target.server.host : `events of ${context.scope().environment}`;
}
