import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { PACK_NAMES } from "../src/core/catalogue/packs/pack-names.ts";
import { packNamed } from "../src/core/catalogue/packs/registry.ts";
import { findProfile } from "../src/core/profiles/registry.ts";
import { messageFor, pairs } from "./core/profiles/support/profile-message.ts";

// docs/switching.md: that each of the five systems' endpoints, events, headers and operations has its line. That the
// commands on the page work is test/readme.test.ts's.

const page = readFileSync(path.join(import.meta.dirname, "../docs/switching.md"), "utf8");

/** Every endpoint and operation that a system's own documentation names. */
const SYSTEMS: Record<string, { title: string; endpoints: string[]; operations: string[] }> = {
  foresight: {
    title: "Foresight",
    endpoints: [
      "GET /api/webhooks/config?organization_id=&environment=",
      "POST /api/webhooks/config",
      "PUT /api/webhooks/config/<id>",
      "DELETE /api/webhooks/config/<id>",
      "POST /api/webhooks/test",
    ],
    operations: [
      "publishClaimEvent",
      "validateWebhookSignature",
      "WebhookSignatureValidator",
      "generateSignature",
    ].concat(
      ["rotateWebhookSecret", "rotateOrganizationSecrets", "WebhookDeliveryFailures", "WebhookConfigFailureCount"],
      ["healthy", "disabled after 20 failures", "DLQ", "Secrets Manager"],
    ),
  },
  aegisx: {
    title: "AegisX",
    endpoints: [
      "GET /webhooks",
      "POST /webhooks",
      "PUT /webhooks/:id",
      "DELETE /webhooks/:id",
      "POST /webhooks/:id/test",
      "GET /webhooks/:id/deliveries?page=&limit=",
      "POST /webhooks/deliveries/:deliveryId/retry",
    ],
    operations: [
      "maxAttempts",
      "backoffStrategy",
      "initialDelay",
      "maxDelay",
      "publishCustomEvent",
      "publishUserCreated",
    ].concat(["publishOrderUpdated", "findByEvent", "concurrency 10", "getDeliveryStats", "getEndpointHealth"]),
  },
  arsmedica: {
    title: "ArsMedicaTech",
    endpoints: [
      "POST /api/webhooks",
      "GET /api/webhooks",
      "?event_name=",
      "?enabled=",
      "GET /api/webhooks/{subscription_id}",
      "PUT /api/webhooks/{subscription_id}",
      "DELETE /api/webhooks/{subscription_id}",
      "GET /api/webhooks/events",
    ],
    operations: ["setup_webhooks", "WARNING", "metrics"],
  },
  dotmac: {
    title: "DotMac",
    endpoints: ["POST", "GET"]
      .map((method) => `${method} /api/v1/webhooks/subscriptions`)
      .concat(["GET", "PATCH", "DELETE"].map((method) => `${method} /api/v1/webhooks/subscriptions/{id}`))
      .concat(
        "POST /api/v1/webhooks/subscriptions/{id}/rotate-secret",
        "GET /api/v1/webhooks/subscriptions/{id}/deliveries",
        "GET /api/v1/webhooks/deliveries",
        "GET /api/v1/webhooks/deliveries/{id}",
        "POST /api/v1/webhooks/deliveries/{id}/retry",
        "GET /api/v1/webhooks/events",
        "GET /api/v1/webhooks/events/{type}",
      ),
    operations: ["get_event_bus().publish", "process_pending_retries", "update_statistics", "disable_subscription"],
  },
  securebase: {
    title: "SecureBase",
    endpoints: [
      "POST /v1/webhooks",
      "GET /v1/webhooks",
      "PUT /v1/webhooks/{webhook_id}",
      "DELETE /v1/webhooks/{webhook_id}",
      "POST /v1/webhooks/test?webhookId=",
      "GET /v1/webhooks/deliveries?webhookId=&limit=",
    ],
    operations: ["WebhookDeliverySuccess", "WebhookDeliveryFailure", "WebhookRetryCount", "300 s", "IP addresses"],
  },
};

function sectionOf(title: string): string {
  const start = page.indexOf(`\n## ${title}\n`);
  expect(start, title).toBeGreaterThan(0);
  const end = page.indexOf("\n## ", start + 1);
  return page.slice(start, end === -1 ? undefined : end);
}

describe.each(Object.entries(SYSTEMS))("%s", (profile, { title, endpoints, operations }) => {
  const section = sectionOf(title);

  it("has a line for each endpoint and operation of its documentation", () => {
    const cells = section.split("\n").filter((line) => line.startsWith("| `"));
    for (const endpoint of endpoints)
      expect(
        cells.some((line) => line.includes(`\`${endpoint}\``)),
        endpoint,
      ).toBe(true);
    for (const operation of operations) expect(section, operation).toContain(operation);
  });

  it("names all its events, and no others", () => {
    const names = packNamed(profile).map(({ name }) => name);
    const [, listed = ""] = /\nEvents: (.*?)\n\n/s.exec(section) ?? [];
    const shown = [...listed.matchAll(/`([a-z_.]+)`/g)].map(([, name = ""]) => name);
    expect(new Set(shown)).toEqual(new Set(names));
    expect(shown).toHaveLength(names.length);
  });

  it("names its headers, and runs its commands with its profile", () => {
    const own = findProfile(profile)!;
    for (const [name] of pairs(own.build(messageFor(own)).headers)) {
      if (!/^(content-type|user-agent)$/i.test(name)) expect(section).toContain(`\`${name}\``);
    }
    expect(section).toMatch(new RegExp(`--profile ${profile}|"profile":"${profile}"`));
    expect(section).toMatch(/\nDiffers: /);
  });
});

it("there is a section for each pack and profile of a system", () => {
  expect(Object.keys(SYSTEMS)).toEqual(PACK_NAMES);
});
