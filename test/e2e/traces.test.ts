import { describe, expect, it, onTestFinished } from "vitest";
import { createPublisher } from "../../src/index.ts";
import { type CollectedSpan, startCollector } from "../support/collector.ts";
import { HooksHome, RunningDaemon } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { closedPort, type Reply } from "../support/receiver.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const PARENT = `00-${TRACE}-${SPAN}-01`;

async function open(reply: readonly Reply[] = [200]) {
  const collector = await startCollector(reply);
  onTestFinished(() => collector.close());
  return collector;
}

async function serve(home: HooksHome, env: Record<string, string>): Promise<RunningDaemon> {
  const program = home.start(["serve", "--port", "0", "--log-format", "json"], {
    env: { OTEL_BSP_SCHEDULE_DELAY: "50", ...env },
  });
  const [url] = await program.sees(/http:\/\/[\w.[\]:]+:\d+/);
  return new RunningDaemon(program, url, home);
}

async function publish(daemon: RunningDaemon, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const target = "events" in body ? "/v1/events/batch" : "/v1/events";
  const response = await fetch(daemon.url + target, {
    method: "POST",
    headers: { authorization: `Bearer ${await daemon.home.token()}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(202);
  return response;
}

const named = (spans: readonly CollectedSpan[], start: string) => spans.filter(({ name }) => name.startsWith(start));

describe("traces of a daemon", () => {
  it("go on from the publisher over each attempt to the receiver, with what HTTP's conventions want", async () => {
    const home = new HooksHome();
    const collector = await open();
    const receiver = await openReceiver({ reply: [500, 204] });
    const daemon = await serve(home, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: "x-key=collector-key",
      OTEL_SERVICE_NAME: "relay",
    });
    await home.ok(
      "sub",
      "create",
      ...daemon.asked,
      "--url",
      `${receiver.url}/secret-path`,
      "--event",
      "order.*",
      "--retry",
      "100ms",
    );
    await publish(
      daemon,
      { type: "order.paid", data: { n: 1 }, id: "one" },
      { traceparent: PARENT, tracestate: "congo=t61" },
    );
    const spans = await collector.spans(3);
    const [published] = named(spans, "publish");
    const attempts = named(spans, "POST");
    expect(published).toMatchObject({
      name: "publish order.paid",
      traceId: TRACE,
      parentSpanId: SPAN,
      traceState: "congo=t61",
      kind: 4,
      status: {},
      attributes: {
        "messaging.system": "hooks",
        "messaging.operation.type": "send",
        "messaging.destination.name": "order.paid",
        "messaging.message.id": "one",
        "hooks.tenant": "default",
        "hooks.environment": "development",
        "hooks.deliveries": 1,
      },
    });
    expect(attempts.map(({ traceId, parentSpanId, kind }) => [traceId, parentSpanId, kind])).toEqual([
      [TRACE, published!.spanId, 3],
      [TRACE, published!.spanId, 3],
    ]);
    expect(attempts[0]).toMatchObject({
      status: { code: 2, message: "HTTP 500" },
      attributes: {
        "http.request.method": "POST",
        "url.full": `${receiver.url}/REDACTED`,
        "server.address": "127.0.0.1",
        "server.port": receiver.port,
        "network.peer.address": "127.0.0.1",
        "http.response.status_code": 500,
        "error.type": "500",
        "hooks.attempt": 1,
        "hooks.verdict": "retry",
      },
    });
    expect(attempts[0]!.attributes).not.toHaveProperty("http.request.resend_count");
    expect(attempts[1]).toMatchObject({
      status: {},
      attributes: { "http.request.resend_count": 1, "http.response.status_code": 204, "hooks.verdict": "succeeded" },
    });
    for (const [at, request] of receiver.requests.entries()) {
      expect(request.headers["traceparent"]).toBe(`00-${TRACE}-${attempts[at]!.spanId}-01`);
      expect(request.headers["tracestate"]).toBe("congo=t61");
    }
    expect(collector.requests[0]).toMatchObject({ method: "POST", path: "/v1/traces" });
    expect(collector.requests[0]!.headers).toMatchObject({
      "content-type": "application/json",
      "x-key": "collector-key",
    });
    expect(collector.resource()).toMatchObject({ "service.name": "relay" });
    expect(collector.requests.map(({ text }) => text).join()).not.toContain("secret-path");
    const line = (await daemon.program.sees(/.*"msg":"attempt.recorded".*/)).at(0)!;
    expect(JSON.parse(line)).toMatchObject({ trace: { traceId: TRACE, parentSpanId: published!.spanId } });
    expect(await daemon.program.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  });

  it("survive a crash: what is sent after it is in the trace of its publishing", async () => {
    const home = new HooksHome();
    const collector = await open();
    const receiver = await openReceiver();
    const first = await serve(home, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await home.ok("sub", "create", ...first.asked, "--url", receiver.url, "--event", "a", "--name", "later");
    await home.ok("sub", "pause", "later");
    await publish(first, { type: "a", data: 1 });
    const [published] = await collector.spans(1);
    expect(published!.parentSpanId).toBeUndefined();
    await first.program.kill("SIGKILL");
    await serve(home, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await home.ok("sub", "resume", "later");
    const [attempt] = named(await collector.spans(2), "POST");
    expect([attempt!.traceId, attempt!.parentSpanId]).toEqual([published!.traceId, published!.spanId]);
    expect((await receiver.request(1)).headers["traceparent"]).toBe(`00-${published!.traceId}-${attempt!.spanId}-01`);
  });

  it("of a batch are one request in the first event's trace, which the others' spans lead to", async () => {
    const home = new HooksHome();
    const collector = await open();
    const receiver = await openReceiver();
    const daemon = await serve(home, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await home.ok("sub", "create", ...daemon.asked, "--url", receiver.url, "--event", "a", "--batch", "3,1m");
    for (let n = 0; n < 3; n++) await publish(daemon, { type: "a", data: n });
    const attempts = named(await collector.spans(6), "POST");
    const [, traceId, spanId] = receiver.requests[0]!.headers["traceparent"]!.split("-");
    expect(new Set(attempts.map((one) => one.traceId)).size).toBe(3);
    expect(new Set(attempts.map((one) => one.spanId)).size).toBe(3);
    const carrier = attempts.filter((one) => one.spanId === spanId);
    expect(carrier).toMatchObject([{ traceId }]);
    expect(attempts.filter((one) => one.spanId !== spanId).map(({ links }) => links)).toEqual([
      [{ traceId, spanId }],
      [{ traceId, spanId }],
    ]);
  });

  it("are sampled: what is not taken is handed on as such, and costs the collector nothing", async () => {
    const home = new HooksHome();
    const collector = await open();
    const receiver = await openReceiver();
    const daemon = await serve(home, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_TRACES_SAMPLER: "parentbased_always_off",
    });
    await home.ok("sub", "create", ...daemon.asked, "--url", receiver.url, "--event", "a");
    await publish(daemon, { type: "a", data: 1 });
    expect((await receiver.request(1)).headers["traceparent"]).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/);
    await publish(daemon, { events: [{ type: "a", data: 2 }] }, { traceparent: PARENT });
    expect((await receiver.request(2)).headers["traceparent"]).toMatch(new RegExp(`^00-${TRACE}-[\\da-f]{16}-01$`));
    expect((await collector.spans(2)).map(({ traceId }) => traceId)).toEqual([TRACE, TRACE]);
    // An event's own word counts before that of its request.
    const other = TRACE.replace("4b", "ff");
    const traceparent = `00-${other}-${SPAN}-01`;
    await publish(
      daemon,
      { events: [{ type: "a", data: 3, traceparent, tracestate: "x=y" }] },
      { traceparent: PARENT },
    );
    expect((await receiver.request(3)).headers).toMatchObject({
      traceparent: expect.stringContaining(other),
      tracestate: "x=y",
    });
    const publisher = createPublisher({ server: daemon.url, apiKey: await home.token() });
    await publisher.publish("a", 4, { traceparent });
    await publisher.close();
    expect((await receiver.request(4)).headers["traceparent"]).toContain(other);
    expect((await collector.spans(6)).slice(2).map(({ traceId }) => traceId)).toEqual([other, other, other, other]);
  });

  it("are not there without a collector: no header, nothing kept", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    const daemon = await serve(home, {});
    await home.ok("sub", "create", ...daemon.asked, "--url", receiver.url, "--event", "a");
    await publish(daemon, { type: "a", data: 1 }, { traceparent: PARENT });
    expect((await receiver.request(1)).headers).not.toHaveProperty("traceparent");
    expect((await daemon.program.sees(/.*"msg":"attempt.recorded".*/)).at(0)).not.toContain("trace");
    await daemon.program.kill("SIGTERM");
    // With one from now on, what was published before begins no half of a trace.
    const collector = await open();
    const second = await serve(home, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const [delivery] = (await home.ok("delivery", "list", "--quiet")).split("\n");
    await home.ok("delivery", "retry", delivery!);
    expect((await receiver.request(2)).headers).not.toHaveProperty("traceparent");
    expect(await second.program.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(collector.requests).toEqual([]);
  });

  it("that nobody takes cost no delivery, and are dropped beyond the queue, counted", { timeout: 60_000 }, async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    const daemon = await serve(home, {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await closedPort()}`,
      OTEL_BSP_MAX_QUEUE_SIZE: "10",
    });
    await home.ok("sub", "create", ...daemon.asked, "--url", receiver.url, "--event", "a");
    await publish(daemon, { events: Array.from({ length: 100 }, (_, n) => ({ type: "a", data: n })) });
    await receiver.request(100);
    const said = JSON.parse((await daemon.program.sees(/.*"msg":"traces".*/)).at(0)!);
    expect(said).toMatchObject({ level: 40, note: expect.stringContaining("cannot be reached (ECONNREFUSED)") });
    const headers = { authorization: `Bearer ${await home.token()}` };
    const dropped = async () =>
      Number(
        /hooks_spans_dropped_total (\d+)/.exec(await (await fetch(`${daemon.url}/metrics`, { headers })).text())![1],
      );
    while ((await dropped()) < 190);
    expect(await dropped()).toBe(190);
    expect(await daemon.program.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(daemon.program.output.stderr.split('"msg":"traces"')).toHaveLength(2);
  });

  it("arrive when the collector is back; what it refuses for good is given up", async () => {
    const home = new HooksHome();
    const collector = await open([503, "reset", 200]);
    const daemon = await serve(home, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await publish(daemon, { type: "a", data: 1, id: "kept" });
    await daemon.program.sees(/takes spans again/);
    const [first, ...again] = await collector.spans(3);
    expect(again.map(({ spanId }) => spanId)).toEqual([first!.spanId, first!.spanId]);

    const refusing = await open([400]);
    const other = new HooksHome();
    const second = await serve(other, { OTEL_EXPORTER_OTLP_ENDPOINT: refusing.url });
    await publish(second, { type: "a", data: 1 });
    await second.program.sees(/the collector refuses them/);
    await second.program.kill("SIGTERM");
    expect(refusing.requests).toHaveLength(1);
  });

  it("refuses a collector that it could not speak to, without showing its key", async () => {
    const ran = await new HooksHome().run(["serve", "--port", "0", "--otlp-endpoint", "collector:4318"]);
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining("--otlp-endpoint must be a URL")]);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_EXPORTER_OTLP_HEADERS: "SECRET" };
    const other = await new HooksHome().run(["serve", "--port", "0"], { env });
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("OTEL_EXPORTER_OTLP_HEADERS")]);
    expect(other.stderr).not.toContain("SECRET");
  });
});
