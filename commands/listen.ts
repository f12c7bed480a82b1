import { hostname } from "node:os";
import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { checkFilterFlag } from "../src/cli/filter-caret.ts";
import { examples } from "../src/cli/help.ts";
import { VERSION } from "../src/core/version.ts";
import type { HelloFrame } from "../src/stream/protocol.ts";
import { ListenChild } from "./listen-child.ts";
import { listenEndpoint } from "./listen-endpoint.ts";
import type { Expecting } from "./listen-expecting.ts";
import {
  checkListenOptions,
  DEFAULT_CONCURRENCY,
  DEFAULT_TIMEOUT_MS,
  defineListenFlags,
  type ListenOptions,
  patternsOf,
  sessionName,
} from "./listen-flags.ts";
import type { ListenFollower } from "./listen-followers.ts";
import { type Forwarding, openForwarding } from "./listen-forwarding.ts";
import { ReadyFile } from "./listen-ready-file.ts";
import type { ListenReport } from "./listen-report.ts";
import { Listening } from "./listen-run.ts";
import { openListenTerminal } from "./listen-view.ts";

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
  const quit = (): void => {
    forwarding?.programs.unwatch();
    client.quit({ keep: options.keep !== undefined });
  };
  let lostBy: string | undefined;
  client.on("disconnected", ({ reason }) => {
    lostBy = reason;
  });
  const readyFile = options.readyFile === undefined ? undefined : await ReadyFile.prepare(options.readyFile, context);
  let child: ListenChild | undefined;
  const hindrance = (): string | undefined => {
    if (!client.wasReady) {
      return `never connected to ${serverOf(context)}${lostBy === undefined ? "" : `: ${lostBy}`}`;
    }
    const { absent = [], own = [] } = forwarding?.programs ?? {};
    if (child?.isComingUp === true) return `your program did not listen on ${own.join(" nor ")}`;
    return absent.length === 0 ? undefined : `nothing listens on ${absent.join(" nor ")}`;
  };
  const ending = await endingFollowers(options, { quit, hindrance }, context);
  const followers: ListenFollower[] = [...(forwarding === undefined ? [] : [forwarding]), ...ending.followers];
  if (program === undefined) {
    if (forwarding !== undefined) followers.push({ onReady: () => forwarding.programs.look() });
    if (readyFile !== undefined) followers.push(readyFile);
  } else {
    child = new ListenChild(
      {
        command: [program, ...args],
        envNames: options.envName,
        untilUp: forwarding === undefined ? undefined : () => forwarding.programs.untilUp(),
        onUp: async (ready) => {
          client.addCredit(hello.credit);
          await readyFile?.onReady(ready);
        },
        onEnd: quit,
        onExitCode: async (code) => {
          context.endWith(code);
          await ending.report?.onExitCode(code);
        },
      },
      context,
    );
    // The last: it may take its time to end, and what is to be written is written by then.
    followers.push(child);
  }
  await new Listening(client, options, context, { ...about, forwarding, followers, view, quit }).run();
}

/** Those that decide when the run ends and how, in the order in which they end. */
async function endingFollowers(
  options: ListenOptions,
  run: { quit(): void; hindrance(): string | undefined },
  context: CliContext,
): Promise<{ followers: ListenFollower[]; report: ListenReport | undefined }> {
  const { expect, count = 1, within: withinMs, report: reportFile, record: file } = options;
  const followers: ListenFollower[] = [];
  if (file !== undefined) {
    const { ListenRecording } = await import("./listen-recording.ts");
    const { redact, recordSecrets: secrets = false } = options;
    followers.push(await ListenRecording.open({ file, redact, secrets, onFault: run.quit }, context));
  }
  let expecting: Expecting | undefined;
  if (0 < expect.length) {
    const { Expecting } = await import("./listen-expecting.ts");
    const { quit: onOver, hindrance } = run;
    expecting = new Expecting({ patterns: expect, count, withinMs, hindrance, onOver }, context);
  }
  let report: ListenReport | undefined;
  if (reportFile !== undefined) {
    const { ListenReport } = await import("./listen-report.ts");
    report = await ListenReport.prepare(reportFile, expecting, context);
    // Before what was expected, which fails where it has not come: it is written all the same.
    followers.push(report);
  }
  if (expecting !== undefined) followers.push(expecting);
  return { followers, report };
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

/** Where they go, for people. */
function targetsOf(forwarding: Forwarding | undefined): { target: string; routes: string[] } {
  const { otherwise = "answered here with 200", routes = [] } = forwarding ?? {};
  return { target: otherwise, routes: routes.map(({ pattern, target }) => `${pattern} → ${target.text}`) };
}

/** Whom it dials, for people. */
function serverOf(context: CliContext): string {
  const { target } = context.settings();
  return target.kind === "remote" ? target.server.href : "the daemon";
}

/** Where the events come from, for people. */
function whereOf(context: CliContext): string {
  const { target } = context.settings();
  return target.kind === "remote" ? target.server.host : `events of ${context.scope().environment}`;
}
