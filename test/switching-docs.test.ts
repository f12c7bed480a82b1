import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { COMMANDS } from "../commands/index.ts";
import { isGroup, topLevel } from "../src/cli/command-table.ts";
import type { CliContext } from "../src/cli/context.ts";
import { GLOBAL_FLAGS } from "../src/cli/global-flags.ts";
import { PACK_NAMES } from "../src/core/catalogue/packs/pack-names.ts";
import { packNamed } from "../src/core/catalogue/packs/registry.ts";
import { findProfile } from "../src/core/profiles/registry.ts";
import { messageFor, pairs } from "./core/profiles/support/profile-message.ts";
import type { OpenApi } from "./receive/support/conformance.ts";
import { startTestServer } from "./receive/support/test-server.ts";

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
      [
        "healthy",
        "`degraded`",
        "`unhealthy`",
        "`disabled`",
        "disabled after 20 failures",
        "DLQ",
        "Secrets Manager",
        "Clerk",
      ],
      ["webhook_config_id", "event_type", "test_data", "test.event", "organization_id", "environment", "grace period"],
      [
        "EventBridge",
        "SQS",
        "Lambda",
        "WEBHOOK_EVENT_BUS_NAME",
        "WEBHOOK_QUEUE_URL",
        "response times",
        "success rates",
      ],
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
      "publishEvent",
    ].concat(
      ["publishOrderUpdated", "findByEvent", "concurrency 10", "getDeliveryStats", "getEndpointHealth"],
      [
        "findById",
        "linear",
        "exponential",
        "1 s doubling to 60 s",
        "30 s",
        "1,000 characters",
        "cleanupDeliveries(30)",
      ],
      [
        "tenantId",
        "IP restriction",
        "attempt_count",
        "response_status",
        "error_message",
        "next_attempt_at",
        "`active`",
      ],
    ),
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
    operations: ["setup_webhooks", "DEBUG", "INFO", "WARNING", "ERROR", "metrics", "event_name", "target_url"].concat(
      ["AppointmentCreated", "verify_signature", "delivery_id", "1, 2, 4, 8 and 16 s", "10 s for each", "webhook.site"],
      ["dead letter queue", "rate limits", "payload versions", "bulk delivery", "status tracking"],
    ),
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
    operations: ["create_subscription", "get_subscription", "list_subscriptions", "update_subscription"].concat(
      ["delete_subscription", "get_subscriptions_for_event", "get_deliveries", "deliver", "retry_delivery"],
      ["get_event_bus().publish", "process_pending_retries", "update_statistics", "disable_subscription"],
      ["db=db_session", "WebhookEvent", "requires_auth", "5 minutes, 1 hour and 6 hours", "5 to 300 s", "410"],
    ),
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
    operations: [
      "WebhookDeliverySuccess",
      "WebhookDeliveryFailure",
      "WebhookRetryCount",
      "300 s",
      "IP addresses",
    ].concat(
      [
        "delivery_success_count",
        "delivery_failure_count",
        "last_triggered_at",
        "customer_id",
        "30 days",
        "status_code",
      ],
      ["payload fields", "verify_webhook_signature", "session token", "CloudWatch", "abandoned after five failures"],
      ["1, 5 and 15 minutes, 1 and 2 hours", "10 s for each", "only after a 5xx"],
    ),
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

it("names only routes and commands that exist", async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const { paths } = (await server.ask("GET", "/openapi.json", { key: null })).json as OpenApi;
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  // Ours stand right of the bar; DotMac's and SecureBase's own begin with /v1 or /api/v1 on its left.
  const ours = page
    .split("\n")
    .flatMap((line) => (line.startsWith("|") ? [line.split(" | ").slice(1).join(" | ")] : []));
  const named = [...ours.join("\n").matchAll(/`((?:GET|POST|PUT|PATCH|DELETE) \/[^`?]*)/g)].map(
    ([, route = ""]) => route,
  );
  expect(named.length).toBeGreaterThan(30);
  for (const route of named) {
    const [method = "", path = ""] = route.split(" ");
    if (path !== "/metrics") expect(routes, route).toContain(`${method} ${path}`);
  }
  const commands = [...page.matchAll(/`hooks ([^`]*)`/g)].map(([, text = ""]) => text);
  expect(commands.length).toBeGreaterThan(30);
  for (const text of commands) expect(await faultOf(text.split("|")[0]!), `hooks ${text}`).toBeUndefined();
  expect(await faultOf("sub delte")).toBe("no command");
  expect(await faultOf("sub list --enabeld")).toBe("no flag --enabeld");
});

/** What is wrong with a command line, as far as names go. */
async function faultOf(text: string): Promise<string | undefined> {
  const words = text.trim().split(/\s+/);
  const entry = topLevel(COMMANDS).find(({ name }) => name === words[0]);
  if (entry === undefined) return "no command";
  const leaf = isGroup(entry) ? entry.commands.find(({ name }) => name === words[1]) : entry;
  if (leaf === undefined) return isGroup(entry) && words.length === 1 ? undefined : "no command";
  const command = (await leaf.load())({} as CliContext);
  const flags = [...command.options.map(({ long }) => long), ...GLOBAL_FLAGS.flatMap(({ names }) => names)];
  const wrong = words.find((word) => word.startsWith("--") && !flags.includes(word));
  return wrong === undefined ? undefined : `no flag ${wrong}`;
}

it("there is a section for each pack and profile of a system", () => {
  expect(Object.keys(SYSTEMS)).toEqual(PACK_NAMES);
});
