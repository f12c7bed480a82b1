import { Command, Option } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { collect } from "../src/cli/flag-values.ts";
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
  fields?: string[];
}

const MOST_LISTED = 50;
/** What chooses deliveries, and means nothing beside --list, --watch and --cancel. */
const CHOOSING = ["failed", "status", "since", "until", "sub", "reason", "rate", "dryRun"] as const;

/** Defines `hooks replay`. */
export function replayCommand(context: CliContext, run = runReplay): Command {
  const command = addFieldsFlag(new Command("replay"))
    .description(
      "Sends ended deliveries again, by filter. --dry-run only counts them. What is new goes out before what is sent " +
        "again. A replay stands in the store: it survives crashes, and re-opens each delivery once. One event: hooks " +
        "event replay.",
    )
    .addOption(new Option("--failed", "those that failed (the same as --status failed)").conflicts("status"))
    .addOption(new Option("--status <status>", "those that ended so").choices(REPLAYED_STATES))
    .option("--sub <subscription>", "of this subscription (id, beginning or name)")
    .option("--type <event-type>", "of this type or pattern", collect, [])
    .addOption(new Option("--reason <reason>", "that ended for this reason").choices(DELIVERY_REASONS));
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
      ),
    )
    .action((flags: ReplayOptions) => run(flags, context));
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
export async function runReplay(flags: ReplayOptions, context: CliContext): Promise<void> {
  const { out } = context;
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

async function runJobs(flags: ReplayOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { list, watch, cancel, fields } = flags;
  const given = CHOOSING.find((name) => flags[name] !== undefined);
  if (given !== undefined || 0 < flags.type.length) {
    const which = list === true ? "--list" : watch === undefined ? "--cancel" : "--watch";
    const other = given === undefined ? "--type" : given === "dryRun" ? "--dry-run" : `--${given}`;
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
