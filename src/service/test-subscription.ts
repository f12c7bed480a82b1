import type { SendResult } from "../core/attempt.ts";
import { excerptOf } from "../core/attempt-record.ts";
import { batchIdOf } from "../core/batch-id.ts";
import { HooksError } from "../core/errors.ts";
import { checkEventType } from "../core/event-pattern.ts";
import type { TestResult } from "../core/hooks-service.ts";
import { toIso } from "../core/instant.ts";
import { findProfile } from "../core/profiles/registry.ts";
import type { Subscription } from "../core/subscription.ts";
import type { ServiceParts } from "./service-parts.ts";
import { EXCERPT_CHARS_DEFAULT } from "./subscription-settings.ts";

const TEST_TYPE = "webhook.test";

/** Sends one request in the subscription's own form, at once and once. Nothing is stored; disabled ones are tested too. */
export async function testSubscription(
  subscription: Subscription,
  options: { type?: string | undefined; data?: Uint8Array | undefined },
  parts: Pick<ServiceParts, "now" | "newId" | "send" | "version">,
): Promise<TestResult> {
  if (subscription.url === undefined) {
    throw new HooksError("conflict", "a listener has no URL to test", {
      field: "id",
      hint: `hooks trigger ${typeFor(subscription.events)}`,
    });
  }
  const sentAt = parts.now();
  const type = options.type === undefined ? TEST_TYPE : checkEventType(options.type, "type");
  const data =
    options.data ?? Buffer.from(JSON.stringify({ message: "This is a test from hooks.", timestamp: toIso(sentAt) }));
  const event = { id: parts.newId("evt"), type, timestamp: sentAt, data, metadata: undefined, version: undefined };
  const deliveryId = parts.newId("dlv");
  const profile = findProfile(subscription.profile)!;
  const context = { subscription, sentAt, userAgent: `hooks/${parts.version}` };
  const request =
    subscription.batch === undefined
      ? profile.build({ event, deliveryId, ...context })
      : profile.buildBatch({ id: batchIdOf([deliveryId]), events: [event], ...context });
  return toTestResult(
    await parts.send({
      url: subscription.url,
      ...request,
      timeoutMs: subscription.timeoutMs,
      rules: subscription.egress,
    }),
  );
}

/** An event type that one of these patterns takes, an exact one if there is one. */
function typeFor(patterns: readonly string[]): string {
  const pattern = patterns.find((one) => !one.endsWith("*")) ?? patterns[0] ?? "*";
  if (pattern === "*") return "order.created";
  return pattern.endsWith(".*") ? `${pattern.slice(0, -2)}.created` : pattern;
}

function toTestResult(result: SendResult): TestResult {
  switch (result.kind) {
    case "answered":
      return {
        success: 200 <= result.status && result.status < 300,
        status: result.status,
        duration_ms: result.durationMs,
        response: excerptOf(result.responseBody, EXCERPT_CHARS_DEFAULT)?.text ?? null,
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
