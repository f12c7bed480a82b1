import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { asUsage, wholeNumber } from "../src/cli/flag-values.ts";
import { examples } from "../src/cli/help.ts";
import { LOG_VIEW, logLine } from "../src/cli/log-lines.ts";
import { addFieldsFlag, fetchRows, inTurns } from "../src/cli/pages.ts";
import { printsFields } from "../src/cli/print-one.ts";
import type { Fields } from "../src/cli/table.ts";
import { followTail } from "../src/cli/tail.ts";
import { HooksError, isHooksError } from "../src/core/errors.ts";
import { checkEventPattern } from "../src/core/event-pattern.ts";
import type { HooksService } from "../src/core/hooks-service.ts";
import type { AttemptNews, TailQuery } from "../src/core/tail.ts";
import { naming } from "./filter-flags.ts";
import { tailEndpoint } from "./tail-endpoint.ts";

export interface LogsOptions {
  follow?: boolean;
  sub?: string;
  type?: string;
  failed?: boolean;
  events?: boolean;
  limit: number;
  fields?: string[];
}

const DEFAULT_LIMIT = 20;
const MOST = 1_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const FLAGS: Readonly<Record<string, string>> = { id: "--sub", subscription: "--sub", type: "--type" };

/** Defines `hooks logs`. */
export function logsCommand(context: CliContext, run = runLogs): Command {
  return addFieldsFlag(new Command("logs"))
    .description("Shows the latest attempts, oldest first; with --follow also those to come, as they happen.")
    .option("-f, --follow", "go on with what happens from now on, until Ctrl-C")
    .option("--sub <subscription>", "to this subscription (id, beginning or name)")
    .option("--type <event-type>", "of events of this type or pattern")
    .option("--failed", "those that failed only")
    .option("--events", "with --follow: also each event that the server takes")
    .option(
      "--limit <number>",
      `at most this many from before (default: ${DEFAULT_LIMIT}; 0: none)`,
      wholeNumber("--limit", 0, MOST),
      DEFAULT_LIMIT,
    )
    .addHelpText(
      "after",
      examples("hooks logs", "hooks logs --follow --sub shop", "hooks logs -f --failed --json | jq .error"),
    )
    .action((flags: LogsOptions) => run(flags, context));
}

/** @throws HooksError `unreachable` when there is nothing to follow */
export async function runLogs(flags: LogsOptions, context: CliContext): Promise<void> {
  const { sub, type, failed, events, follow, limit, fields } = flags;
  if (printsFields(context.out, LOG_VIEW, fields)) return;
  if (events === true && follow !== true) {
    throw new HooksError("usage", "--events goes with --follow: hooks event list shows those from before", {
      field: "--events",
    });
  }
  if (type !== undefined) asUsage("--type", () => checkEventPattern(type, "--type"));
  const service = await context.service({ reads: true });
  // Found out before anything is shown: a name that is none, and a daemon that is not there.
  const id = sub === undefined ? undefined : (await naming(service.getSubscription(sub), FLAGS)).id;
  const endpoint = follow === true ? await tailEndpoint(context) : undefined;
  for (const news of await latest(service, { sub: id, type, failed, limit })) print(news, context, fields);
  if (endpoint === undefined) return;

  const query: TailQuery = {
    kinds: events === true ? undefined : ["attempt.recorded"],
    subscription: id,
    type,
    outcome: failed === true ? "failure" : undefined,
  };
  const { signal, out } = context;
  let waitMs = FIRST_WAIT_MS;
  let wasOpen = false;
  const onOpen = (): void => {
    if (wasOpen) out.note("connected again");
    else out.note("waiting for what happens · Ctrl-C ends it");
    wasOpen = true;
    waitMs = FIRST_WAIT_MS;
  };
  while (!signal.aborted) {
    try {
      for await (const news of followTail(await tailEndpoint(context), query, { signal, onOpen }))
        print(news, context, fields);
    } catch (error) {
      if (signal.aborted) return;
      // Whoever followed it waits for the server to come back; what happened meanwhile is not told again.
      if (!wasOpen || !isHooksError(error) || error.code !== "unreachable") throw error;
      out.note(`${error.message}; trying again`);
      await sleep(waitMs, undefined, { signal }).catch(() => {});
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
  }
}

function print(news: Parameters<typeof logLine>[0], { out }: CliContext, fields: Fields): void {
  const line = logLine(news, out, fields);
  if (line !== undefined) out.print(line);
}

/** Null: it has none, or is gone. */
async function nameOf(service: HooksService, id: string): Promise<string | null> {
  try {
    return (await service.getSubscription(id)).name || null;
  } catch (error) {
    if (isHooksError(error) && error.code === "not_found") return null;
    throw error;
  }
}

/** The latest attempts, oldest first, in the form in which they are told live. */
async function latest(
  service: HooksService,
  {
    sub,
    type,
    failed,
    limit,
  }: { sub: string | undefined; type: string | undefined; failed: boolean | undefined; limit: number },
): Promise<AttemptNews[]> {
  if (limit === 0) return [];
  const outcome = failed === true ? "failure" : undefined;
  const query = { order: "attempted", subscription: sub, type, outcome } as const;
  // The latest attempts are of as many deliveries at most, each of which was tried as late as them.
  const { rows } = await fetchRows((page) => service.listDeliveries({ ...query, ...page }), {
    limit,
    cursor: undefined,
  });
  const ids = [...new Set(rows.map(({ subscription }) => subscription))];
  const names = new Map(await inTurns(ids, async (id) => [id, await nameOf(service, id)] as const));
  const found: AttemptNews[] = [];
  for (const delivery of await inTurns(rows, ({ id }) => service.getDelivery(id))) {
    for (const attempt of delivery.attempts) {
      if (failed === true && attempt.outcome === "success") continue;
      const isLast = attempt.number === delivery.attempt_count;
      const hasFailed = isLast && delivery.status === "failed";
      found.push({
        type: "attempt.recorded",
        at: new Date(Date.parse(attempt.started_at) + attempt.duration_ms).toISOString(),
        tenant: delivery.tenant,
        environment: delivery.environment,
        event_id: delivery.event_id,
        event_type: delivery.event_type,
        delivery_id: delivery.id,
        subscription: delivery.subscription,
        subscription_name: names.get(delivery.subscription) ?? null,
        attempt: attempt.number,
        trigger: attempt.trigger,
        outcome: attempt.outcome,
        status: attempt.status,
        error: attempt.error,
        duration_ms: attempt.duration_ms,
        verdict: attempt.outcome === "success" ? "succeeded" : hasFailed ? "failed" : "retry",
        reason: hasFailed ? delivery.reason : null,
        next_attempt_at: isLast ? delivery.next_attempt_at : null,
      });
    }
  }
  return found.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).slice(-limit);
}
