import { Command, Option } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { jsonLine } from "../src/cli/escape.ts";
import { collect } from "../src/cli/flag-values.ts";
import { examples } from "../src/cli/help.ts";
import { addFieldsFlag, fetchRows, noteRest } from "../src/cli/pages.ts";
import { printChanged, printOne, printsFields } from "../src/cli/print-one.ts";
import { PURGE_STARTED_VIEW, purgeLines, purgeView } from "../src/cli/purge-view.ts";
import { printList } from "../src/cli/table.ts";
import { HooksError } from "../src/core/errors.ts";
import type { EventPurge, PurgeFilter, PurgeStarted } from "../src/core/purge.ts";
import { confirmed } from "./confirmed.ts";
import { naming } from "./filter-flags.ts";
import { countPurge } from "./purge-count.ts";
import { followPurge } from "./purge-progress.ts";

export interface PurgeOptions {
  before?: string;
  since?: string;
  type: string[];
  event: string[];
  where?: string;
  all?: boolean;
  reason?: string;
  cancelWaiting?: boolean;
  dryRun?: boolean;
  /** --no-wait */
  wait: boolean;
  list?: boolean;
  watch?: string;
  cancel?: string;
  fields?: string[];
}

const MOST_LISTED = 50;
/** What chooses events, and means nothing beside --list, --watch and --cancel. */
const CHOOSING = ["before", "since", "where", "all", "reason", "cancelWaiting", "dryRun"] as const;
const FLAGS: Readonly<Record<string, string>> = {
  before: "--before",
  since: "--since",
  types: "--type",
  events: "--event",
  where: "--where",
  reason: "--reason",
  all: "--all",
};

/** Defines `hooks purge`. */
export function purgeCommand(context: CliContext, run = runPurge): Command {
  return addFieldsFlag(new Command("purge"))
    .description(
      "Erases events with all that hangs on them: deliveries, attempts, what receivers answered. All flags that are given " +
        "must be true of an event. What was counted stays, and whoever asks for one of them is told when and why it was " +
        "erased. Events with deliveries that wait are kept. Asks first; --yes does not.",
    )
    .option("--before <time>", "created before then: 30d (that long ago), 2026-01-31T12:00:00Z")
    .option("--since <time>", "created from then on")
    .option("--type <event-type>", "of this type or pattern (repeatable: one of them)", collect, [])
    .option("--event <id>", "this one (repeatable: one of them)", collect, [])
    .option("--where <condition>", `of which this is true (hooks help filters): 'data.user_id = "u_1"'`)
    .option("--all", "every event of the environment, where nothing else is said")
    .option("--cancel-waiting", "cancel what waits of them, instead of keeping such events")
    .option("--reason <text>", "why, for whoever asks for one of them later")
    .option("--dry-run", "only say how many")
    .option("--no-wait", "do not wait for the end of it")
    .addOption(new Option("--list", "show the latest purges").conflicts(["watch", "cancel"]))
    .addOption(new Option("--watch <purge>", "wait for the end of one").conflicts("cancel"))
    .option("--cancel <purge>", "erase nothing more of one")
    .addHelpText(
      "after",
      examples(
        `hooks purge --where 'data.user_id = "u_1"' --dry-run`,
        `hooks purge --where 'data.user_id = "u_1"' --cancel-waiting --reason "request 17" --yes`,
        "hooks purge --before 30d --type 'invoice.*' --yes",
        "hooks purge --tenant acme --all",
        "hooks purge --list",
      ) +
        `
It is completed when nothing of it is left in the store's files. Backups, logs and receivers have their own copies.
What is old is deleted by itself: hooks env get shows when.
`,
    )
    .action((flags: PurgeOptions) => run(flags, context));
}

/** @throws HooksError `usage` when it is not said which, `failed` when it is not confirmed */
export async function runPurge(flags: PurgeOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { fields, dryRun } = flags;
  if (flags.list === true || flags.watch !== undefined || flags.cancel !== undefined) return runJobs(flags, context);
  if (printsFields(out, PURGE_STARTED_VIEW, fields)) return;
  const purge = purgeOf(flags);
  const ask =
    dryRun === true ? undefined : confirmed(context, { what: "erasing events", undone: "nothing was erased" });
  const service = await context.service();
  const counted = (): Promise<PurgeStarted> => naming(countPurge(context, service, purge), FLAGS);
  if (ask !== undefined && !context.yes) {
    const { count } = await counted();
    const { tenant, environment } = context.scope();
    await ask(`Erase ${countText(count)} of ${tenant}/${environment} for good?`);
  }
  const started = dryRun === true ? await counted() : await naming(service.purgeEvents(purge), FLAGS);
  let receipt = started;
  if (started.id !== null && flags.wait) {
    const { erased, kept, undecided, status } = await followPurge(context, service, started.id);
    receipt = { ...started, count: erased.events, kept, undecided, status };
  }
  if (fields !== undefined) printList(out, [receipt], PURGE_STARTED_VIEW, fields);
  else if (out.mode === "json") out.print(jsonLine(receipt));
  else if (out.mode === "human") out.print(sentence(receipt, out.colors.green("✓")));
  else out.print(String(receipt.count));
  noteLeft(receipt, context);
}

/** @throws HooksError `usage` */
function purgeOf(flags: PurgeOptions): EventPurge {
  const { before, since, type, event, where, all, reason, cancelWaiting } = flags;
  const filter: PurgeFilter = {
    before,
    since,
    types: type.length === 0 ? undefined : type,
    events: event.length === 0 ? undefined : event,
    where,
    all,
  };
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  if (given.length === 0) {
    throw new HooksError("usage", "say which events: --before, --type, --event, --where or --all", {
      field: "--before",
      hint: "hooks purge --before 30d --dry-run",
    });
  }
  if (all === true && 1 < given.length) {
    const other = given.find(([name]) => name !== "all")![0];
    throw new HooksError("usage", `--all and ${FLAGS[other]} cannot be used together`, { field: "--all" });
  }
  return { ...filter, reason, cancel_waiting: cancelWaiting };
}

function sentence({ count, dry_run, status, id }: PurgeStarted, tick: string): string {
  if (dry_run) return `${countText(count)} would be erased`;
  if (status === "running") return `${countText(count)} erased so far: ${id ?? ""}`;
  return `${tick} erased ${countText(count)}${status === "cancelled" ? ", then it was cancelled" : ""}`;
}

function noteLeft({ kept, undecided }: PurgeStarted, { out }: CliContext): void {
  if (0 < kept) {
    out.note(`${countText(kept)} kept: deliveries of them wait (--cancel-waiting) or were being sent (run it again)`);
  }
  if (0 < undecided) {
    out.note(`for ${countText(undecided)} the condition has no answer: what it names is not there, or of another kind`);
  }
}

function countText(count: number): string {
  return count === 1 ? "1 event" : `${count} events`;
}

async function runJobs(flags: PurgeOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { list, watch, cancel, fields } = flags;
  const given = CHOOSING.find((name) => flags[name] !== undefined);
  if (given !== undefined || 0 < flags.type.length + flags.event.length) {
    const which = list === true ? "--list" : watch === undefined ? "--cancel" : "--watch";
    const other = given === undefined ? (0 < flags.type.length ? "type" : "event") : given;
    const dashed = other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new HooksError("usage", `${which} and --${dashed} cannot be used together: it chooses no events`, {
      field: which,
    });
  }
  const view = purgeView(context.now());
  if (printsFields(out, view, fields)) return;
  if (list === true) {
    const service = await context.service({ reads: true });
    const options = { limit: MOST_LISTED, cursor: undefined };
    const { rows, nextCursor } = await fetchRows((page) => service.listPurges(page), options);
    printList(out, rows, view, fields);
    if (rows.length === 0 && out.mode === "human") out.note("no purges");
    return noteRest(out, rows.length, nextCursor);
  }
  const service = await context.service();
  if (cancel !== undefined) {
    const cancelled = await naming(service.cancelPurge(cancel), { id: "--cancel" });
    const say = (): string =>
      `${out.colors.green("✓")} cancelled ${cancelled.id}: ${countText(cancelled.erased.events)} erased before`;
    return printChanged(out, cancelled, view, { fields, say });
  }
  const purge = await naming(followPurge(context, service, watch!), { id: "--watch" });
  printOne(out, purge, view, { fields, lines: () => purgeLines(purge, out, context.now()) });
}
