import { describe, expect, it } from "vitest";
import { METRICS } from "../../src/telemetry/metric-definitions.ts";
import { type ParsedFamily, parseExposition, seriesValue } from "../support/exposition-parser.ts";
import { HooksHome, type RunningDaemon } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { promtool } from "../support/promtool.ts";

const SCOPE = { tenant: "default", environment: "development" };

async function scrape(
  daemon: RunningDaemon,
  { key, accept, target = "/metrics" }: { key?: string; accept?: string; target?: string } = {},
): Promise<{ status: number; type: string; text: string }> {
  const response = await fetch(daemon.url + target, {
    headers: {
      authorization: `Bearer ${key ?? (await daemon.home.token())}`,
      ...(accept === undefined ? {} : { accept }),
    },
  });
  return { status: response.status, type: response.headers.get("content-type") ?? "", text: await response.text() };
}

async function metricsOf(daemon: RunningDaemon, options: { key?: string; target?: string } = {}) {
  const { status, text } = await scrape(daemon, options);
  expect(status).toBe(200);
  return parseExposition(text, "prometheus");
}

/** Asks until it is so: what was sent is counted once it is on disk. */
async function until(
  daemon: RunningDaemon,
  isSo: (metrics: Map<string, ParsedFamily>) => boolean,
): Promise<Map<string, ParsedFamily>> {
  for (;;) {
    const metrics = await metricsOf(daemon);
    if (isSo(metrics)) return metrics;
  }
}

async function post(daemon: RunningDaemon, target: string, body: object): Promise<Response> {
  return fetch(daemon.url + target, {
    method: "POST",
    headers: { authorization: `Bearer ${await daemon.home.token()}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

describe("/metrics of a daemon", () => {
  it("counts what is published, sent, retried and given up, and what waits", async () => {
    const home = new HooksHome();
    const good = await openReceiver();
    const bad = await openReceiver({ reply: [500, 500, 200] });
    const gone = await openReceiver({ reply: [404] });
    const daemon = await home.serve();
    const before = await metricsOf(daemon);
    expect(seriesValue(before, "hooks_events_accepted_total")).toBeUndefined();

    await home.ok(
      "sub",
      "create",
      ...daemon.asked,
      "--url",
      good.url,
      "--event",
      "order.*",
      "--event",
      "order.paid",
      "--filter",
      "data != 4",
    );
    const failing = JSON.parse(
      await home.ok(
        "sub",
        "create",
        ...daemon.asked,
        "--url",
        bad.url,
        "--event",
        "order.paid",
        "--retry",
        "100ms,100ms,24h",
        "--json",
      ),
    );
    await home.ok(
      "sub",
      "create",
      ...daemon.asked,
      "--url",
      gone.url,
      "--event",
      "refund",
      "--retry-on",
      "server-errors",
    );
    const paused = await home.ok(
      "sub",
      "create",
      ...daemon.asked,
      "--url",
      good.url,
      "--event",
      "late",
      "--name",
      "later",
      "--json",
    );
    await home.ok("sub", "pause", ...daemon.asked, JSON.parse(paused).id);
    const events = {
      events: [
        { type: "order.paid", data: 1, id: "a" },
        { type: "refund", data: 2 },
        { type: "late", data: 3 },
        { type: "order.lost", data: 4 },
      ],
    };
    expect((await post(daemon, "/v1/events/batch", events)).status).toBe(202);
    expect((await post(daemon, "/v1/events", { type: "order.paid", data: 1, id: "a" })).status).toBe(202);
    expect((await post(daemon, "/v1/events", { type: "order.paid", data: 2, id: "a" })).status).toBe(409);

    const metrics = await until(
      daemon,
      (found) =>
        seriesValue(found, "hooks_deliveries_succeeded_total") === 2 &&
        seriesValue(found, "hooks_deliveries_failed_total", { reason: "final_status" }) === 1 &&
        // Counted at most every two seconds.
        seriesValue(found, "hooks_backlog_deliveries", { state: "pending" }) === 1 &&
        seriesValue(found, "hooks_dead_letters") === 1 &&
        // What waits only waits because its subscription is paused: nothing is late.
        seriesValue(found, "hooks_backlog_age_seconds") === 0,
    );
    const value = (name: string, labels: Record<string, string> = {}) =>
      seriesValue(metrics, name, { ...SCOPE, ...labels });
    expect(value("hooks_events_accepted_total")).toBe(4);
    expect(value("hooks_deliveries_filtered_total", { result: "dropped" })).toBe(1);
    expect(value("hooks_deliveries_filtered_total", { result: "failed" })).toBe(0);
    expect(value("hooks_events_repeated_total")).toBe(1);
    expect(value("hooks_events_refused_total", { code: "conflict" })).toBe(1);
    expect(value("hooks_deliveries_created_total")).toBe(4);
    expect(value("hooks_publish_duration_seconds_count")).toBe(3);
    expect(value("hooks_attempts_total", { outcome: "success", result: "2xx" })).toBe(2);
    expect(value("hooks_attempts_total", { outcome: "failure", result: "5xx" })).toBe(2);
    expect(value("hooks_attempts_total", { outcome: "failure", result: "4xx" })).toBe(1);
    expect(value("hooks_retries_total")).toBe(2);
    expect(value("hooks_attempt_duration_seconds_count", { outcome: "failure" })).toBe(3);
    expect(value("hooks_delivery_wait_seconds_count")).toBe(3);
    expect(value("hooks_delivery_latency_seconds_count")).toBe(2);
    // Two retries of 100 ms, with their jitter.
    expect(value("hooks_delivery_latency_seconds_sum")).toBeGreaterThan(0.15);
    expect(value("hooks_subscription_failures_total", { subscription: failing.id })).toBe(2);
    expect(value("hooks_subscription_consecutive_failures", { subscription: failing.id })).toBe(0);
    expect(value("hooks_subscriptions", { state: "active" })).toBe(3);
    expect(value("hooks_subscriptions", { state: "paused" })).toBe(1);
    expect(value("hooks_subscriptions_active", { event_type: "order.paid" })).toBe(2);
    expect(value("hooks_subscriptions_active", { event_type: "refund" })).toBe(1);
    expect(value("hooks_subscription_breakers", { state: "closed" })).toBe(4);
    const ofProcess = (name: string) => seriesValue(metrics, name);
    expect(ofProcess("hooks_attempt_slots")).toBe(256);
    expect(ofProcess("hooks_attempts_in_flight")).toBe(0);
    expect(ofProcess("hooks_store_commits_total")).toBeGreaterThan(5);
    expect(ofProcess("hooks_store_bytes")).toBeGreaterThan(10_000);
    expect(ofProcess("hooks_store_wal_bytes")).toBeGreaterThan(0);
    expect(ofProcess("hooks_event_loop_delay_seconds_count")).toBeGreaterThan(0);
    expect(ofProcess("process_resident_memory_bytes")).toBeGreaterThan(1e7);
    expect(ofProcess("process_start_time_seconds")).toBeGreaterThan(Date.now() / 1_000 - 600);
    expect(await daemon.program.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  });

  it("has every metric of the list in both formats, and both say the same", async () => {
    const home = new HooksHome();
    const daemon = await home.serve();
    const plain = await scrape(daemon);
    expect(plain.type).toBe("text/plain; version=0.0.4; charset=utf-8");
    const open = await scrape(daemon, { accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5" });
    expect(open.type).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    const names = Object.values(METRICS).map(({ name }) => name as string);
    expect([...parseExposition(plain.text, "prometheus").keys()]).toEqual(names);
    const families = parseExposition(open.text, "openmetrics");
    expect([...families.keys()]).toEqual(names.map((name) => name.replace(/_total$/, "")));
  });

  it("is taken by promtool, where there is one", async (context) => {
    const { text } = await scrape(await new HooksHome().serve());
    expect(promtool(context, ["check", "metrics"], text)).toEqual({ status: 0, text: "" });
  });

  it("shows a key of one tenant nothing of another, nor of the process", async () => {
    const home = new HooksHome();
    const daemon = await home.serve();
    const makeKey = async (...args: string[]): Promise<string> => {
      const made = await home.ok("key", "create", "k", "--json", ...daemon.asked, ...args);
      return (JSON.parse(made) as { key: string }).key;
    };
    const acme = await makeKey("--role", "reader", "--tenant", "acme", "--env", "production");
    const all = await makeKey("--role", "reader", "--all-tenants", "--all-environments");
    for (const tenant of ["acme", "other"]) {
      const body = { type: "a.b", data: 1, tenant, environment: "production" };
      expect((await post(daemon, "/v1/events", body)).status).toBe(202);
    }
    const own = (await scrape(daemon, { key: acme })).text;
    expect(own).toContain('hooks_events_accepted_total{tenant="acme",environment="production"} 1');
    expect(own).not.toContain('"other"');
    expect(own).not.toMatch(/process_|hooks_store|hooks_build_info/);
    const everything = (await scrape(daemon, { key: all })).text;
    expect(everything).toContain('tenant="other"');
    expect(everything).toMatch(/process_cpu/);
    expect((await scrape(daemon, { key: all, target: "/metrics?tenant=acme" })).text).not.toContain('"other"');
    expect((await scrape(daemon, { key: acme, target: "/metrics?tenant=other" })).status).toBe(403);
    expect((await scrape(daemon, { key: await makeKey("--role", "publisher") })).status).toBe(403);
    expect((await scrape(daemon, { key: "hk_nobody" })).status).toBe(401);
  });
});
