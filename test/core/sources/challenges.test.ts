import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findScheme } from "../../../src/core/signing/registry.ts";
import { sign } from "../../../src/core/signing/sign.ts";
import { verify } from "../../../src/core/signing/verify.ts";
import { answerChallenge, handshakeOf } from "../../../src/core/sources/answer-challenge.ts";
import { type Challenge, HANDSHAKES, type HandshakeName } from "../../../src/core/sources/challenge.ts";
import { checkTopics, refusalOfTopic } from "../../../src/core/sources/topic-rule.ts";
import { keysOf, otherKeyOf } from "../signing/support/scheme-samples.ts";

const NOW = 1_760_000_000;
const URL_IN = "https://hooks.example.com/in/x";
const SECRET = "a secret";

type Made = Partial<Omit<Challenge, "request">> & { [Part in "method" | "query" | "body"]?: string } & {
  headers?: Record<string, string>;
};

function challenge({ method = "POST", query = "", body = "", headers = {}, ...rest }: Made): Challenge {
  const request = { method, url: query === "" ? URL_IN : `${URL_IN}?${query}`, headers, body: Buffer.from(body) };
  return { request, secrets: [SECRET], now: NOW, ...rest };
}

/** Signed as the scheme's provider does. */
function signed(scheme: string, body: string, headers: Record<string, string> = {}): Challenge {
  const keys = keysOf(findScheme(scheme)!.scheme);
  const made = sign(scheme, { body, method: "POST", url: URL_IN }, keys.signing, { id: "msg_1", timestamp: NOW });
  return challenge({ body: made.body ?? body, headers: { ...headers, ...made.headers }, secrets: [keys.verifying] });
}

const TOPIC = "arn:aws:sns:us-east-1:123456789012:orders";
const confirmation = (more: object = {}) =>
  JSON.stringify({
    Type: "SubscriptionConfirmation",
    MessageId: "1",
    Token: "2336",
    TopicArn: TOPIC,
    Message: "You have chosen to subscribe",
    SubscribeURL: `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=2336`,
    Timestamp: "2025-10-09T08:53:20.000Z",
    ...more,
  });

/** A right challenge of each. */
const RIGHT: Record<HandshakeName, Challenge> = {
  slack: signed("slack", '{"type":"url_verification","challenge":"abc"}'),
  zoom: signed("zoom", '{"event":"endpoint.url_validation","payload":{"plainToken":"abc"}}'),
  twitch: signed("twitch", '{"challenge":"abc"}', {
    "Twitch-Eventsub-Message-Type": "webhook_callback_verification",
  }),
  discord: signed("discord", '{"id":"1","type":1}'),
  xero: signed("xero", '{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"abc"}'),
  sns: { ...signed("sns", confirmation()), topics: [TOPIC] },
  okta: challenge({ method: "GET", headers: { "X-Okta-Verification-Challenge": "abc" } }),
  asana: challenge({ headers: { "X-Hook-Secret": "b537207f20cbfa02357cf448134da559" }, secrets: [] }),
  notion: challenge({
    body: '{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}',
    secrets: [],
  }),
  meta: challenge({
    method: "GET",
    query: "hub.mode=subscribe&hub.challenge=11&hub.verify_token=t",
    verifyToken: "t",
  }),
  websub: challenge({
    method: "GET",
    query: "hub.mode=subscribe&hub.challenge=11&hub.topic=https://a/",
    topics: ["https://a/"],
  }),
  dropbox: challenge({ method: "GET", query: "challenge=abc" }),
  adobe: challenge({ method: "GET", query: "challenge=8ec8d794-e0ab-42df-9017-e3dada8e84f7" }),
  x: challenge({ method: "GET", query: "crc_token=abc" }),
  ebay: challenge({ method: "GET", query: "challenge_code=abc", verifyToken: "t" }),
  "microsoft-graph": challenge({ query: "validationToken=abc" }),
  "event-grid": challenge({
    body: '[{"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"512d38b6-c7b8"}}]',
  }),
  cloudevents: challenge({ method: "OPTIONS", headers: { "webhook-request-origin": "a.example" }, origins: ["*"] }),
};

describe("which handshake", () => {
  it("a source has that of its scheme, by its aliases too", () => {
    expect(handshakeOf("slack")).toBe("slack");
    expect(handshakeOf("whatsapp")).toBe("meta");
    expect(handshakeOf("twitter")).toBe("x");
    expect(handshakeOf("aws-sns")).toBe("sns");
    expect(handshakeOf("stripe")).toBeUndefined();
    expect(handshakeOf("nothing")).toBeUndefined();
  });

  it.each(HANDSHAKES)("%s answers its own challenge and no other's", (name) => {
    const same: Partial<Record<HandshakeName, HandshakeName>> = { adobe: "dropbox", dropbox: "adobe" };
    for (const other of HANDSHAKES) {
      const answer = answerChallenge(name, RIGHT[other]);
      if (other === name || same[name] === other) expect(answer).toMatchObject({ handshake: name });
      // Meta and WebSub use the same names; neither is answered with what the other lacks.
      else if (answer !== undefined) expect([name, other, answer.status]).toEqual([name, other, 403]);
    }
    expect(answerChallenge(name, RIGHT[name])?.refused).toBeUndefined();
  });

  it.each(HANDSHAKES)("%s: an ordinary request is none", (name) => {
    for (const method of ["POST", "GET", "PUT", "OPTIONS", "HEAD"]) {
      for (const body of ["", "{}", "[]", "null", '{"payload":null}', "[null]", "\xff", '{"type":"other"}']) {
        expect(answerChallenge(name, challenge({ method, body, verifyToken: "t", origins: ["*"] }))).toBeUndefined();
      }
    }
  });
});

describe("what is written back to strangers", () => {
  const hostile = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom(
      "<script>alert(1)</script>",
      "a\r\nset-cookie: a=b",
      '"}',
      "a".repeat(5000),
      "\u202eabc",
      "%3Cb%3E",
    ),
    fc.stringMatching(/^[\w.~+/=:@-]{1,600}$/),
  );
  const asked: [HandshakeName, (text: string) => Challenge][] = [
    [
      "meta",
      (text) =>
        challenge({
          method: "GET",
          verifyToken: "t",
          query: params({ "hub.mode": "subscribe", "hub.verify_token": "t", "hub.challenge": text }),
        }),
    ],
    [
      "websub",
      (text) =>
        challenge({
          method: "GET",
          topics: ["t"],
          query: params({ "hub.mode": "subscribe", "hub.topic": "t", "hub.challenge": text }),
        }),
    ],
    ["dropbox", (text) => challenge({ method: "GET", query: params({ challenge: text }) })],
    ["x", (text) => challenge({ method: "GET", query: params({ crc_token: text }) })],
    ["ebay", (text) => challenge({ method: "GET", verifyToken: "t", query: params({ challenge_code: text }) })],
    ["microsoft-graph", (text) => challenge({ query: params({ validationToken: text }) })],
    [
      "event-grid",
      (text) =>
        challenge({
          body: JSON.stringify([
            { eventType: "Microsoft.EventGrid.SubscriptionValidationEvent", data: { validationCode: text } },
          ]),
        }),
    ],
    ["slack", (text) => signed("slack", JSON.stringify({ type: "url_verification", challenge: text }))],
    [
      "zoom",
      (text) => signed("zoom", JSON.stringify({ event: "endpoint.url_validation", payload: { plainToken: text } })),
    ],
    ["okta", (text) => challenge({ method: "GET", headers: { "x-okta-verification-challenge": text } })],
    ["asana", (text) => challenge({ headers: { "x-hook-secret": text }, secrets: [] })],
    [
      "cloudevents",
      (text) => challenge({ method: "OPTIONS", headers: { "webhook-request-origin": text }, origins: ["*"] }),
    ],
  ];

  it.each(asked)("%s: no page, no markup, no second line, never long", (name, make) => {
    fc.assert(
      fc.property(hostile, (text) => {
        const answer = answerChallenge(name, make(text));
        if (answer === undefined) return;
        const headers = Object.fromEntries(answer.headers);
        if (answer.body !== "")
          expect(headers["content-type"]).toMatch(/^(text\/plain; charset=utf-8|application\/json)$/);
        expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
        expect(answer.body).not.toMatch(/[<>]|[^\n\x20-\x7e]/);
        expect(answer.body.length).toBeLessThanOrEqual(1_100);
        for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]{1,600}$/);
      }),
      { numRuns: 300 },
    );
  });

  it("a name that stands twice in the query counts as none", () => {
    expect(answerChallenge("dropbox", challenge({ method: "GET", query: "challenge=a&challenge=b" }))).toBeUndefined();
    expect(answerChallenge("x", challenge({ method: "GET", query: "crc_token=a&crc_token=b" }))).toBeUndefined();
  });
});

describe("secrets sign nothing that a stranger chose", () => {
  it("x: what is answered is no signature of an event, nor of a query", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.stringMatching(/^[\w-]{1,20}$/)), (text) => {
        const answer = answerChallenge("x", challenge({ method: "GET", query: params({ crc_token: text }) }));
        if (answer === undefined || answer.refused !== undefined) return;
        const { response_token } = JSON.parse(answer.body) as { response_token: string };
        expect(response_token).toBe(`sha256=${createHmac("sha256", SECRET).update(text).digest("base64")}`);
        // It would be one, were such a text an event: it is neither an object nor a list.
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
    );
    expect(answerChallenge("x", challenge({ method: "GET", query: params({ crc_token: '{"a":1}' }) }))).toMatchObject({
      status: 403,
      refused: "crc_token is no token",
    });
  });

  it("x: a query that says it is signed has to be", () => {
    const query = "crc_token=abc&nonce=xyz";
    const { headers } = sign("x", { body: query }, SECRET, { id: "msg_1", timestamp: NOW });
    const answer = (name: string, secrets = [SECRET]) =>
      answerChallenge(
        "x",
        challenge({ method: "GET", query, headers: { [name]: headers["x-twitter-webhooks-signature"]! }, secrets }),
      );

    expect(answer("X-Twitter-Webhooks-Signature")?.status).toBe(200);
    expect(answer("X-Twitter-Webhooks-Signature", ["another"])?.refused).toBe("the signature of the query is wrong");
  });

  it("zoom: a token that could be the content of a signature is not answered", () => {
    const body = (plainToken: string) => JSON.stringify({ event: "endpoint.url_validation", payload: { plainToken } });

    expect(answerChallenge("zoom", signed("zoom", body("v0:1760000000:abc")))).toBeUndefined();
    expect(answerChallenge("zoom", signed("zoom", body("qgg8vlvZRS6UYooatFL8Aw")))?.status).toBe(200);
  });

  it.each(["slack", "zoom", "twitch", "discord", "xero"] as const)("%s: only what is signed, and in time", (name) => {
    const { request, secrets } = RIGHT[name];
    const other = keysOf(findScheme(name)!.scheme).verifying.replace(/^..../, "aaaa");

    expect(answerChallenge(name, { ...RIGHT[name], secrets: [] })).toBeUndefined();
    expect(answerChallenge(name, { ...RIGHT[name], secrets: [other] })).toBeUndefined();
    expect(answerChallenge(name, { ...RIGHT[name], secrets: [other, ...secrets] })?.status).toBeLessThan(300);
    const body = `${String(request.body)} `;
    expect(answerChallenge(name, { ...RIGHT[name], request: { ...request, body } })).toBeUndefined();
    const isTimed = verify(name, request, secrets, { now: NOW + 3_600 }).valid === false;
    if (isTimed) expect(answerChallenge(name, { ...RIGHT[name], now: NOW + 3_600 })).toBeUndefined();
    expect(isTimed).toBe(["slack", "zoom", "twitch"].includes(name));
  });
});

describe("secrets that a provider hands over", () => {
  const OFFERED = "b537207f20cbfa02357cf448134da559";
  const asana = (secrets: string[], offered = OFFERED) =>
    answerChallenge("asana", challenge({ headers: { "X-Hook-Secret": offered }, secrets }));

  it("are taken by a source that has none, and by no other", () => {
    expect(asana([])).toMatchObject({ status: 200, offeredSecret: OFFERED });
    expect(asana([])?.headers).toContainEqual(["x-hook-secret", OFFERED]);
    expect(asana(["another secret of it"])).toMatchObject({ status: 403, refused: "the source has a secret already" });
    expect(asana(["another secret of it"])).not.toHaveProperty("offeredSecret");
    // Its answer was lost, and it comes again.
    expect(asana([OFFERED])).toMatchObject({ status: 200 });
    expect(asana([OFFERED])).not.toHaveProperty("offeredSecret");
  });

  it("are long enough", () => {
    expect(asana([], "x")).toMatchObject({ status: 403 });
    expect(asana([], "")).toMatchObject({ status: 403 });
  });

  it("notion's stands alone in its body", () => {
    const body = (more: object) =>
      challenge({ body: JSON.stringify({ verification_token: OFFERED, ...more }), secrets: [] });
    expect(answerChallenge("notion", body({}))).toMatchObject({ status: 200, offeredSecret: OFFERED });
    expect(answerChallenge("notion", body({ type: "page.created" }))).toBeUndefined();
  });
});

describe("meta and ebay: the agreed token", () => {
  const ask = (name: "meta" | "ebay", verifyToken: string | undefined, given: string) => {
    const query = { "hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": given, challenge_code: "1" };
    return answerChallenge(name, challenge({ method: "GET", query: params(query), verifyToken }));
  };

  it.each([undefined, ""])("none (%j) matches nothing, not even an empty one", (token) => {
    for (const given of ["", "undefined", "null"]) expect(ask("meta", token, given)?.status).toBe(403);
    expect(ask("ebay", token, "")?.status).toBe(403);
  });

  it("is compared whole", () => {
    expect(ask("meta", "token", "token")?.status).toBe(200);
    for (const given of ["toke", "tokens", "TOKEN", " token", ""])
      expect(ask("meta", "token", given)?.status).toBe(403);
  });

  it("is not the secret", () => {
    expect(ask("meta", undefined, SECRET)?.status).toBe(403);
  });
});

describe("cloudevents", () => {
  const ask = (headers: Record<string, string>, origins = ["a.example"], rate?: number) =>
    answerChallenge("cloudevents", challenge({ method: "OPTIONS", headers, origins, rate }));
  const allowed = (...args: Parameters<typeof ask>) => {
    const headers = Object.fromEntries(ask(...args)?.headers ?? []);
    return [headers["webhook-allowed-origin"], headers["webhook-allowed-rate"]];
  };

  it.each([
    [undefined, undefined, "*"],
    ["120", undefined, "120"],
    ["120", 100, "100"],
    ["50", 100, "50"],
    [undefined, 100, "100"],
  ])("asked for %s with a limit of %s, it allows %s", (asked, limit, expected) => {
    const headers = { "WebHook-Request-Origin": "A.example", ...(asked && { "WebHook-Request-Rate": asked }) };
    expect(allowed(headers, ["a.example"], limit)).toEqual(["A.example", expected]);
  });

  it.each([
    [{ "webhook-request-origin": "b.example" }],
    [{ "webhook-request-origin": "a.example.evil" }],
    [{ "webhook-request-origin": "a.example, b.example" }],
    [{ "webhook-request-origin": "*" }],
    [{ "webhook-request-origin": "" }],
    [{ "webhook-request-origin": "a.example", "webhook-request-rate": "0" }],
    [{ "webhook-request-origin": "a.example", "webhook-request-rate": "many" }],
  ])("%j is not allowed", (headers) => {
    expect(allowed(headers)).toEqual([undefined, undefined]);
    expect(ask(headers)?.refused).toBeDefined();
  });

  it("a source that names no origin allows none", () => {
    expect(allowed({ "webhook-request-origin": "a.example" }, [])).toEqual([undefined, undefined]);
  });

  it("the callback of who is refused is kept for the owner, and nobody else's", () => {
    const callback = "https://b.example/confirm?id=12345&key=abc";
    const headers = { "webhook-request-origin": "b.example", "webhook-request-callback": callback };
    expect(ask(headers)).toMatchObject({ callbackUrl: callback });
    expect(ask(headers, ["b.example"])).not.toHaveProperty("callbackUrl");
    expect(ask({ ...headers, "webhook-request-callback": "http://b.example/" })).not.toHaveProperty("callbackUrl");
    expect(ask({ ...headers, "webhook-request-callback": "https://b\u001b[2J/" })).not.toHaveProperty("callbackUrl");
  });
});

describe("a message of a provider that signs for all of its customers with one key", () => {
  const refusal = (scheme: string, topics: string[], body: string) =>
    refusalOfTopic({ name: "queue", scheme, topics }, Buffer.from(body));

  it("comes of a topic that the source names only, whatever its kind", () => {
    for (const Type of ["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]) {
      const of = (TopicArn: unknown) => JSON.stringify({ Type, TopicArn });
      expect(refusal("sns", ["arn:aws:sns:us-east-1:1:a", TOPIC], of(TOPIC))).toBeUndefined();
      for (const foreign of [`${TOPIC}2`, TOPIC.toUpperCase(), ` ${TOPIC}`, ""]) {
        expect(refusal("sns", [TOPIC], of(foreign))).toMatch(/^TopicArn ".*" is none of the source's topics$/);
      }
      expect(refusal("sns", [TOPIC], of([TOPIC]))).toBe("no TopicArn is none of the source's topics");
      // What a stranger wrote stands in no command that an operator might paste.
      expect(refusal("sns", [], of(TOPIC))).toMatch(/hooks source update queue --topic ARN$/);
    }
    for (const body of ["", "[]", "null", `"${TOPIC}"`, `{"__proto__":{"TopicArn":"${TOPIC}"}}`]) {
      expect(refusal("sns", [TOPIC], body)).toBeDefined();
    }
  });

  it("is not asked of those whose key is the customer's own", () => {
    for (const scheme of ["github", "stripe", "none"]) expect(refusal(scheme, [], "{}")).toBeUndefined();
    expect(() => checkTopics("github", [])).not.toThrow();
    expect(() => checkTopics("sns", [TOPIC])).not.toThrow();
    expect(() => checkTopics("sns", [])).toThrow(expect.objectContaining({ code: "invalid_request", field: "topics" }));
  });
});

describe("sns: the URL that confirms", () => {
  it("is fetched for what SNS signed only", () => {
    const other = otherKeyOf(findScheme("sns")!.scheme);
    expect(answerChallenge("sns", RIGHT.sns)?.confirmUrl).toBeDefined();
    expect(answerChallenge("sns", { ...RIGHT.sns, secrets: [other] })).toBeUndefined();
    expect(answerChallenge("sns", { ...RIGHT.sns, secrets: [] })).toBeUndefined();
  });

  const ask = (more: object, topics: string[] | undefined = [TOPIC]) =>
    answerChallenge("sns", { ...signed("sns", confirmation(more)), topics });
  const at = (host: string, query = `Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=1`) => ({
    SubscribeURL: `https://${host}/?${query}`,
  });

  it("is that of the topic that the source names, at a host of SNS", () => {
    expect(ask({})?.confirmUrl).toMatch(/^https:\/\/sns\.us-east-1\.amazonaws\.com\//);
    expect(ask({}, [])).toBeUndefined();
    expect(ask({}, ["arn:aws:sns:us-east-1:123456789012:others"])).toBeUndefined();
    for (const host of [
      "evil.example",
      "sns.us-east-1.amazonaws.com.evil.example",
      "sns.us-east-1.amazonaws.com@evil.example",
      "sns.s3-us-west-2.amazonaws.com",
      "sns.us-east-1.amazonaws.com:8080",
      "169.254.169.254",
    ]) {
      expect(ask(at(host))).toBeUndefined();
    }
    expect(ask(at("sns.us-east-1.amazonaws.com", "Action=DeleteTopic&TopicArn=x"))).toBeUndefined();
    expect(ask(at("sns.us-east-1.amazonaws.com", "Action=ConfirmSubscription&TopicArn=arn:other"))).toBeUndefined();
  });
});

it("okta: what it says of itself has to be right, where it says anything", () => {
  const ask = (headers: Record<string, string>) =>
    answerChallenge(
      "okta",
      challenge({ method: "GET", headers: { "x-okta-verification-challenge": "abc", ...headers } }),
    );

  expect(ask({})?.body).toBe('{"verification":"abc"}');
  expect(ask({ authorization: SECRET })?.body).toBe('{"verification":"abc"}');
  expect(ask({ authorization: "another" })).toBeUndefined();
});

function params(values: Record<string, string>): string {
  return new URLSearchParams(values).toString();
}
