import type { SendResult } from "../core/attempt.ts";
import { excerptOf } from "../core/attempt-record.ts";
import { batchIdOf } from "../core/batch-id.ts";
import { HooksError } from "../core/errors.ts";
import { checkEventType } from "../core/event-pattern.ts";
import type { TestResult } from "../core/hooks-service.ts";
import type { Subscription } from "../core/subscription.ts";
import type { ServiceParts } from "./service-parts.ts";

/**
 * Sends one request in the subscription's own form, at once and once: the profile's own test event, or one of a chosen type
 * as its deliveries are. Nothing is stored; disabled ones are tested too, and no rule about types of events holds.
 */
export async function testSubscription(
  subscription: Subscription,
  options: { type?: string | undefined; data?: Uint8Array | undefined },
  parts: Pick<ServiceParts, "now" | "newId" | "send" | "version" | "profiles">,
): Promise<TestResult> {
  if (subscription.url === undefined) {
    throw new HooksError("conflict", "a listener has no URL to test", {
      field: "id",
      hint: `hooks trigger ${typeFor(subscription.events)}`,
    });
  }
  const sentAt = parts.now();
  const profile = parts.profiles.named(subscription.profile, "profile");
  const isOwn = options.type === undefined;
  const type = isOwn ? profile.test.type : checkEventType(options.type, "type");
  const data = options.data ?? profile.test.data(sentAt);
  const event = { id: parts.newId("evt"), type, timestamp: sentAt, data, metadata: undefined, version: undefined };
  const own = { event, deliveryId: parts.newId("dlv"), madeAt: sentAt };
  const context = { subscription, sentAt, userAgent: `hooks/${parts.version}` };
  const request =
    subscription.batch !== undefined
      ? profile.buildBatch({ id: batchIdOf([own.deliveryId]), deliveries: [own], ...context })
      : isOwn
        ? profile.buildTest({ ...own, ...context })
        : profile.build({ ...own, ...context });
  return toTestResult(
    await parts.send({
      url: subscription.url,
      ...request,
      timeoutMs: subscription.timeoutMs,
      rules: subscription.egress,
    }),
    subscription,
  );
}

/** An event type that one of these patterns takes, an exact one if there is one. */
function typeFor(patterns: readonly string[]): string {
  const pattern = patterns.find((one) => !one.endsWith("*")) ?? patterns[0] ?? "*";
  if (pattern === "*") return "order.created";
  return pattern.endsWith(".*") ? `${pattern.slice(0, -2)}.created` : pattern;
}

function toTestResult(result: SendResult, { excerptChars }: Pick<Subscription, "excerptChars">): TestResult {
  switch (result.kind) {
    case "answered":
      return {
        success: 200 <= result.status && result.status < 300,
        status: result.status,
        duration_ms: result.durationMs,
        response: excerptOf(result.responseBody, excerptChars)?.text ?? null,
        error: null,
      };
    case "error":
      return {
        success: false,
        status: null,
        duration_ms: result.durationMs,
        response: null,
        error: `${result.code}: ${result.message}`,
      };
    case "not_sent":
      throw new HooksError(
        "unavailable",
        "the test was not sent: the program is stopping, or this machine is out of files or ports",
      );
  }
}
