// The five systems whose receivers are to need no change: what each of them sends, as its own documentation shows it.

import { AUTO_DISABLE_DEFAULT, RETRY_PRESETS } from "../retry-policy.ts";
import {
  customSecurebase,
  customWebhookSignature256,
  customXSignature,
  customXWebhookSignature,
} from "../signing/schemes/body-only.ts";
import { customForesight } from "../signing/schemes/timed-header.ts";
import type { ProfileRecord } from "./profile-record.ts";

const SECOND = 1_000;
const JSON_TYPE = "application/json";
const HEX_SECRET = { prefix: "", encoding: "hex", bytes: 32 } as const;
const TEST_DATA = { message: "This is a test from hooks.", timestamp: "{time}" };

/** Waits that are promised to the second: no jitter (in the preset), and no breaker that would bend them. */
const EXACT = { hasBreaker: false, autoDisable: AUTO_DISABLE_DEFAULT } as const;

/** Its documentation shows the headers only: envelope, signed text, encoding and tolerance are our proposal. */
const FORESIGHT: ProfileRecord = {
  name: "foresight",
  title: "Foresight",
  form: {
    contentType: JSON_TYPE,
    headers: {},
    envelope: {
      id: "{id}",
      type: "{type}",
      organization_id: "{tenant}",
      environment: "{environment}",
      timestamp: "{time}",
      data: "{data}",
      "user_id?": "{metadata.user_id}",
    },
  },
  test: { type: "test.event", data: { message: "Test webhook delivery", timestamp: "{time}" } },
  scheme: customForesight,
  secret: HEX_SECRET,
  retry: RETRY_PRESETS["foresight"]!,
  timeoutMs: 10 * SECOND,
  retryOn: "any",
  on410: "disable",
  hasBreaker: true,
  autoDisable: { failures: 20, minSpanMs: 0 },
};

const AEGISX_FORM = { contentType: JSON_TYPE, userAgent: "AegisX-Webhooks/1.0" };
const AEGISX_WEBHOOK = { id: "{subscription.id}", name: "{subscription.name}" };

const AEGISX: ProfileRecord = {
  ...EXACT,
  name: "aegisx",
  title: "AegisX",
  form: {
    ...AEGISX_FORM,
    headers: {
      "X-Webhook-Event": "{type}",
      "X-Webhook-Delivery": "{delivery.uuid}",
      "X-Webhook-Timestamp": "{delivery.time}",
    },
    envelope: { id: "{uuid}", type: "{type}", created_at: "{time}", data: "{data}", webhook: AEGISX_WEBHOOK },
  },
  test: {
    type: "webhook.test",
    data: { message: "This is a test webhook delivery", timestamp: "{time}" },
    form: {
      ...AEGISX_FORM,
      headers: { "X-Webhook-Event": "{type}" },
      envelope: { type: "{type}", data: "{data}", webhook: AEGISX_WEBHOOK },
    },
  },
  scheme: customWebhookSignature256,
  headerCase: ["Content-Type", "User-Agent", "X-Webhook-Signature-256"],
  secret: HEX_SECRET,
  retry: RETRY_PRESETS["aegisx"]!,
  timeoutMs: 30 * SECOND,
  retryOn: "any",
  on410: "retry",
};

const ARSMEDICA: ProfileRecord = {
  ...EXACT,
  name: "arsmedica",
  title: "ArsMedicaTech",
  form: {
    contentType: JSON_TYPE,
    userAgent: "ArsMedicaTech-Webhooks/1.0",
    headers: { "X-Event-Type": "{type}", "X-Delivery-Id": "{delivery.uuid}" },
    envelope: { event: "{type}", timestamp: "{time:seconds}", delivery_id: "{delivery.uuid}", data: "{data}" },
  },
  test: { type: "webhook.test", data: TEST_DATA },
  scheme: customXSignature,
  headerCase: ["Content-Type", "User-Agent", "X-Signature"],
  secret: HEX_SECRET,
  retry: RETRY_PRESETS["arsmedica"]!,
  timeoutMs: 10 * SECOND,
  retryOn: "any",
  on410: "retry",
};

const DOTMAC: ProfileRecord = {
  ...EXACT,
  name: "dotmac",
  title: "DotMac",
  form: {
    contentType: JSON_TYPE,
    headers: {
      "X-Webhook-Event-Id": "{id}",
      "X-Webhook-Event-Type": "{type}",
      "X-Webhook-Timestamp": "{time:seconds}",
    },
    envelope: {
      id: "{id}",
      type: "{type}",
      timestamp: "{time:seconds}",
      tenant_id: "{tenant}",
      data: "{data}",
      metadata: "{metadata}",
    },
  },
  test: { type: "webhook.test", data: TEST_DATA },
  scheme: customXWebhookSignature,
  headerCase: ["Content-Type", "User-Agent", "X-Webhook-Signature"],
  secret: { prefix: "", encoding: "base64url", bytes: 32 },
  retry: RETRY_PRESETS["dotmac"]!,
  timeoutMs: 10 * SECOND,
  leastTimeoutMs: 5 * SECOND,
  retryOn: "any",
  on410: "disable",
};

const SECUREBASE: ProfileRecord = {
  ...EXACT,
  name: "securebase",
  title: "SecureBase",
  form: {
    contentType: JSON_TYPE,
    headers: {},
    envelope: { event: "{type}", timestamp: "{time:seconds}", data: "{data}" },
  },
  test: { type: "webhook.test", data: TEST_DATA },
  scheme: customSecurebase,
  headerCase: ["Content-Type", "User-Agent", "X-SecureBase-Signature"],
  secret: { prefix: "whsec_", encoding: "base64", bytes: 32 },
  retry: RETRY_PRESETS["securebase"]!,
  timeoutMs: 10 * SECOND,
  retryOn: "server-errors",
  on410: "fail",
};

/** In the order of the documentation. */
export const SEED_PROFILES: readonly ProfileRecord[] = [FORESIGHT, AEGISX, ARSMEDICA, DOTMAC, SECUREBASE];
