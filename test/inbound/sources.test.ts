import { createHmac } from "node:crypto";
import Database from "better-sqlite3";
import { describe, expect, it, vi } from "vitest";
import { findScheme } from "../../src/core/signing/registry.ts";
import { sign } from "../../src/core/signing/sign.ts";
import type { SourceInput } from "../../src/core/sources/source.ts";
import { keysOf } from "../core/signing/support/scheme-samples.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { type Relay, startRelay } from "./support/relay.ts";

const WAIT = { timeout: 30_000, interval: 10 };
const SECRET = "a-secret-of-the-sender";
const NO_TOPIC = { code: "invalid_request", field: "topics" };

function signed(body: string, headers: readonly (readonly [string, string])[] = []): [string, string][] {
  const signature = createHmac("sha256", SECRET).update(body).digest("hex");
  return [
    ["Content-Type", "application/json"],
    ["X-Hub-Signature-256", `sha256=${signature}`],
    ["X-GitHub-Event", "push"],
    ...headers.map(([name, value]): [string, string] => [name, value]),
  ];
}

async function withGithub(change: Partial<SourceInput> = {}): Promise<Relay> {
  const relay = await startRelay();
  await relay.service.createSource({ name: "github", scheme: "github", secret: SECRET, ...change });
  return relay;
}

async function events({ service }: Relay) {
  return (await service.listEvents()).data;
}

/** Those that are kept apart from events are written a moment later. */
async function log({ service }: Relay, name = "github") {
  return (await service.listSourceRequests(name)).data;
}

describe("a request to /in/NAME", () => {
  it("is taken by a source of a set-up, with the secrets that it gives, until it is pruned", async () => {
    const relay = await startRelay();
    const body = '{"ref":"refs/heads/main"}';
    const push = async () => (await relay.send("/in/github", { headers: signed(body), body })).status;
    const apply = (secret: string, grace?: string) =>
      relay.service.applySetup({ setup: { sources: [{ name: "github", scheme: "github", secret }] }, grace });
    expect(await push()).toBe(404);
    await apply(SECRET);
    expect(await push()).toBe(200);
    await apply("another-secret");
    expect(await push()).toBe(200);
    await apply("the-third-secret", "0s");
    expect(await push()).toBe(401);
    expect(await events(relay)).toHaveLength(2);
    await relay.service.applySetup({ setup: { sources: [] }, prune: true });
    expect(await push()).toBe(404);
    expect(await events(relay)).toHaveLength(2);
  });

  it("becomes an event once it is on disk, and its answer says no more than that", async () => {
    const relay = await withGithub();
    const body = '{"ref":"refs/heads/main","big":12345678901234567890}';
    const answer = await relay.send("/in/github", { headers: signed(body), body });
    const [event] = await events(relay);
    expect(answer).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    expect(answer.headers["hooks-event-id"]).toBe(event!.id);
    expect(event).toMatchObject({ type: "github.push", environment: "development", tenant: "default" });
    const { data, metadata } = await relay.service.getEvent(event!.id);
    expect(Buffer.from(data).toString()).toBe(body);
    expect(JSON.parse(Buffer.from(metadata!).toString())).toEqual({ source: "github", type: "push" });
    expect(await log(relay)).toMatchObject([
      { outcome: "accepted", status: 200, event_id: event!.id, from: "127.0.0.1" },
    ]);
  });

  it("that is signed by somebody else is refused with 401 and nothing more; the operator sees why", async () => {
    const relay = await withGithub();
    const body = "{}";
    const wrong = signed(body).map(([name, value]): [string, string] => [
      name,
      name === "X-Hub-Signature-256" ? `sha256=${"0".repeat(64)}` : value,
    ]);
    const answer = await relay.send("/in/github", { headers: wrong, body });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.body.toString())).toEqual({
      error: {
        code: "unauthenticated",
        message: "the request is not signed as this source expects",
        request_id: expect.stringMatching(/^req_/),
      },
    });
    expect(await events(relay)).toEqual([]);
    await vi.waitFor(async () => expect(await log(relay)).toHaveLength(1), WAIT);
    const [row] = await log(relay);
    expect(row).toMatchObject({ outcome: "refused", status: 401, reason: "signature_mismatch", event_id: null });
    const trailing = await relay.send("/in/github", { headers: signed(`${body}\n`), body });
    expect(trailing.status).toBe(401);
    await vi.waitFor(async () => expect(await log(relay)).toHaveLength(2), WAIT);
    const detail = await relay.service.getSourceRequest("github", (await log(relay))[0]!.id);
    expect(detail.hints.join()).toMatch(/newline|line break|line end/i);
    expect(detail).toMatchObject({ body: "{}", method: "POST", path: "/", query: "" });
  });

  it.each([
    ["no signature", [["X-GitHub-Event", "push"]], "missing_header"],
    ["a signature that is none", [["X-Hub-Signature-256", "nonsense"]], "malformed_header"],
  ] as const)("without what it must have (%s) is refused, and told apart in the log", async (_, headers, reason) => {
    const relay = await withGithub();
    expect((await relay.send("/in/github", { headers, body: "{}" })).status).toBe(401);
    await vi.waitFor(async () => expect(await log(relay)).toMatchObject([{ outcome: "refused", reason }]), WAIT);
  });

  it("that has the secret itself in it is shown without: in path, query, headers, JSON, and bytes that are no text", async () => {
    const relay = await startRelay();
    const secret = 'its-"own"-secret';
    await relay.service.createSource({ name: "github", scheme: "github", secret });
    const escaped = encodeURIComponent(secret);
    const bodies = [JSON.stringify({ token: secret }), Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(secret)])];
    for (const body of bodies) {
      await relay.send(`/in/github/${escaped}?token=${escaped}`, { headers: [["X-Weird", secret]], body });
    }
    await vi.waitFor(async () => expect(await log(relay)).toHaveLength(2), WAIT);
    for (const { id } of await log(relay)) {
      const shown = await relay.service.getSourceRequest("github", id);
      const body =
        shown.body_encoding === "base64" ? Buffer.from(shown.body!, "base64").toString("latin1") : shown.body;
      expect(JSON.stringify({ ...shown, body: undefined }) + body).not.toMatch(/own|its-/);
      expect(body).toContain("***");
    }
  });

  it("is published once, however often its sender tries", async () => {
    const relay = await withGithub();
    const delivery = [["X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"]] as const;
    const first = await relay.send("/in/github", { headers: signed('{"n":1}', delivery), body: '{"n":1}' });
    const again = await relay.send("/in/github", { headers: signed('{"n":2}', delivery), body: '{"n":2}' });
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.headers["hooks-event-id"]).toBe(first.headers["hooks-event-id"]);
    const other = await relay.send("/in/github", {
      headers: signed("{}", [["X-GitHub-Delivery", "other"]]),
      body: "{}",
    });
    expect(other.headers["hooks-event-id"]).not.toBe(first.headers["hooks-event-id"]);
    const without = [await relay.send("/in/github", { headers: signed("{}"), body: "{}" })];
    without.push(await relay.send("/in/github", { headers: signed("{}"), body: "{}" }));
    expect(await events(relay)).toHaveLength(4);
    await vi.waitFor(
      async () => expect((await log(relay)).filter(({ outcome }) => outcome === "repeated")).toHaveLength(1),
      WAIT,
    );
  });

  it("of an id that an own event has gets another one", async () => {
    const relay = await withGithub();
    await relay.service.publish({ type: "own.event", id: "github_d1", data: Buffer.from("1") });
    const answer = await relay.send("/in/github", { headers: signed("{}", [["X-GitHub-Delivery", "d1"]]), body: "{}" });
    expect(answer.status).toBe(200);
    expect(answer.headers["hooks-event-id"]).toMatch(/^evt_/);
    expect(await events(relay)).toHaveLength(2);
  });

  it("is delivered to subscriptions as any event is, signed by us", async () => {
    const relay = await withGithub({ map: { push: "code.pushed", ping: null } });
    const receiver = await openReceiver();
    await relay.service.createSubscription({ url: receiver.url, events: ["code.*"] });
    await relay.send("/in/github", { headers: signed('{"a":1}'), body: '{"a":1}' });
    const { headers, text } = await receiver.request(1);
    expect(headers).toMatchObject({ "webhook-signature": expect.stringMatching(/^v1,/) });
    expect(headers).not.toHaveProperty("x-hub-signature-256");
    expect(JSON.parse(text)).toMatchObject({ type: "code.pushed", data: { a: 1 } });
    const ping = signed("{}").map(([name, value]): [string, string] => [
      name,
      name === "X-GitHub-Event" ? "ping" : value,
    ]);
    expect((await relay.send("/in/github", { headers: ping, body: "{}" })).status).toBe(200);
    expect(await events(relay)).toHaveLength(1);
    await vi.waitFor(async () => expect((await log(relay))[0]).toMatchObject({ outcome: "dropped" }), WAIT);
  });

  it("of which no event can be made is answered 400, and the log says what is missing", async () => {
    const relay = await withGithub({ data_from: "/payload" });
    const answer = await relay.send("/in/github", { headers: signed("{}"), body: "{}" });
    expect(answer.status).toBe(400);
    expect(answer.body.toString()).not.toContain("payload");
    await vi.waitFor(
      async () =>
        expect(await log(relay)).toMatchObject([
          { outcome: "refused", reason: "malformed", detail: "there is nothing at /payload" },
        ]),
      WAIT,
    );
  });

  it("is not known where there is no source, where it is disabled, and once it is deleted", async () => {
    const relay = await withGithub();
    const ask = async (target: string) => {
      const { status, body } = await relay.send(target, { headers: signed("{}"), body: "{}" });
      return { status, message: (JSON.parse(body.toString()) as { error: { message: string } }).error.message };
    };
    const unknown = await ask("/in/nothing");
    expect(unknown).toEqual({ status: 404, message: "there is nothing at this address" });
    expect(await ask("/in/GitHub")).toEqual(unknown);
    expect(await ask("/in/%67ithub")).toEqual(unknown);
    await relay.service.updateSource("github", { enabled: false });
    expect(await ask("/in/github")).toEqual(unknown);
    await relay.service.deleteSource("github");
    expect(await ask("/in/github")).toEqual(unknown);
    expect(await events(relay)).toEqual([]);
  });

  it("takes bodies of any kind up to 10 MiB, and refuses larger ones", async () => {
    const relay = await startRelay();
    await relay.service.createSource({ name: "any", scheme: "none" });
    const large = Buffer.alloc(10 * 1024 * 1024, 0xfe);
    const octets: [string, string][] = [["content-type", "application/octet-stream"]];
    expect((await relay.send("/in/any", { headers: octets, body: large })).status).toBe(200);
    const [event] = await events(relay);
    expect(Buffer.from((await relay.service.getEvent(event!.id)).data).toString()).toBe(
      `{"content_type":"application/octet-stream","body_bytes":${large.length}}`,
    );
    const tooLarge = await relay.send("/in/any", { headers: octets, body: Buffer.alloc(large.length + 1) });
    expect(tooLarge.status).toBe(413);
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense", ""]) {
      const headers: [string, string][] = type === "" ? [] : [["content-type", type]];
      expect((await relay.send("/in/any", { headers, body: "a=1" })).status, type).toBe(200);
    }
    expect(await events(relay)).toHaveLength(6);
  });

  it("takes no more than its rate, and says when to come back", async () => {
    const relay = await withGithub({ rate_limit: "2/h" });
    const statuses: number[] = [];
    for (let n = 0; n < 3; n++) {
      const { status, headers } = await relay.send("/in/github", { headers: signed("{}"), body: "{}" });
      statuses.push(status);
      if (status === 429) expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    }
    expect(statuses).toEqual([200, 200, 429]);
    expect(await events(relay)).toHaveLength(2);
  });

  it("is no event when it is a GET, an OPTIONS or a HEAD of a sender that does not sign those", async () => {
    const relay = await withGithub();
    const headers = signed("");
    expect((await relay.send("/in/github", { method: "GET", headers })).status).toBe(405);
    expect((await relay.send("/in/github", { method: "OPTIONS", headers })).status).toBe(405);
    expect((await relay.send("/in/github", { method: "HEAD", headers })).status).toBe(200);
    expect(await events(relay)).toEqual([]);
  });

  it("signed with the old secret is taken until the grace ends, and with the new one at once", async () => {
    const relay = await withGithub();
    await relay.service.rotateSourceSecret("github", { secret: "the-new-secret-of-it", grace: "1h" });
    expect((await relay.send("/in/github", { headers: signed("{}"), body: "{}" })).status).toBe(200);
    await relay.service.rotateSourceSecret("github", { secret: "another-new-secret", grace: "0s" });
    expect((await relay.send("/in/github", { headers: signed("{}"), body: "{}" })).status).toBe(401);
  });

  it("answers a challenge, and makes no event of it", async () => {
    const relay = await startRelay();
    await relay.service.createSource({ name: "fb", scheme: "meta", secret: SECRET, verify_token: "agreed" });
    const ask = (token: string) =>
      relay.send(`/in/fb?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`, { method: "GET" });
    expect(await ask("agreed")).toMatchObject({ status: 200, body: Buffer.from("1158201444") });
    expect((await ask("another")).status).toBe(403);
    expect(await events(relay)).toEqual([]);
    await vi.waitFor(async () => expect(await log(relay, "fb")).toHaveLength(2), WAIT);
  });

  it("keeps a secret that its sender offers, and checks with it from then on", async () => {
    const relay = await startRelay();
    await relay.service.createSource({ name: "asana", scheme: "asana" });
    const offered = "b537207f20cbfa02357cf448134da559";
    const answer = await relay.send("/in/asana", { headers: [["X-Hook-Secret", offered]] });
    expect(answer).toMatchObject({ status: 200, headers: { "x-hook-secret": offered } });
    const body = '{"events":[{"action":"changed","resource":{"resource_type":"task"}}]}';
    const signature = createHmac("sha256", offered).update(body).digest("hex");
    expect((await relay.send("/in/asana", { headers: [["X-Hook-Signature", signature]], body })).status).toBe(200);
    expect((await relay.send("/in/asana", { headers: [["X-Hook-Secret", "c".repeat(32)]] })).status).toBe(403);
    expect(await events(relay)).toMatchObject([{ type: "asana.task.changed" }]);
  });

  describe("that AWS SNS signed, as it signs for all of its customers", () => {
    const mine = "arn:aws:sns:us-east-1:123456789012:orders";
    const keys = keysOf(findScheme("sns")!.scheme);
    const message = (TopicArn: string, Type = "Notification") => {
      const more = Type === "Notification" ? {} : { Token: "1", SubscribeURL: "https://example.com/" };
      const body = JSON.stringify({ Type, MessageId: `${Type} of ${TopicArn}`, TopicArn, Message: "hello", ...more });
      return sign("sns", { body }, keys.signing, { id: "1", timestamp: 1_760_000_000 }).body!;
    };
    const secret = keys.verifying;

    it("is an event when it is of a topic of the source, and refused when it is anybody else's", async () => {
      const relay = await startRelay();
      await relay.service.createSource({ name: "queue", scheme: "sns", secret, topics: [mine] });
      const push = async (...what: Parameters<typeof message>) =>
        (await relay.send("/in/queue", { body: message(...what) })).status;
      const foreign = "arn:aws:sns:us-east-1:666666666666:orders";
      expect(await push(foreign)).toBe(401);
      expect(await push(foreign, "SubscriptionConfirmation")).toBe(401);
      expect(await push(foreign, "UnsubscribeConfirmation")).toBe(401);
      expect(await push(mine)).toBe(200);
      expect(await events(relay)).toMatchObject([{ type: "queue.Notification" }]);
      await vi.waitFor(async () => expect(await log(relay, "queue")).toHaveLength(4), WAIT);
      const refused = (await log(relay, "queue")).filter(({ outcome }) => outcome === "refused");
      expect(refused).toHaveLength(3);
      for (const { id } of refused) {
        expect(await relay.service.getSourceRequest("queue", id)).toMatchObject({
          reason: "wrong_topic",
          detail: `TopicArn ${JSON.stringify(foreign)} is none of the source's topics`,
          hints: [],
        });
      }
    });

    it("is refused by a source of an earlier version that names no topic, and the log says what to do", async () => {
      const relay = await startRelay();
      const created = await relay.service.createSource({ name: "queue", scheme: "sns", secret, topics: [mine] });
      const db = new Database(relay.daemon.storePath);
      db.exec("UPDATE sources SET settings = json_set(settings, '$.topics', json('[]'))");
      db.close();
      expect((await relay.send("/in/queue", { body: message(mine) })).status).toBe(401);
      await vi.waitFor(
        async () =>
          expect(await log(relay, "queue")).toMatchObject([
            { reason: "wrong_topic", detail: expect.stringContaining("hooks source update queue --topic ARN") },
          ]),
        WAIT,
      );
      // It can be switched off as it is, and not left without when its topics are changed.
      await relay.service.updateSource(created.id, { enabled: false });
      await expect(relay.service.updateSource(created.id, { topics: null })).rejects.toMatchObject(NO_TOPIC);
      await relay.service.updateSource(created.id, { enabled: true, topics: [mine] });
      expect((await relay.send("/in/queue", { body: message(mine) })).status).toBe(200);
    });

    it("has no source without a topic, made by hand or by a set-up", async () => {
      const { service } = await startRelay();
      const source = { name: "queue", scheme: "sns", secret };
      await expect(service.createSource(source)).rejects.toMatchObject(NO_TOPIC);
      await expect(service.createSource({ ...source, topics: [] })).rejects.toMatchObject(NO_TOPIC);
      await expect(service.applySetup({ setup: { sources: [source] } })).rejects.toMatchObject({
        code: "invalid_request",
        field: "sources[0].topics",
      });
      expect((await service.listSources()).data).toEqual([]);
    });
  });

  it("is counted in the metrics, by what became of it", async () => {
    const relay = await withGithub();
    await relay.send("/in/github", { headers: signed("{}"), body: "{}" });
    await relay.send("/in/github", { headers: [], body: "{}" });
    const page = await fetch(`${relay.daemon.url}/metrics`, {
      headers: { authorization: `Bearer ${relay.daemon.token}` },
    });
    const text = await page.text();
    const line = (outcome: string) =>
      `hooks_source_requests_total{tenant="default",environment="development",outcome="${outcome}"} 1`;
    expect(text).toContain(line("accepted"));
    expect(text).toContain(line("refused"));
  });
});
