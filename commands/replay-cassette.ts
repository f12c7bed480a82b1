import { setTimeout as sleep } from "node:timers/promises";
import { type CassetteEntry, readCassette } from "../src/cli/cassette-file.ts";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine } from "../src/cli/escape.ts";
import { asUsage, netFlags } from "../src/cli/flag-values.ts";
import { printsFields } from "../src/cli/print-one.ts";
import { startSpinner } from "../src/cli/spinner.ts";
import { type ListView, printList } from "../src/cli/table.ts";
import { targetUrl } from "../src/cli/target-url.ts";
import type { SendResult } from "../src/core/attempt.ts";
import { compareAnswers, type Difference } from "../src/core/cassette/answer-diff.ts";
import type { RecordedAnswer } from "../src/core/cassette/exchange.ts";
import { type ExpectedStatus, parseExpectedStatus } from "../src/core/cassette/expected-status.ts";
import { type Place, parsePlace } from "../src/core/cassette/place.ts";
import type { TargetUrl } from "../src/core/egress/target-url.ts";
import { HooksError } from "../src/core/errors.ts";
import { checkEventPattern, patternTakes } from "../src/core/event-pattern.ts";
import { type Resigning, resignedRequest, resigning } from "./cassette-request.ts";
import type { ReplayOptions } from "./replay.ts";
import { answerOf, directRules } from "./trigger-directly.ts";

/** A delivery that was sent again. */
interface ReplayedRow {
  line: number;
  event_id: string;
  event_type: string;
  /** Null: none came. */
  status: number | null;
  /** Null: none was recorded. */
  recorded_status: number | null;
  ok: boolean;
  differences: { where: string; recorded: string | null; now: string | null }[];
  /** Why no answer came. */
  error: string | null;
  duration_ms: number;
}

const VIEW: ListView<ReplayedRow> = {
  columns: [
    { title: "line", text: ({ line }) => String(line) },
    { title: "type", text: ({ event_type }) => event_type },
    { title: "event", text: ({ event_id }) => event_id, whole: true },
    { title: "recorded", text: ({ recorded_status }) => String(recorded_status ?? "none") },
    { title: "now", text: ({ status, error }) => (status === null ? (error ?? "none") : String(status)) },
    { title: "ms", text: ({ duration_ms }) => String(duration_ms) },
    { title: "differs", text: ({ differences }) => differences.map(({ where }) => where).join(", "), expendable: 1 },
    {
      title: "verdict",
      text: ({ ok }) => (ok ? "ok" : "fails"),
      paint: ({ ok }, colors) => (ok ? colors.green : colors.red),
    },
  ],
  fields: ["line", "event_id", "event_type", "status", "recorded_status", "ok", "differences", "error", "duration_ms"],
  id: ({ event_id }) => event_id,
};

const DEFAULT_TIMEOUT_MS = 30_000;
/** At recorded speed, as many as may wait for an answer at once. */
const MOST_AT_ONCE = 100;
/** Differences shown of one answer; --json has all that were found. */
const MOST_SHOWN = 10;

/** `hooks replay FILE --forward URL`. @throws HooksError `usage`, `url_refused`; `failed` when an answer is not as expected */
export async function replayCassette(file: string, flags: ReplayOptions, context: CliContext): Promise<void> {
  const { out, signal } = context;
  if (printsFields(out, VIEW, flags.fields)) return;
  const plan = await planned(file, flags, context);
  if (flags.dryRun === true) {
    const count = plan.entries.length;
    out.print(
      out.mode === "human" ? `${count === 1 ? "1 delivery" : `${count} deliveries`} would be sent` : String(count),
    );
    return;
  }
  context.handleSignal();
  const spinner = await startSpinner(out, "replaying");
  const rows: ReplayedRow[] = [];
  const take = (row: ReplayedRow): void => {
    rows.push(row);
    spinner.text(`replaying  ${rows.length} of ${plan.entries.length}`);
  };
  try {
    await (flags.speed === "real" ? atRecordedSpeed(plan, take, context) : oneByOne(plan, take, context));
  } finally {
    spinner.stop();
  }
  rows.sort((one, other) => plan.order.get(one.line)! - plan.order.get(other.line)!);
  printList(out, rows, VIEW, flags.fields);
  if (out.mode === "human") for (const row of rows) showDifferences(row, context);
  if (signal.aborted) throw new HooksError("interrupted", `interrupted after ${rows.length} of ${plan.entries.length}`);
  const failed = rows.filter(({ ok }) => !ok);
  if (failed.length === 0) return;
  throw new HooksError("failed", `${failed.length} of ${rows.length} answers were not as expected`, {
    hint: hintAt(failed, plan),
  });
}

interface Plan {
  entries: readonly CassetteEntry[];
  /** Line → place in the order of sending. */
  order: ReadonlyMap<number, number>;
  url: TargetUrl;
  rules: Awaited<ReturnType<typeof directRules>>;
  resigning: Resigning;
  expected: ExpectedStatus | undefined;
  ignored: readonly Place[];
  timeoutMs: number;
}

async function planned(file: string, flags: ReplayOptions, context: CliContext): Promise<Plan> {
  if (flags.forward === undefined) {
    throw new HooksError("usage", "say where to send what was recorded: --forward", {
      field: "--forward",
      hint: "--forward 3000, --forward localhost:3000/webhooks",
    });
  }
  const url = targetUrl(flags.forward, "--forward");
  const expected = flags.expect === undefined ? undefined : parseExpectedStatus(flags.expect, "--expect");
  const ignored = flags.ignore.map((text) => parsePlace(text, "--ignore"));
  for (const pattern of flags.type) asUsage("--type", () => checkEventPattern(pattern, `--type ${pattern}`));
  context.settings(netFlags(flags.allowNet, flags.denyNet));
  const resign = await resigning(flags, context);
  const all = await readCassette(file, context);
  const wanted = ({ eventType }: CassetteEntry): boolean =>
    flags.type.length === 0 || flags.type.some((pattern) => patternTakes(pattern, eventType));
  const entries = all.filter(wanted);
  if (entries.length === 0) {
    const why = all.length === 0 ? "nothing was recorded in it" : "it has nothing of that --type";
    throw new HooksError("failed", `${file}: ${why}`, { field: "file" });
  }
  const rules = await directRules(url, context, "--forward");
  return {
    entries,
    order: new Map(entries.map(({ line }, at) => [line, at])),
    url,
    rules,
    resigning: resign,
    expected,
    ignored,
    timeoutMs: flags.timeout ?? DEFAULT_TIMEOUT_MS,
  };
}

/** Each when the one before it was answered: what a program does with them does not depend on luck. */
async function oneByOne(plan: Plan, take: (row: ReplayedRow) => void, context: CliContext): Promise<void> {
  for (const entry of plan.entries) {
    if (context.signal.aborted) return;
    const row = await replayOne(entry, plan, context);
    if (row !== undefined) take(row);
  }
}

/** With the pauses that there were between them. */
async function atRecordedSpeed(plan: Plan, take: (row: ReplayedRow) => void, context: CliContext): Promise<void> {
  const { signal } = context;
  const [first] = plan.entries;
  const startedAt = performance.now();
  const open = new Set<Promise<void>>();
  for (const entry of plan.entries) {
    const waitMs = entry.at - first!.at - (performance.now() - startedAt);
    if (0 < waitMs) await sleep(waitMs, undefined, { signal }).catch(() => {});
    if (MOST_AT_ONCE <= open.size) await Promise.race(open);
    if (signal.aborted) break;
    const sent: Promise<void> = replayOne(entry, plan, context).then((row) => {
      if (row !== undefined) take(row);
    });
    open.add(sent);
    void sent.finally(() => open.delete(sent)).catch(() => {});
  }
  await Promise.all(open);
}

/** Undefined: Ctrl-C came before the answer. */
async function replayOne(entry: CassetteEntry, plan: Plan, context: CliContext): Promise<ReplayedRow | undefined> {
  const { url, rules, timeoutMs, expected, ignored } = plan;
  const { method, href, headers, body } = resignedRequest(entry, url, plan.resigning, context.now());
  const { signal } = context;
  const result = await context.sendOnce({ method, url: href, headers, body, timeoutMs, rules, signal });
  if (signal.aborted && result.kind !== "answered") return undefined;
  const { answer: recorded } = entry;
  const now = answered(result);
  const differences = recorded === undefined || now === undefined ? [] : compareAnswers(recorded, now, ignored);
  return {
    line: entry.line,
    event_id: entry.eventId,
    event_type: entry.eventType,
    status: now?.status ?? null,
    recorded_status: recorded?.status ?? null,
    ok: now !== undefined && isExpected(now.status, recorded, differences, expected),
    differences: differences.map(({ where, recorded: before, now: after }) => ({
      where,
      recorded: before ?? null,
      now: after ?? null,
    })),
    error: now === undefined ? answerOf(result) : null,
    duration_ms: result.kind === "not_sent" ? 0 : result.durationMs,
  };
}

/** With --expect the status alone decides; without it all that was recorded. Where no answer was, any 2xx is right. */
function isExpected(
  status: number,
  recorded: RecordedAnswer | undefined,
  differences: readonly Difference[],
  expected: ExpectedStatus | undefined,
): boolean {
  if (expected !== undefined) return expected(status);
  return recorded === undefined ? 200 <= status && status < 300 : differences.length === 0;
}

function answered(result: SendResult): RecordedAnswer | undefined {
  if (result.kind !== "answered") return undefined;
  const { status, responseHeaders: headers, responseBody: body, truncated } = result;
  return { status, headers, body, truncated };
}

function showDifferences({ line, event_type, differences }: ReplayedRow, { out }: CliContext): void {
  if (differences.length === 0) return;
  const { red, green, bold } = out.noteColors;
  out.note(`line ${line}  ${bold(escapeLine(event_type))}`);
  for (const { where, recorded, now } of differences.slice(0, MOST_SHOWN)) {
    out.note(`  ${escapeLine(where)}`);
    out.note(red(`    - ${escapeLine(recorded ?? "(nothing)")}`));
    out.note(green(`    + ${escapeLine(now ?? "(nothing)")}`));
  }
  if (MOST_SHOWN < differences.length) out.note(`  and ${differences.length - MOST_SHOWN} more: --json`);
}

function hintAt(failed: readonly ReplayedRow[], { url, resigning: { secret }, expected }: Plan): string | undefined {
  const [{ error, status }] = failed as [ReplayedRow];
  if (error?.startsWith("egress_blocked") === true) return `if it is meant so: --allow-net ${url.host}`;
  if (error !== null) return `does something listen at ${url.origin}?`;
  if ((status === 401 || status === 403 || status === 400) && secret === undefined) {
    return "they were sent unsigned: --secret names what your program verifies with";
  }
  return expected === undefined ? "--expect 2xx judges the status alone, --ignore leaves a place out" : undefined;
}
