import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { type AttemptNews, type EventNews, TAIL_KINDS, type TailNews } from "../../src/core/tail.ts";
import { Tail, type TailFilter } from "../../src/receive/tail.ts";
import { type KeyName, keyOf, startTestServer, type TestServer } from "./support/test-server.ts";

const SCOPE = { tenant: "default", environment: "development" };
const ALL: TailFilter = { kinds: new Set(TAIL_KINDS), subscription: undefined, pattern: undefined, outcome: undefined };

const accepted = (n: number, scope = SCOPE): EventNews => ({
  type: "event.accepted",
  at: "2026-01-01T00:00:00.000Z",
  ...scope,
  event_id: `evt_${n}`,
  event_type: "order.paid",
  deliveries: 1,
});

const recorded = (n: number, fields: Partial<AttemptNews> = {}): AttemptNews => ({
  type: "attempt.recorded",
  at: "2026-01-01T00:00:00.000Z",
  ...SCOPE,
  event_id: `evt_${n}`,
  event_type: "order.paid",
  delivery_id: `dlv_${n}`,
  subscription: "sub_1",
  subscription_name: null,
  attempt: 1,
  trigger: "auto",
  outcome: "success",
  status: 200,
  error: null,
  duration_ms: 3,
  verdict: "succeeded",
  reason: null,
  next_attempt_at: null,
  ...fields,
});

it("tells what happens to whoever listens: of his tenant and environment, and what he asked for", async () => {
  const tail = new Tail();
  const server = await startTestServer({ tail });
  onTestFinished(() => server.close());
  const [all, failures, invoices, elsewhere] = await Promise.all([
    listen(server, "/v1/tail?for=24d"),
    listen(server, "/v1/tail?outcome=failure"),
    listen(server, "/v1/tail?events=event.accepted&type=invoice.*"),
    listen(server, "/v1/tail", "production"),
  ]);
  expect(all.answer.headers["content-type"]).toMatch(/^text\/event-stream/);
  tail.tell(accepted(1));
  tail.tell(recorded(1));
  tail.tell(recorded(2, { outcome: "failure", status: 500 }));
  tail.tell({ ...accepted(3), event_type: "invoice.paid" });
  tail.tell(accepted(4, { ...SCOPE, environment: "production" }));
  tail.close();
  expect((await all.news()).map(({ type }) => type)).toEqual([
    "event.accepted",
    "attempt.recorded",
    "attempt.recorded",
    "event.accepted",
  ]);
  expect(await failures.news()).toEqual([recorded(2, { outcome: "failure", status: 500 })]);
  expect(await invoices.news()).toMatchObject([{ event_id: "evt_3" }]);
  expect(await elsewhere.news()).toMatchObject([{ event_id: "evt_4" }]);
});

it("finds the subscription that is named, and refuses what is none", async () => {
  const tail = new Tail();
  const server = await startTestServer({ tail });
  onTestFinished(() => server.close());
  const created = await server.ask("POST", "/v1/subscriptions", {
    json: { name: "shop", url: "https://shop.example/", events: ["*"] },
  });
  const shop = await listen(server, "/v1/tail?subscription=shop");
  tail.tell(recorded(1, { subscription: created.json.id as string }));
  tail.tell(recorded(2));
  const refused = async (query: string): Promise<[number, string]> => {
    const { status, json } = await server.ask("GET", `/v1/tail?${query}`);
    return [status, json.error.field];
  };
  expect(await refused("subscription=nobody")).toEqual([404, "subscription"]);
  expect(await refused("events=everything")).toEqual([400, "events"]);
  expect(await refused("type=a..b")).toEqual([400, "type"]);
  expect(await refused("outcome=maybe")).toEqual([400, "outcome"]);
  expect(await refused("for=soon")).toEqual([400, "for"]);
  expect(await refused("for=25d")).toEqual([400, "for"]);
  tail.close();
  expect((await shop.news()).map((news) => (news as AttemptNews).event_id)).toEqual(["evt_1"]);
});

it("ends when its key does, after the time that was asked for, and nobody is left in memory", async () => {
  const ends: (() => void)[] = [];
  const tail = new Tail();
  const server = await startTestServer({
    tail,
    keepAdmitted: (_caller, end) => {
      ends.push(end);
      return () => {};
    },
  });
  onTestFinished(() => server.close());
  const kept = await listen(server, "/v1/tail");
  expect(tail.hasReaders).toBe(true);
  for (const end of ends) end();
  expect(await kept.news()).toEqual([]);
  const short = await listen(server, "/v1/tail?for=20ms");
  expect(await short.news()).toEqual([]);
  const gone = await listen(server, "/v1/tail");
  gone.answer.destroy();
  while (tail.hasReaders) await new Promise((resolve) => setImmediate(resolve));
});

it("keeps no more than a little for a reader that is slow, and tells it how much it lost", async () => {
  const tail = new Tail();
  const slow = tail.open(SCOPE, ALL);
  const quick = tail.open(SCOPE, ALL);
  const quickTexts: string[] = [];
  quick.on("data", (bytes: Buffer) => quickTexts.push(bytes.toString()));
  const TOLD = 20_000;
  for (let n = 0; n < TOLD; n++) {
    tail.tell(accepted(n));
    // A reader that reads gets its turn.
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(slow.readableLength).toBeLessThan(130_000);
  const texts: string[] = [];
  slow.on("data", (bytes: Buffer) => texts.push(bytes.toString()));
  await new Promise((resolve) => setImmediate(resolve));
  tail.close();
  await Promise.all([once(slow, "end"), once(quick, "end")]);
  const told = parse(texts.join(""));
  const dropped = told
    .flatMap((news) => (news.type === "dropped" ? [news.count] : []))
    .reduce((sum, one) => sum + one, 0);
  expect(dropped).toBeGreaterThan(10_000);
  expect(told.filter(({ type }) => type === "event.accepted").length + dropped).toBe(TOLD);
  expect(parse(quickTexts.join("")).filter(({ type }) => type === "event.accepted")).toHaveLength(TOLD);
});

it("tells nothing more to a reader that was ended and has not read so far", async () => {
  const tail = new Tail();
  const reader = tail.open(SCOPE, ALL);
  tail.tell(accepted(1));
  reader.push(null);
  tail.tell(accepted(2));
  tail.close();
  const texts: string[] = [];
  // An error would end it, too.
  for await (const bytes of reader) texts.push(String(bytes));
  expect(parse(texts.join(""))).toMatchObject([{ event_id: "evt_1" }]);
});

it("takes no more readers than it can serve, and of a tenant no more than its share", async () => {
  const tail = new Tail();
  const of = (tenant: string) => tail.open({ ...SCOPE, tenant }, ALL);
  const refused = (tenant: string): string => {
    try {
      of(tenant);
      return "taken";
    } catch (error) {
      expect(error).toMatchObject({ code: "unavailable" });
      return (error as Error).message;
    }
  };
  const [first] = Array.from({ length: 100 }, () => of("greedy"));
  expect(refused("greedy")).toContain("no more than 100 of a tenant");
  // The other tenant does not notice.
  of("modest");
  // Whoever ends makes room, once.
  first!.destroy();
  await once(first!, "close");
  of("greedy");
  expect(refused("greedy")).toContain("100 of a tenant");
  for (const tenant of ["b", "c", "d"]) for (let n = 0; n < 100; n++) of(tenant);
  for (let n = 0; n < 99; n++) of("e");
  expect(refused("e")).toContain("no more than 500");
  expect(refused("modest")).toContain("no more than 500");
  tail.close();
});

it("HEAD says what GET would, and leaves nobody listening", async () => {
  const ends: (() => void)[] = [];
  const stopped: (() => void)[] = [];
  const tail = new Tail();
  const server = await startTestServer({
    tail,
    keepAdmitted: (_caller, end) => {
      ends.push(end);
      return () => stopped.push(end);
    },
  });
  onTestFinished(() => server.close());
  const head = async (target: string) =>
    await fetch(`${server.url}${target}`, {
      method: "HEAD",
      headers: { authorization: `Bearer ${keyOf("reader")}` },
    });
  for (let n = 0; n < 120; n++) {
    const answer = await head("/v1/tail?for=1h");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream/);
    // Nobody knows how long a GET would be (RFC 9110, 8.6).
    expect(answer.headers.get("content-length")).toBe(null);
    expect(await answer.text()).toBe("");
  }
  while (tail.hasReaders) await new Promise((resolve) => setImmediate(resolve));
  expect(stopped).toEqual(ends);
  expect((await head("/v1/tail?outcome=maybe")).status).toBe(400);
  const there = await listen(server, "/v1/tail");
  expect(tail.hasReaders).toBe(true);
  tail.close();
  await there.news();
  // From now on a GET is refused, and so is a HEAD.
  expect((await head("/v1/tail")).status).toBe(503);
});

it("HEAD of what ends has the length of its GET (RFC 9110, 9.3.2)", async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const ask = async (method: string, target: string, key: KeyName | undefined) => {
    const headers = key === undefined ? {} : { authorization: `Bearer ${keyOf(key)}` };
    const answer = await fetch(`${server.url}${target}`, { method, headers });
    const { "content-type": type, "content-length": length, allow } = Object.fromEntries(answer.headers);
    return { status: answer.status, type, length, allow, bytes: (await answer.arrayBuffer()).byteLength };
  };
  for (const [target, key] of [
    ["/healthz", undefined],
    ["/readyz", undefined],
    ["/openapi.json", undefined],
    ["/v1/subscriptions", "reader"],
    ["/v1/subscriptions/sub_none", "reader"],
    ["/v1/subscriptions", undefined],
    ["/v1/meta", "reader"],
    ["/nowhere", undefined],
  ] as const) {
    const [got, head] = [await ask("GET", target, key), await ask("HEAD", target, key)];
    expect(head, target).toEqual({ ...got, bytes: 0 });
    expect(got.length, target).toBe(String(got.bytes));
  }
  // What has no GET has no HEAD.
  expect(await ask("HEAD", "/v1/secrets/rotate", "admin")).toMatchObject({ status: 405, allow: "POST", bytes: 0 });
});

interface Listening {
  answer: IncomingMessage;
  /** Everything that was told, once it has ended. */
  news(): Promise<TailNews[]>;
}

async function listen(server: TestServer, target: string, key: KeyName = "reader"): Promise<Listening> {
  const request = get(`${server.url}${target}`, { headers: { authorization: `Bearer ${keyOf(key)}` } });
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  expect(answer.statusCode).toBe(200);
  let text = "";
  answer.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  const ended = once(answer, "end");
  return {
    answer,
    news: async () => {
      await ended;
      return parse(text);
    },
  };
}

function parse(text: string): TailNews[] {
  return text
    .split("\n\n")
    .flatMap((block) => /^event: (.+)\ndata: (.+)$/.exec(block)?.[2] ?? [])
    .map((data) => JSON.parse(data) as TailNews);
}
