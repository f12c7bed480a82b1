import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HeaderPairs } from "../../../src/core/attempt.ts";
import { EVENT_ID_PATTERN, EVENT_MAX_BYTES } from "../../../src/core/event.ts";
import { isEventType } from "../../../src/core/event-pattern.ts";
import { SCHEME_NAMES } from "../../../src/core/signing/scheme-names.ts";
import { type EventRules, eventOfRequest } from "../../../src/core/sources/event-of-request.ts";
import { PROVIDER_PLACES } from "../../../src/core/sources/provider-places.ts";
import { typeText } from "../../../src/core/sources/type-text.ts";

function rules(scheme: string, change: Partial<EventRules> = {}): EventRules {
  return {
    ...{ name: "src", scheme, prefix: "src", typeFrom: undefined, idFrom: undefined, dataFrom: undefined, map: [] },
    ...change,
  };
}

function made(
  given: EventRules,
  body: string | Uint8Array | object,
  headers: HeaderPairs = [["Content-Type", "application/json"]],
  query = "",
) {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const result = eventOfRequest(given, { method: "POST", path: "/", query, headers, body: bytes });
  if (!("event" in result)) return result;
  const { type, id, data, metadata } = result.event;
  return {
    type,
    id,
    data: Buffer.from(data).toString(),
    metadata: JSON.parse(Buffer.from(metadata).toString()) as Record<string, unknown>,
  };
}

describe("an event of a third party's request", () => {
  it("takes no time that grows with the square of what a stranger sends", () => {
    // By way of URLSearchParams it takes minutes.
    const form: HeaderPairs = [["Content-Type", "application/x-www-form-urlencoded"]];
    expect(made(rules("none"), "a&".repeat(5_000_000), form)).toMatchObject({ type: "src.received" });
  });

  it.each<[scheme: string, headers: HeaderPairs, body: object | string, type: string, id: string | undefined]>([
    ["github", [["X-GitHub-Event", "push"]], {}, "src.push", undefined],
    [
      "github",
      [
        ["X-GitHub-Event", "pull_request"],
        ["X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"],
      ],
      { action: "opened" },
      "src.pull_request.opened",
      "src_72d3162e-cc78-11e3-81ab-4c9367dc0958",
    ],
    ["gitlab-token", [["X-Gitlab-Event", "Push Hook"]], {}, "src.Push_Hook", undefined],
    ["stripe", [], { id: "evt_1", type: "invoice.paid" }, "src.invoice.paid", "src_evt_1"],
    [
      "slack",
      [],
      { type: "event_callback", event_id: "Ev1", event: { type: "app_mention" } },
      "src.app_mention",
      "src_Ev1",
    ],
    [
      "slack",
      [["content-type", "application/x-www-form-urlencoded"]],
      "payload=%7B%22type%22%3A%22block_actions%22%7D",
      "src.block_actions",
      undefined,
    ],
    [
      "shopify",
      [
        ["X-Shopify-Topic", "orders/create"],
        ["X-Shopify-Webhook-Id", "b54557e4"],
      ],
      { id: 5 },
      "src.orders.create",
      "src_b54557e4",
    ],
    ["bitbucket", [["X-Event-Key", "repo:push"]], {}, "src.repo.push", undefined],
    ["standard-webhooks", [["webhook-id", "msg_1"]], { type: "user.created" }, "src.user.created", "src_msg_1"],
    ["svix", [["svix-id", "msg_2"]], { type: "a.b" }, "src.a.b", "src_msg_2"],
    ["meta", [], { object: "page", entry: [{ changes: [{ field: "feed" }] }] }, "src.page.feed", undefined],
    ["linear", [["Linear-Delivery", "d1"]], { type: "Issue", action: "create" }, "src.Issue.create", "src_d1"],
    [
      "twilio",
      [["content-type", "application/x-www-form-urlencoded"]],
      "MessageStatus=sent&To=%2B1",
      "src.message.sent",
      undefined,
    ],
    ["hubspot-v3", [], [{ eventId: 1, subscriptionType: "contact.creation" }], "src.contact.creation", "src_1"],
    ["twitch", [["Twitch-Eventsub-Subscription-Type", "channel.follow"]], {}, "src.channel.follow", undefined],
    ["none", [], { hello: 1 }, "src.received", undefined],
    ["none", [], { event_type: "a b/c" }, "src.a_b.c", undefined],
  ])("%s says what happened and by which id it is known: %j %j", (scheme, headers, body, type, id) => {
    expect(made(rules(scheme), body, headers)).toMatchObject({ type, id });
  });

  it("of several events in one request has their common type, or none of them, and one id for all", () => {
    const items = [
      { eventId: 1, subscriptionType: "contact.creation" },
      { eventId: 2, subscriptionType: "contact.creation" },
    ];
    const same = made(rules("hubspot-v3"), items);
    expect(same).toMatchObject({ type: "src.contact.creation", id: expect.stringMatching(/^src_[\w-]{43}$/) });
    expect(made(rules("hubspot-v3"), items)).toEqual(same);
    const other = [items[0], { eventId: 3, subscriptionType: "deal.creation" }];
    expect(made(rules("hubspot-v3"), other)).toMatchObject({ type: "src.events" });
    expect((made(rules("hubspot-v3"), other) as { id: string }).id).not.toBe((same as { id: string }).id);
  });

  it("is mapped, dropped or called as its sender does, the first that fits", () => {
    const map = rules("stripe", {
      map: [
        ["invoice.paid", "billing.paid"],
        ["invoice.*", "billing.other"],
        ["ping", null],
      ],
    });
    expect(made(map, { type: "invoice.paid" })).toMatchObject({ type: "billing.paid" });
    expect(made(map, { type: "invoice.sent" })).toMatchObject({ type: "billing.other" });
    expect(made(map, { type: "ping" })).toEqual({ dropped: "ping" });
    expect(made(map, { type: "pong" })).toMatchObject({ type: "src.pong" });
    expect(made(rules("stripe", { prefix: "" }), { type: "pong" })).toMatchObject({ type: "pong" });
    expect(made(rules("stripe", { prefix: "" }), { type: "hooks.alert" })).toMatchObject({ type: "in.hooks.alert" });
  });

  it("takes type, id and data from the places that its source names, and says when there is nothing", () => {
    const own = rules("none", { typeFrom: "/kind", idFrom: "x-id", dataFrom: "/payload/object" });
    const body = '{"kind":"user created","payload":{"object": {"n":12345678901234567890, "b":1.0}}}';
    expect(made(own, body, [["X-Id", "7"]])).toEqual({
      type: "src.user_created",
      id: "src_7",
      data: '{"n":12345678901234567890, "b":1.0}',
      metadata: { source: "src", type: "user_created", delivery_id: "7" },
    });
    expect(made(own, { kind: "a" })).toEqual({ malformed: "there is nothing at /payload/object" });
    expect(made(own, { other: "a" })).toEqual({ malformed: "there is no type at /kind" });
    expect(made(rules("none", { typeFrom: "x-kind" }), {})).toEqual({ malformed: "there is no type at x-kind" });
  });

  it("keeps JSON as it came, makes objects of forms and of queries, and base64 of everything else", () => {
    const odd = '{"a":1.0,"big":12345678901234567890,"a":2}';
    expect(made(rules("none"), odd)).toMatchObject({ data: odd });
    const form: HeaderPairs = [["content-type", "application/x-www-form-urlencoded; charset=utf-8"]];
    expect(made(rules("none"), "a=1&b=x+y&a=2&__proto__=z", form)).toMatchObject({
      data: '{"a":["1","2"],"b":"x y","__proto__":"z"}',
    });
    expect(made(rules("none"), "", [], "a=1&b=")).toMatchObject({ data: '{"a":"1","b":""}' });
    const bytes = Uint8Array.of(0xff, 0, 1);
    expect(made(rules("none"), bytes, [["content-type", "image/png"]])).toMatchObject({
      data: '{"content_type":"image/png","body_base64":"/wAB"}',
    });
    expect(made(rules("none"), "no json", [])).toMatchObject({
      data: '{"content_type":null,"body_base64":"bm8ganNvbg=="}',
    });
  });

  it("tells of a body that is larger than an event may be, and still finds type and data in it", () => {
    const large = JSON.stringify({ type: "big.one", part: { a: 1 }, filler: "x".repeat(EVENT_MAX_BYTES) });
    expect(made(rules("stripe"), large)).toMatchObject({
      type: "src.big.one",
      data: `{"content_type":"application/json","body_bytes":${large.length}}`,
    });
    expect(made(rules("stripe", { dataFrom: "/part" }), large)).toMatchObject({ data: '{"a":1}' });
    expect(made(rules("stripe", { dataFrom: "/filler" }), large)).toEqual({
      malformed: "what is at /filler is larger than an event may be",
    });
    const binary = new Uint8Array(EVENT_MAX_BYTES).fill(0xff);
    expect(made(rules("none"), binary, [])).toMatchObject({
      data: `{"content_type":null,"body_bytes":${binary.length}}`,
    });
  });

  it("never has a type, an id or data that no event may have, whatever came", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SCHEME_NAMES, "none"),
        fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string())),
        fc.oneof(fc.json(), fc.string(), fc.uint8Array()),
        fc.string(),
        (scheme, headers, body, query) => {
          const bytes = typeof body === "string" ? Buffer.from(body) : body;
          const all: HeaderPairs = [...headers, ["x-github-event", query], ["webhook-id", query]];
          const result = eventOfRequest(rules(scheme), { method: "POST", path: "/", query, headers: all, body: bytes });
          if (!("event" in result)) return;
          const { type, id, data, metadata } = result.event;
          expect(isEventType(type), type).toBe(true);
          if (id !== undefined) expect(id).toMatch(EVENT_ID_PATTERN);
          JSON.parse(Buffer.from(data).toString());
          JSON.parse(Buffer.from(metadata).toString());
        },
      ),
    );
  });
});

describe("a sender's word as a type", () => {
  it.each([
    ["orders/create", "orders.create"],
    ["Push Hook", "Push_Hook"],
    ["jira:issue_created", "jira.issue_created"],
    [" . ", undefined],
    ["été", "_t_"],
    ["a..b/", "a.b"],
  ])("%j is %j", (text, type) => expect(typeText(text)).toBe(type));

  it("is looked for in the places of schemes that there are", () => {
    expect(Object.keys(PROVIDER_PLACES).filter((name) => !SCHEME_NAMES.includes(name))).toEqual([]);
  });
});
