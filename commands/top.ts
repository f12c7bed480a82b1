import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { jsonLine } from "../src/cli/escape.ts";
import { duration, wholeNumber } from "../src/cli/flag-values.ts";
import { examples } from "../src/cli/help.ts";
import { addFieldsFlag } from "../src/cli/pages.ts";
import { printsFields } from "../src/cli/print-one.ts";
import { type ListView, printList } from "../src/cli/table.ts";
import { SORTS, type Sort } from "../src/cli/top-frame.ts";
import { snapshotOf, type TopLook, type TopSnapshot, type TopSubscription } from "../src/cli/top-snapshot.ts";
import { isHooksError } from "../src/core/errors.ts";
import type { HooksService } from "../src/core/hooks-service.ts";

export interface TopOptions {
  /** ms */
  interval: number;
  count?: number;
  fields?: string[];
}

/** A row of a look, in a pipe. */
const ROW_VIEW: ListView<TopSubscription> = {
  columns: [
    { title: "id", text: (row) => row.id },
    { title: "name", text: (row) => row.name ?? "" },
    { title: "state", text: (row) => row.state ?? "" },
    { title: "attempts/s", text: (row) => String(row.attempts_per_s) },
    { title: "failed/s", text: (row) => String(row.failed_per_s) },
    { title: "attempts", text: (row) => String(row.attempts) },
    { title: "failed", text: (row) => String(row.failed) },
    { title: "p95", text: (row) => String(row.p95_ms ?? "") },
    { title: "waiting", text: (row) => String(row.waiting) },
  ],
  fields: [
    "id",
    "name",
    "state",
    "paused",
    "consecutive_failures",
    "attempts_per_s",
    "failed_per_s",
    "attempts",
    "failed",
    "success_rate",
    "p95_ms",
    "waiting",
    "series",
  ],
  id: ({ id }) => id,
};

const DEFAULT_INTERVAL_MS = 2_000;
const LEAST_INTERVAL_MS = 200;
const MOST_SHOWN = 100;
const ARROWS: Readonly<Record<string, number>> = { up: -1, down: 1, k: -1, j: 1 };

/** Defines `hooks top`. */
export function topCommand(context: CliContext, run = runTop): Command {
  return addFieldsFlag(new Command("top"))
    .description(
      "Shows live what is sent and what waits: rates, backlog, the busiest, slowest and failing subscriptions. Fills the " +
        "terminal; in a pipe, or with --fields, it shows one moment, a subscription a line; with --json all of one moment is " +
        "a line, and one comes after the other.",
    )
    .option(
      "--interval <duration>",
      "between two looks (default: 2s)",
      duration("--interval", { min: LEAST_INTERVAL_MS, max: 3_600_000 }),
      DEFAULT_INTERVAL_MS,
    )
    .option("--count <number>", "ends after so many looks", wholeNumber("--count", 1, 1_000_000))
    .addHelpText(
      "after",
      examples(
        "hooks top",
        "hooks top --interval 5s",
        "hooks top --json --count 10",
        "hooks top --fields name,waiting",
      ),
    )
    .action((flags: TopOptions) => run(flags, context));
}

export async function runTop(flags: TopOptions, context: CliContext): Promise<void> {
  const { out, signal } = context;
  const { interval, fields } = flags;
  if (printsFields(out, ROW_VIEW, fields)) return;
  const service = await context.service({ reads: true });
  if (out.mode === "human" && fields === undefined) return fillScreen(flags, context, service);
  const { count = out.mode === "json" && fields === undefined ? Number.POSITIVE_INFINITY : 1 } = flags;
  let before: TopLook | undefined;
  for (let n = 0; n < count && !signal.aborted; n++) {
    if (0 < n) await sleep(interval, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const look = await lookAt(service);
    const snapshot = snapshotOf(look, before);
    if (out.mode === "json" && fields === undefined) out.print(jsonLine(snapshot));
    else printList(out, snapshot.subscriptions, ROW_VIEW, fields);
    before = look;
  }
}

async function lookAt(service: HooksService): Promise<TopLook> {
  const [stats, subscriptions] = await Promise.all([
    service.stats({ period: "1h", by: "subscription", limit: MOST_SHOWN }),
    service.listSubscriptions({ limit: 200 }),
  ]);
  return { stats, subscriptions: subscriptions.data };
}

/** Until q, Ctrl-C or the last look. */
async function fillScreen({ interval, count }: TopOptions, context: CliContext, service: HooksService): Promise<void> {
  const [{ FullScreen }, { topFrame }] = await Promise.all([
    import("../src/cli/full-screen.ts"),
    import("../src/cli/top-frame.ts"),
  ]);
  const { target } = context.settings();
  const where = target.kind === "local" ? target.storePath : target.server.href;
  const view = { sort: "rate" as Sort, scroll: 0, isPaused: false, trouble: undefined as string | undefined };
  let snapshot: TopSnapshot | undefined;
  let last: TopLook | undefined;
  let looks = 0;
  const ended = new AbortController();
  const until = AbortSignal.any([context.signal, ended.signal]);
  const draw = (): void => {
    const { width, height } = screen;
    screen.draw(topFrame(snapshot, { ...view, where, width, height, colors: context.out.colors, now: context.now() }));
  };
  const screen = new FullScreen({
    onInterrupt: () => ended.abort(),
    onResize: draw,
    onKey: ({ name: key }) => {
      const rows = snapshot?.subscriptions.length ?? 0;
      if (key === "q") return ended.abort();
      if (key === "s") view.sort = SORTS[(SORTS.indexOf(view.sort) + 1) % SORTS.length]!;
      else if (key === "p") view.isPaused = !view.isPaused;
      else view.scroll = Math.max(0, Math.min(rows - 1, view.scroll + (ARROWS[key] ?? 0)));
      draw();
    },
  });
  screen.open();
  try {
    while (!until.aborted && looks < (count ?? Number.POSITIVE_INFINITY)) {
      if (!view.isPaused) {
        try {
          const look = await lookAt(service);
          snapshot = snapshotOf(look, last);
          last = look;
          view.trouble = undefined;
        } catch (error) {
          // At first it says that there is nothing to show; later the server may come back.
          if (last === undefined || !isHooksError(error)) throw error;
          view.trouble = error.message;
        }
        looks += 1;
      }
      draw();
      await sleep(interval, undefined, { signal: until }).catch(() => {});
    }
  } finally {
    screen.close();
  }
  if (snapshot !== undefined) {
    const { attempts, failed, waiting } = snapshot;
    context.out.note(`last hour: ${attempts} attempts, ${failed} failed; ${waiting} waiting`);
  }
}
