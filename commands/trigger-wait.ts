import type { CliContext } from "../src/cli/context.ts";
import { answerOf, answerText, REASON_TEXTS } from "../src/cli/delivery-view.ts";
import { padToWidth } from "../src/cli/display-width.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { startSpinner } from "../src/cli/spinner.ts";
import { relativeTime, span } from "../src/cli/time-text.ts";
import type { DeliveryDetail, DeliveryResource } from "../src/core/delivery.ts";
import { HooksError, isHooksError } from "../src/core/errors.ts";
import type { PublishReceipt } from "../src/core/event.ts";
import type { HooksService } from "../src/core/hooks-service.ts";
import { shellWord } from "../src/core/shell-word.ts";
import { startSender } from "./local-sender.ts";
import { waitUntil } from "./wait-until.ts";

/** How often a command that waits looks whether it has to send by itself. */
const TAKE_OVER_EVERY_MS = 200;

/** What is known of a delivery once its first attempt ended, or the waiting did. */
interface Outcome {
  delivery: DeliveryDetail;
  /** Of the subscription; its id when it has none or is gone. */
  name: string;
  url: string | null;
  kind: "succeeded" | "failed" | "waiting";
  durationMs: number | null;
}

/**
 * Waits until each delivery of these events had its first result, and prints them.
 * @throws HooksError `failed` when one failed or had none in time
 */
export async function waitForDeliveries(
  receipts: readonly PublishReceipt[],
  limitMs: number,
  context: CliContext,
): Promise<void> {
  const service = await context.service();
  const names = new Map<string, { name: string; url: string | null }>();
  const deadline = context.now() + limitMs;
  const willRetry = context.settings().target.kind === "remote" || (await context.daemon()) !== undefined;
  const all: Outcome[] = [];
  let isSending = false;
  let triedAt = context.now();
  for (const receipt of receipts) {
    const spinner = await startSpinner(context.out, "waiting for the first results");
    try {
      await waitUntil(context, Math.max(0, deadline - context.now()), async () => {
        const { deliveries } = await service.getEvent(receipt.id);
        if (deliveries.every(hadResult)) return true;
        if (!isSending && TAKE_OVER_EVERY_MS <= context.now() - triedAt) {
          isSending = await startSender(context, "--wait");
          triedAt = context.now();
        }
        return undefined;
      });
    } finally {
      spinner.stop();
    }
    const event = await service.getEvent(receipt.id);
    const outcomes: Outcome[] = [];
    for (const delivery of event.deliveries) outcomes.push(await outcomeOf(delivery, service, names));
    print({ id: event.id, type: event.type, isOneOfMany: 1 < receipts.length, willRetry }, outcomes, context);
    all.push(...outcomes);
  }
  throwUnlessSucceeded(all, limitMs);
}

function hadResult(delivery: DeliveryResource): boolean {
  return 0 < delivery.attempt_count || delivery.completed_at !== null;
}

async function outcomeOf(
  delivery: DeliveryResource,
  service: HooksService,
  names: Map<string, { name: string; url: string | null }>,
): Promise<Outcome> {
  const detail = await service.getDelivery(delivery.id);
  const first = detail.attempts[0];
  let known = names.get(delivery.subscription);
  if (known === undefined) {
    known = await nameOf(delivery.subscription, service);
    names.set(delivery.subscription, known);
  }
  const succeeded = first === undefined ? detail.status === "succeeded" : first.outcome === "success";
  const kind = succeeded ? "succeeded" : hadResult(detail) ? "failed" : "waiting";
  return { delivery: detail, ...known, kind, durationMs: first?.duration_ms ?? null };
}

async function nameOf(id: string, service: HooksService): Promise<{ name: string; url: string | null }> {
  try {
    const { name, url } = await service.getSubscription(id);
    return { name: name === "" ? id : name, url };
  } catch (error) {
    if (isHooksError(error) && error.code === "not_found") return { name: id, url: null };
    throw error;
  }
}

interface WaitedFor {
  id: string;
  type: string;
  /** Then each line names it. */
  isOneOfMany: boolean;
  /** Something goes on sending after this command. */
  willRetry: boolean;
}

function print(event: WaitedFor, outcomes: readonly Outcome[], context: CliContext): void {
  const { out } = context;
  const { id, type, isOneOfMany, willRetry } = event;
  if (out.mode === "quiet") return;
  if (out.mode === "json") {
    out.print(jsonLine({ id, type, deliveries: outcomes.map(toJson) }));
    return;
  }
  const width = Math.max(0, ...outcomes.map(({ name }) => name.length));
  for (const outcome of outcomes) {
    const { delivery, name, url, kind, durationMs } = outcome;
    if (out.mode === "plain") {
      const answer = escapeLine(kind === "waiting" ? "no result" : answerOf(delivery));
      out.print([escapeLine(id), delivery.id, escapeLine(name), kind, answer, String(durationMs ?? "")].join("\t"));
      continue;
    }
    const answer = escapeLine(kind === "waiting" ? "no result" : answerText(delivery));
    const paint = { succeeded: out.colors.green, failed: out.colors.red, waiting: out.colors.yellow }[kind];
    const mark = paint({ succeeded: "✓", failed: "✗", waiting: "…" }[kind]);
    const took = durationMs === null ? "" : `   ${span(durationMs)}`;
    const target = escapeLine(url ?? "(listener)");
    const after = aftermath(outcome, willRetry, context.now());
    const of = isOneOfMany ? `   ${out.colors.dim(escapeLine(id))}` : "";
    out.print(`${mark} ${padToWidth(escapeLine(name), width)}   ${answer}${took}   ${target}${after}${of}`);
  }
}

/** What the receiver said, and when it is tried again. */
function aftermath({ delivery, kind }: Outcome, willRetry: boolean, now: number): string {
  if (kind !== "failed") return "";
  const excerpt = delivery.response_excerpt?.trim().slice(0, 60) ?? "";
  const said = excerpt === "" ? "" : JSON.stringify(excerpt);
  const retry = willRetry ? `retry ${relativeTime(delivery.next_attempt_at, now)}` : "the retry waits for a daemon";
  const next =
    delivery.next_attempt_at !== null ? retry : delivery.reason === null ? "" : REASON_TEXTS[delivery.reason];
  const text = [said, next].filter((part) => part !== "").join("; ");
  return text === "" ? "" : `   ${escapeLine(text)}`;
}

function toJson({ delivery, name, url, kind, durationMs }: Outcome): object {
  return {
    id: delivery.id,
    subscription: delivery.subscription,
    name,
    url,
    result: kind,
    status: delivery.status,
    response_status: delivery.response_status,
    error: delivery.error,
    duration_ms: durationMs,
    next_attempt_at: delivery.next_attempt_at,
  };
}

function throwUnlessSucceeded(all: readonly Outcome[], limitMs: number): void {
  const failed = all.filter(({ kind }) => kind === "failed");
  const waiting = all.filter(({ kind }) => kind === "waiting");
  const of = all.length === 1 ? "delivery" : "deliveries";
  const first = failed[0] ?? waiting[0];
  if (first === undefined) return;
  if (0 < failed.length) {
    throw new HooksError("failed", `${failed.length} of ${all.length} ${of} failed`, {
      hint: `hooks why ${first.delivery.event_id} ${shellWord(first.name)}`,
    });
  }
  throw new HooksError("failed", `${waiting.length} of ${all.length} ${of} had no result within ${span(limitMs)}`, {
    hint: `hooks why ${first.delivery.event_id} ${shellWord(first.name)}`,
  });
}
