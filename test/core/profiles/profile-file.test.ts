import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HooksError } from "../../../src/core/errors.ts";
import type { Profile } from "../../../src/core/profiles/profile.ts";
import { parseProfiles } from "../../../src/core/profiles/profile-file.ts";
import { BUILT_IN_PROFILES } from "../../../src/core/profiles/registry.ts";
import { verify } from "../../../src/core/signing/verify.ts";
import { DATA, messageFor, pairs, received, SENT_AT } from "./support/profile-message.ts";

const ACME = {
  name: "acme",
  title: "Acme Webhooks",
  content_type: "application/json; charset=utf-8",
  user_agent: "Acme-Hooks/2",
  headers: { "X-Acme-Event": "{type}", "X-Acme-Delivery": "{delivery.uuid}", "X-Acme-User": "user={metadata.user_id}" },
  envelope: {
    kind: "event",
    v: 2,
    name: "{type}",
    at: "{time:unix}",
    text: "{tenant}/{environment} at {time:seconds} {{x}}",
    "user?": "{metadata.user_id}",
    missing: "{metadata.nothing}",
    "gone?": "{metadata.nothing}",
    list: ["{id}", null, true, { n: 1.5 }],
    payload: "{data}",
    amount: "{data.n}",
    meta: "{metadata}",
  },
  scheme: {
    signature: { headers: ["x-acme-signature"], format: "list", separator: ",", pair: "=", field: "v1" },
    timestamp: { field: "t", unit: "s", past: 300 },
    content: "{timestamp}.{body}",
    algorithm: "hmac-sha512",
    encoding: "base64",
  },
  header_case: ["X-Acme-Signature"],
  secret: { prefix: "acme_", encoding: "base64url", bytes: 24 },
  test: { type: "acme.ping", data: { hello: "{time}" } },
  retry: { strategy: "linear", first_delay: "10s", longest_delay: "1m", max_attempts: 4, jitter: 0 },
  retry_on: ["5xx", "429"],
  timeout: "20s",
  on_410: "fail",
  breaker: false,
  auto_disable: { failures: 7, min_span: "0s" },
};

const parse = (value: unknown): Profile[] => parseProfiles(JSON.stringify(value), "acme.json");
const one = (change: Record<string, unknown> = {}): Profile => parse({ ...ACME, ...change })[0]!;

describe("a profile of one's own", () => {
  it("sends what its file says, byte for byte", () => {
    const profile = one();
    const { headers, body } = profile.build(messageFor(profile));

    expect(Buffer.from(body).toString()).toBe(
      '{"kind":"event","v":2,"name":"invoice.paid","at":1759999999,' +
        '"text":"tenant-xyz/production at 2025-10-09T08:53:19Z {x}","user":"user_9","missing":null,' +
        '"list":["evt_01k73r8qgyfv7b2r3m4n5p6q7r",null,true,{"n":1.5}],' +
        `"payload":${DATA},"amount":12345678901234567890,"meta":{"user_id":"user_9","subject":"invoices/7 é"}}`,
    );
    expect(pairs(headers).slice(0, 5)).toEqual([
      ["content-type", "application/json; charset=utf-8"],
      ["user-agent", "Acme-Hooks/2"],
      ["X-Acme-Event", "invoice.paid"],
      ["X-Acme-Delivery", "0199c784-5e20-4ed0-b160-74254b635cf9"],
      ["X-Acme-User", "user=user_9"],
    ]);
    expect(headers).toContain("X-Acme-Signature");
  });

  it("leaves out a header whose field has no value, and lets no line end in one", () => {
    const profile = one();
    const built = (metadata: string) =>
      received(profile.build(messageFor(profile, { event: { metadata: Buffer.from(metadata) } })).headers);
    expect(built("{}")).not.toHaveProperty("x-acme-user");
    expect(built('{"user_id":"a\\r\\nx-evil: 1 é"}')["x-acme-user"]).toBe("user=a%0D%0Ax-evil: 1 %C3%A9");
  });

  it("signs by its own scheme, with several secrets where that takes them", () => {
    const profile = one();
    const secrets = [["acme_new"], ["acme_old", SENT_AT + 1]] as const;
    const { headers, body } = profile.build(messageFor(profile, { secrets }));
    const { signature, ...rest } = { signature: received(headers)["x-acme-signature"]!, body };
    expect(signature).toMatch(/^t=1760000000,v1=[\w+/=]{88},v1=[\w+/=]{88}$/);
    // The same bytes, checked by another record of the same form: Stripe's, in its own encoding.
    const stripe = one({ scheme: "stripe" });
    const sent = stripe.build(messageFor(stripe, { secrets }));
    for (const secret of ["acme_new", "acme_old"]) {
      const request = { headers: pairs(sent.headers), body: sent.body };
      expect(verify("stripe", request, secret, { now: 1_760_000_000 })).toMatchObject({ valid: true });
    }
    expect(rest.body).toEqual(sent.body);
  });

  it("has its own defaults, secrets and test event", () => {
    const profile = one();
    expect(profile).toMatchObject({
      title: "Acme Webhooks",
      retry: { strategy: "linear", firstDelayMs: 10_000, longestDelayMs: 60_000, maxAttempts: 4, jitter: 0 },
      retryOn: ["5xx", "429"],
      timeoutMs: 20_000,
      on410: "fail",
      hasBreaker: false,
      autoDisable: { failures: 7, minSpanMs: 0 },
    });
    expect(profile.formatSecret(new Uint8Array(32))).toBe(`acme_${"A".repeat(32)}`);
    expect(profile.test.type).toBe("acme.ping");
    expect(Buffer.from(profile.test.data(0)).toString()).toBe('{"hello":"1970-01-01T00:00:00.000Z"}');
  });

  it("may be one of ours with a difference", () => {
    const [own] = parse({ name: "aegisx-eu", extends: "aegisx", headers: { "X-Region": "eu" }, timeout: "5s" });
    const theirs = BUILT_IN_PROFILES.named("aegisx", "x");
    const sent = own!.build(messageFor(own!, { secrets: [["s"]] }));
    expect(sent.body).toEqual(theirs.build(messageFor(theirs, { secrets: [["s"]] })).body);
    expect(received(sent.headers)).toMatchObject({ "x-region": "eu", "user-agent": "AegisX-Webhooks/1.0" });
    expect(own).toMatchObject({ timeoutMs: 5_000, on410: "retry", hasBreaker: false });
  });

  it("with Standard Webhooks' scheme takes that one's secrets", () => {
    const profile = one({ scheme: "standard-webhooks", header_case: undefined });
    expect(profile.formatSecret(new Uint8Array(32))).toMatch(/^whsec_/);
    expect(() => profile.decodeSecret("acme_x")).toThrow(/whsec_/);
  });

  it("comes in a list or an object, too", () => {
    const names = (value: unknown): string[] => parse(value).map(({ name }) => name);
    expect(names([ACME, { ...ACME, name: "b" }])).toEqual(["acme", "b"]);
    expect(names({ $schema: "x", profiles: [ACME] })).toEqual(["acme"]);
    expect(BUILT_IN_PROFILES.with(parse(ACME)).find("acme")?.title).toBe("Acme Webhooks");
    expect(BUILT_IN_PROFILES.find("acme")).toBeUndefined();
  });
});

describe("a file that is wrong", () => {
  const scheme = ACME.scheme;
  it.each([
    ["{", /not JSON/],
    ["[]", /a list with a profile in it/],
    ['"x"', /must be an object/],
    [{ ...ACME, name: undefined }, /: name is missing/],
    [{ ...ACME, name: "Acme!" }, /: name must be lower-case/],
    [{ ...ACME, name: "aegisx" }, /: name "aegisx" is a profile of hooks itself/],
    [{ ...ACME, enveloppe: {} }, /: enveloppe is unknown; did you mean "envelope"\?/],
    [{ ...ACME, envelope: undefined }, /: envelope is missing/],
    [
      { ...ACME, envelope: { a: { b: "{tpye}" } } },
      /envelope\.a\.b names nothing: "\{tpye\}"; did you mean "\{type\}"\?/,
    ],
    [{ ...ACME, envelope: { a: "{time:minutes}" } }, /envelope\.a names nothing/],
    [{ ...ACME, envelope: { a: "{constructor}" } }, /envelope\.a names nothing/],
    [{ ...ACME, envelope: { a: "{" } }, /envelope\.a has a brace alone/],
    [{ ...ACME, envelope: { a: 1, "a?": 2 } }, /envelope\.a is there twice/],
    [{ ...ACME, headers: { "X-A": 5 } }, /headers\.X-A must be text/],
    [{ ...ACME, headers: { "X-A": "{tpye}" } }, /headers\.X-A names nothing/],
    [{ ...ACME, headers: { host: "x" } }, /headers\.host may not be set/],
    [{ ...ACME, headers: { "Content-Type": "x" } }, /headers\.Content-Type may not be set/],
    [{ ...ACME, headers: { "X-ACME-Signature": "x" } }, /headers\.X-ACME-Signature may not be set/],
    [{ ...ACME, headers: { "a b": "x" } }, /headers has a name that HTTP does not allow/],
    [{ ...ACME, headers: { "X-A": "1", "x-a": "2" } }, /headers\.x-a is given twice/],
    [{ ...ACME, content_type: "a\nb" }, /content_type must be 1 to 255 visible/],
    [
      { ...ACME, scheme: "strype" },
      /scheme must be the name of a scheme or a record, got "strype"; did you mean "stripe"\?/,
    ],
    [{ ...ACME, scheme: undefined }, /: scheme is missing/],
    [{ ...ACME, scheme: "twilio" }, /scheme may not be twilio, which is no record but code/],
    [{ ...ACME, scheme: "mailgun" }, /scheme may not be mailgun, which reads or writes the body/],
    [{ ...ACME, scheme: { ...scheme, algorithm: "hmac-md5" } }, /scheme\.algorithm must be one of/],
    [{ ...ACME, scheme: { ...scheme, content: "{boby}" } }, /scheme\.content/],
    [{ ...ACME, secret: { bytes: 3 } }, /secret\.bytes must be a whole number from 16 to 32/],
    [{ ...ACME, secret: { encoding: "base23" } }, /secret\.encoding must be one of/],
    [{ ...ACME, scheme: "hubspot-v1", secret: { prefix: "x y" } }, /secret\.prefix must be/],
    [
      { ...ACME, scheme: "adyen-banking", secret: { encoding: "base64" } },
      /secret does not fit the scheme adyen-banking/,
    ],
    [{ ...ACME, test: { type: "a b" } }, /test\.type must be/],
    [{ ...ACME, test: { type: "a", data: "{nope}" } }, /test\.data names nothing/],
    [{ ...ACME, retry: "often" }, /retry must be a preset/],
    [{ ...ACME, retry: { delays: ["soon"] } }, /retry\.delays\[0\] must be a duration/],
    [{ ...ACME, retry_on: ["6xx"] }, /retry_on must be/],
    [{ ...ACME, timeout: "1h" }, /timeout must be from 1s to 5m/],
    [{ ...ACME, on_410: "cry" }, /on_410 must be one of/],
    [{ ...ACME, breaker: "no" }, /breaker must be true or false/],
    [{ ...ACME, auto_disable: { failures: -1 } }, /auto_disable\.failures/],
    [{ ...ACME, extends: "aegis" }, /extends must be one of .*did you mean "aegisx"\?/],
    [[ACME, ACME], /has two profiles "acme"/],
    [[ACME, { ...ACME, name: "b", envelope: { a: "{x}" } }], /: \[1\]\.envelope\.a names nothing/],
  ])("%j is refused", (value, message) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    expect(() => parseProfiles(text, "--profiles: acme.json")).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringMatching(message) }),
    );
  });

  it("is refused or gives a profile that builds requests, whatever is in it", () => {
    const keys = Object.keys(ACME) as (keyof typeof ACME)[];
    const fields = fc.constantFrom("{id}", "{data}", "{metadata.user_id}", "{time:unix}", "{", "}}", "x", "{nope}");
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fields, fc.dictionary(fc.string(), fields));
    fc.assert(
      fc.property(fc.constantFrom(...keys), value, (key, given) => {
        let profiles: Profile[];
        try {
          profiles = parse({ ...ACME, [key]: given });
        } catch (error) {
          expect(error).toBeInstanceOf(HooksError);
          return;
        }
        const [profile] = profiles;
        const secret = profile!.formatSecret(new Uint8Array(32).fill(1));
        const { headers, body } = profile!.build(messageFor(profile!, { secrets: [[secret]] }));
        JSON.parse(Buffer.from(body).toString());
        for (const [, text] of pairs(headers)) expect(text).toMatch(/^[\x20-\x7e]*$/);
      }),
      { numRuns: 2_000 },
    );
  });
});
