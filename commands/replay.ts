import { Command, Option } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { collect, duration } from "../src/cli/flag-values.ts";
import { examples } from "../src/cli/help.ts";
import { addFieldsFlag, addSpanFlags, fetchRows, noteRest } from "../src/cli/pages.ts";
import { printChanged, printOne, printsFields } from "../src/cli/print-one.ts";
import { replayLines, replayView } from "../src/cli/replay-view.ts";
import { printList } from "../src/cli/table.ts";
import { DELIVERY_REASONS, type DeliveryReason } from "../src/core/delivery.ts";
import { HooksError } from "../src/core/errors.ts";
import { REPLAYED_STATES, type ReplayedState } from "../src/core/replay.ts";
import { naming, namingFilterFlags } from "./filter-flags.ts";
import { REPLAY_STARTED_VIEW } from "./receipt-views.ts";
import { followReplay, printReplay } from "./replay-progress.ts";

export interface ReplayOptions {
  failed?: boolean;
  status?: ReplayedState;
  since?: string;
  until?: string;
  sub?: string;
  type: string[];
  reason?: DeliveryReason;
  rate?: string;
  dryRun?: boolean;
  /** --no-wait */
  wait: boolean;
  list?: boolean;
  watch?: string;
  cancel?: string;
  forward?: string;
  expect?: string;
  speed?: "max" | "real";
  secret?: string;
  scheme?: string;
  schemeFile?: string;
  header: string[];
  ignore: string[];
  /** ms */
  timeout?: number;
  allowNet: string[];
  denyNet: string[];
  fields?: string[];
}

const MOST_LISTED = 50;
/** What chooses deliveries, and means nothing beside --list, --watch and --cancel. */
const CHOOSING = ["failed", "status", "since", "until", "sub", "reason", "rate", "dryRun"] as const;

/** What is about a cassette, and means nothing without FILE. */
const ABOUT_FILES = ["forward", "expect", "speed", "secret", "scheme", "schemeFile", "timeout"] as const;
const LISTS_ABOUT_FILES = ["header", "ignore", "allowNet", "denyNet"] as const;

/** Defines `hooks replay`. */
export function replayCommand(context: CliContext, run = runReplay): Command {
  const command = addFieldsFlag(new Command("replay"))
    .description(
      "Sends ended deliveries again, by filter. --dry-run only counts them. What is new goes out before what is sent " +
        "again. A replay stands in the store: it survives crashes, and re-opens each delivery once. One event: hooks " +
        "event replay. With FILE, a cassette of hooks listen --record: sends what was recorded to your program, signed " +
        "anew, and compares the answers.",
    )
    .argument("[file]", "a cassette: its deliveries go to --forward, and nothing of the store")
    .addOption(new Option("--failed", "those that failed (the same as --status failed)").conflicts("status"))
    .addOption(new Option("--status <status>", "those that ended so").choices(REPLAYED_STATES))
    .option("--sub <subscription>", "of this subscription (id, beginning or name)")
    .option("--type <event-type>", "of this type or pattern", collect, [])
    .addOption(new Option("--reason <reason>", "that ended for this reason").choices(DELIVERY_REASONS));
  cassetteFlags(command);
  return endedSpan(command)
    .option("--rate <rate>", "at most so many: 100/s, 600/m")
    .option("--dry-run", "only say how many")
    .option("--no-wait", "do not wait for the end of it")
    .addOption(new Option("--list", "show the latest replays").conflicts(["watch", "cancel"]))
    .addOption(new Option("--watch <replay>", "wait for the end of one").conflicts("cancel"))
    .option("--cancel <replay>", "send nothing more of one again")
    .addHelpText(
      "after",
      examples(
        "hooks replay --failed --since 2h --dry-run",
        "hooks replay --failed --since 2h --rate 100/s",
        "hooks replay --status succeeded --sub shop --type 'invoice.*' --since 1d",
        "hooks replay --list",
        "hooks replay orders.cassette --forward localhost:3000/webhooks --secret env:HOOK_SECRET --expect 2xx",
      ),
    )
    .action((file: string | undefined, flags: ReplayOptions) => run(flags, context, file));
}

function cassetteFlags(command: Command): Command {
  return command
    .option("--forward <target>", "FILE: your program: a port, HOST:PORT/PATH or a URL")
    .option("--expect <status>", "FILE: each answer must be so: 2xx, 204, 2xx,409 (default: as recorded)")
    .addOption(new Option("--speed <speed>", "FILE: one by one, or with the recorded pauses").choices(["max", "real"]))
    .option("--secret <secret>", "FILE: signs: VALUE, @FILE, - or env:NAME (default: $HOOKS_SECRET)")
    .option("--scheme <name>", "FILE: signature scheme (default: standard-webhooks)")
    .option("--scheme-file <file>", "FILE: JSON file with schemes of your own (docs/schemes.md)")
    .option("--header <header>", "FILE: set on every request, 'name: value' (repeatable)", collect, [])
    .option("--ignore <place>", "FILE: not compared: header:location, data.id (repeatable)", collect, [])
    .option(
      "--timeout <duration>",
      "FILE: for each answer (default: 30s)",
      duration("--timeout", { min: 100, max: 300_000 }),
    )
    .option("--allow-net <network>", "FILE: a private network or name that may be sent to", collect, [])
    .option("--deny-net <network>", "FILE: one that may not", collect, []);
}

/** --since and --until, of the end of deliveries. */
export function endedSpan(command: Command): Command {
  addSpanFlags(command);
  for (const option of command.options) {
    if (option.long === "--since") option.description = "that ended from then on: 2h, 7d, 2026-01-31T12:00:00Z";
    if (option.long === "--until") option.description = "that ended before then";
  }
  return command;
}

/** @throws HooksError `usage` when it is not said which */
export async function runReplay(flags: ReplayOptions, context: CliContext, file?: string): Promise<void> {
  const { out } = context;
  checkForms(flags, file);
  if (file !== undefined) return (await import("./replay-cassette.ts")).replayCassette(file, flags, context);
  const { fields } = flags;
  const isAboutJobs = flags.list === true || flags.watch !== undefined || flags.cancel !== undefined;
  if (isAboutJobs) return runJobs(flags, context);
  if (printsFields(out, REPLAY_STARTED_VIEW, fields)) return;
  if (flags.failed !== true && flags.status === undefined) {
    throw new HooksError("usage", "say which deliveries: --failed or --status", {
      field: "--failed",
      hint: "hooks replay --failed --since 2h --dry-run",
    });
  }
  const service = await context.service();
  const started = await namingFilterFlags(
    service.replay({
      status: flags.status ?? "failed",
      since: flags.since,
      until: flags.until,
      subscription: flags.sub,
      types: flags.type.length === 0 ? undefined : flags.type,
      reason: flags.reason,
      rate: flags.rate,
      dry_run: flags.dryRun === true,
    }),
  );
  await printReplay(context, started, { fields, follow: flags.wait, service });
}

/** What chooses deliveries of the store and what is about a file do not go together. @throws HooksError `usage` */
function checkForms(flags: ReplayOptions, file: string | undefined): void {
  if (file === undefined) {
    const given =
      ABOUT_FILES.find((name) => flags[name] !== undefined) ?? LISTS_ABOUT_FILES.find((name) => 0 < flags[name].length);
    if (given === undefined) return;
    throw new HooksError("usage", `${flagOf(given)} needs a cassette: hooks replay FILE`, {
      field: flagOf(given),
      hint: "hooks listen --forward 3000 --record FILE writes one",
    });
  }
  const others = ["list", "watch", "cancel", ...CHOOSING] as const;
  const given = others.find((name) => name !== "dryRun" && flags[name] !== undefined);
  if (given === undefined) return;
  throw new HooksError(
    "usage",
    `${flagOf(given)} and FILE cannot be used together: it is about deliveries of the store`,
    {
      field: flagOf(given),
    },
  );
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

async function runJobs(flags: ReplayOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { list, watch, cancel, fields } = flags;
  const given = CHOOSING.find((name) => flags[name] !== undefined);
  if (given !== undefined || 0 < flags.type.length) {
    const which = list === true ? "--list" : watch === undefined ? "--cancel" : "--watch";
    const other = given === undefined ? "--type" : flagOf(given);
    throw new HooksError("usage", `${which} and ${other} cannot be used together: it chooses no deliveries`, {
      field: which,
    });
  }
  const view = replayView(context.now());
  if (printsFields(out, view, fields)) return;
  if (list === true) {
    const service = await context.service({ reads: true });
    const options = { limit: MOST_LISTED, cursor: undefined };
    const { rows, nextCursor } = await fetchRows((page) => service.listReplays(page), options);
    printList(out, rows, view, fields);
    if (rows.length === 0 && out.mode === "human") out.note("no replays");
    return noteRest(out, rows.length, nextCursor);
  }
  const service = await context.service();
  if (cancel !== undefined) {
    const cancelled = await naming(service.cancelReplay(cancel), { id: "--cancel" });
    const say = (): string =>
      `${out.colors.green("✓")} cancelled ${cancelled.id}: ${cancelled.reopened} of ${cancelled.count} went out again`;
    return printChanged(out, cancelled, view, { fields, say });
  }
  const replay = await naming(followReplay(context, service, watch!), { id: "--watch" });
  printOne(out, replay, view, { fields, lines: () => replayLines(replay, out, context.now()) });
}
