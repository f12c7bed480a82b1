import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatId, parseId } from "../../../src/core/ids.ts";
import type { Profile } from "../../../src/core/profiles/profile.ts";
import { PROFILE_NAMES } from "../../../src/core/profiles/profile-names.ts";
import { findProfile } from "../../../src/core/profiles/registry.ts";
import { verify } from "../../../src/core/signing/verify.ts";
import { idsOfUuid, uuidOf, uuidOfMade } from "../../../src/core/uuid.ts";
import { newId } from "../../../src/service/new-id.ts";
import { DATA, DELIVERY_ID, messageFor, pairs, received, SECRETS, SENT_AT } from "./support/profile-message.ts";

const HOUR = 3_600_000;
const NOW = Math.floor(SENT_AT / 1_000);
/** Of what carries one signature: the header, and the field that it comes in. */
const ONE_SIGNATURE = [
  ["foresight", "x-foresight-signature"],
  ["aegisx", "x-webhook-signature-256"],
  ["arsmedica", "x-signature"],
  ["dotmac", "x-webhook-signature"],
  ["securebase", "x-securebase-signature"],
] as const;

const profileOf = (name: string): Profile => findProfile(name)!;
const bodyOf = (profile: Profile, change = {}): string =>
  Buffer.from(profile.build(messageFor(profile, change)).body).toString();

describe("the publisher's data", () => {
  it.each(PROFILE_NAMES)("keeps its bytes in profile %s, alone and in a batch", (name) => {
    const profile = profileOf(name);
    const arbitrary = fc.oneof(
      fc.json(),
      fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(DATA, "1", '"\\ud83d"', `"${"x".repeat(70_000)}"`, "[]", " {} "),
    );
    fc.assert(
      fc.property(arbitrary, (given) => {
        const data = Buffer.from(given as string);
        const message = messageFor(profile, { event: { data } });
        const { deliveryId, madeAt, event, ...context } = message;
        const own = { event, deliveryId, madeAt };
        const one = Buffer.from(profile.build(message).body);
        const batch = Buffer.from(profile.buildBatch({ id: "bat_1", deliveries: [own, own], ...context }).body);
        expect(one.includes(data)).toBe(true);
        const first = batch.indexOf(data);
        expect(batch.indexOf(data, first + data.length)).toBeGreaterThan(first);
      }),
      { numRuns: 60 },
    );
  });

  it.each(PROFILE_NAMES)("makes JSON of profile %s's envelope whatever names and metadata hold", (name) => {
    const profile = profileOf(name);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.json(), (text, json) => {
        const metadata = Buffer.from(
          `{"user_id":${json},"subject":${JSON.stringify(text)},"source":${JSON.stringify(text)}}`,
        );
        const { headers, body } = profile.build(
          messageFor(profile, { event: { metadata }, subscription: { name: text } }),
        );
        JSON.parse(Buffer.from(body).toString());
        for (const [, value] of pairs(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});

describe("of what an event has not", () => {
  it("foresight leaves out user_id, dotmac sends empty metadata, CloudEvents has no subject", () => {
    const event = { metadata: undefined };
    expect(bodyOf(profileOf("foresight"), { event })).not.toContain("user_id");
    expect(bodyOf(profileOf("foresight"), { event: { metadata: Buffer.from('{"user_id":null}') } })).not.toContain(
      "user_id",
    );
    expect(bodyOf(profileOf("dotmac"), { event })).toMatch(/,"metadata":\{\}\}$/);
    expect(bodyOf(profileOf("cloudevents"), { event })).not.toContain("subject");
    const binary = profileOf("cloudevents-binary").build(messageFor(profileOf("cloudevents-binary"), { event }));
    expect(binary.headers).not.toContain("ce-subject");
  });

  it("foresight's user_id is what the metadata has, as it is written there", () => {
    const metadata = Buffer.from('{ "user_id": 12345678901234567890 }');
    expect(bodyOf(profileOf("foresight"), { event: { metadata } })).toContain('"user_id":12345678901234567890}');
  });

  it("CloudEvents takes the source that the publisher names, where it is a URI reference", () => {
    const source = (metadata: string): string =>
      JSON.parse(bodyOf(profileOf("cloudevents"), { event: { metadata: Buffer.from(metadata) } })).source;
    expect(source('{"source":"https://shop.example/orders?x=%20"}')).toBe("https://shop.example/orders?x=%20");
    for (const odd of ['{"source":"two words"}', '{"source":7}', '{"source":""}', "{}", '{"source":"a\\nb"}']) {
      expect(source(odd), odd).toBe("urn:hooks:tenant-xyz:production");
    }
  });
});

describe("ids as UUIDs", () => {
  it("are of RFC 4122, come back to the id, and are told from those that a publisher gave", () => {
    for (let n = 0; n < 200; n++) {
      const id = newId("dlv");
      const uuid = uuidOf("dlv", id)!;
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(idsOfUuid("dlv", uuid)[0]).toBe(id);
      expect(idsOfUuid("dlv", uuid.toUpperCase())).toContain(id);
    }
    expect(uuidOfMade("evt", newId("evt"))).toBeDefined();
    for (const given of ["order-1", "evt_1", formatId("evt", new Uint8Array(16).fill(255))]) {
      expect(uuidOfMade("evt", given), given).toBeUndefined();
    }
    for (const none of ["", "dlv_1", "0199c784", "0199c784-5e20-4ed0-b160-74254b635cfg"]) {
      expect(idsOfUuid("dlv", none), none).toEqual([]);
    }
  });

  it("come back also for ids that are hashes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const id = formatId("dlv", bytes);
        const ids = idsOfUuid("dlv", uuidOf("dlv", id)!);
        expect(ids).toContain(id);
        expect(new Set(ids).size).toBe(64);
      }),
    );
  });

  it("are the delivery's in aegisx and arsmedica, and the event's in aegisx unless its publisher gave one", () => {
    const uuid = uuidOf("dlv", DELIVERY_ID);
    expect(received(profileOf("aegisx").build(messageFor(profileOf("aegisx"))).headers)["x-webhook-delivery"]).toBe(
      uuid,
    );
    expect(JSON.parse(bodyOf(profileOf("arsmedica")))).toMatchObject({ delivery_id: uuid });
    expect(JSON.parse(bodyOf(profileOf("aegisx"), { event: { id: "order-1" } }))).toMatchObject({ id: "order-1" });
    expect(parseId("evt", JSON.parse(bodyOf(profileOf("dotmac"))).id)).toBeDefined();
  });
});

describe("a rotated secret", () => {
  const [OLD, NEW] = ["the old secret", "the new secret"];

  it.each(ONE_SIGNATURE)("in %s: the old one signs on, the new one beside it, until the grace ends", (name, header) => {
    const profile = profileOf(name);
    const sent = (sentAt: number) => {
      const secrets = [[NEW], [OLD, SENT_AT + HOUR]] as const;
      const { headers, body } = profile.build(messageFor(profile, { secrets, sentAt }));
      return { headers: received(headers), body };
    };
    const accepts = (request: ReturnType<typeof sent>, secret: string, from = header as string): boolean => {
      const headers = { ...request.headers, [header]: request.headers[from] ?? "" };
      return verify(profile.scheme as "standard", { headers, body: request.body }, secret, {
        now: Number(headers["x-foresight-timestamp"] ?? NOW),
      }).valid;
    };

    const during = sent(SENT_AT);
    expect([accepts(during, OLD), accepts(during, NEW)]).toEqual([true, false]);
    expect([accepts(during, OLD, `${header}-next`), accepts(during, NEW, `${header}-next`)]).toEqual([false, true]);
    // At once with grace 0: the old one has ended when the new one begins.
    const after = sent(SENT_AT + HOUR);
    expect([accepts(after, OLD), accepts(after, NEW)]).toEqual([false, true]);
    expect(after.headers).not.toHaveProperty(`${header}-next`);
  });

  it.each(["standard", "cloudevents", "cloudevents-binary"])("in %s both sign in the one header", (name) => {
    const profile = profileOf(name);
    const [one, other] = [SECRETS["standard"]!, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"];
    const { headers, body } = profile.build(messageFor(profile, { secrets: [[one], [other, SENT_AT + HOUR]] }));
    const request = { headers: pairs(headers), body };
    for (const secret of [one, other]) {
      expect(verify("standard", request, secret, { now: NOW })).toMatchObject({ valid: true });
    }
  });

  it("in standard may be of another kind: ed25519 beside HMAC", () => {
    const profile = profileOf("standard");
    const { privateKey } = generateKeyPairSync("ed25519");
    const jwk = privateKey.export({ format: "jwk" });
    const [seed, open] = [Buffer.from(jwk.d!, "base64url"), Buffer.from(jwk.x!, "base64url")];
    const hmac = SECRETS["standard"]!;
    for (const secret of [seed, Buffer.concat([seed, open])].map((key) => `whsk_${key.toString("base64")}`)) {
      const { headers, body } = profile.build(messageFor(profile, { secrets: [[secret], [hmac, SENT_AT + HOUR]] }));
      const request = { headers: pairs(headers), body };
      const key = `whpk_${open.toString("base64")}`;
      expect(verify("standard-webhooks-v1a", request, key, { now: NOW })).toMatchObject({ valid: true });
      expect(verify("standard", request, hmac, { now: NOW })).toMatchObject({ valid: true });
    }
    for (const bad of ["whsk_", "whsk_AAAA", `whpk_${open.toString("base64")}`]) {
      expect(() => profile.decodeSecret(bad), bad).toThrow(/^secret must be/);
    }
  });
});

describe("secrets", () => {
  const RANDOM = Uint8Array.from({ length: 32 }, (_, at) => at * 7);

  it.each([
    ["standard", /^whsec_[\w+/]{43}=$/],
    ["cloudevents", /^whsec_[\w+/]{43}=$/],
    ["cloudevents-binary", /^whsec_[\w+/]{43}=$/],
    ["foresight", /^[0-9a-f]{64}$/],
    ["aegisx", /^[0-9a-f]{64}$/],
    ["arsmedica", /^[0-9a-f]{64}$/],
    ["dotmac", /^[\w-]{43}$/],
    ["securebase", /^whsec_[\w+/]{43}=$/],
  ])("are made in %s's form", (name, form) => {
    const secret = profileOf(name).formatSecret(RANDOM);
    expect(secret).toMatch(form);
    profileOf(name).decodeSecret(secret);
  });

  it.each(ONE_SIGNATURE)("of %s are any text of 1 to 255 characters", (name) => {
    const profile = profileOf(name);
    for (const secret of ["x", "whsec_!", "naïve 🔑", "🔑".repeat(255), "a".repeat(255), " lead"]) {
      const { headers, body } = profile.build(messageFor(profile, { secrets: [[secret]] }));
      const request = { headers: pairs(headers), body };
      expect(verify(profile.scheme as "standard", request, secret, { now: NOW }), secret).toMatchObject({
        valid: true,
      });
    }
    for (const secret of ["", "a".repeat(256), "🔑".repeat(256), "\ud83d"]) {
      expect(() => profile.decodeSecret(secret)).toThrow(/^secret must/);
    }
  });
});

describe("a batch", () => {
  it("is an array of the profile's envelopes, each with its own ids, signed once", () => {
    for (const [name] of ONE_SIGNATURE) {
      const profile = profileOf(name);
      const { event, deliveryId: _, madeAt, ...context } = messageFor(profile);
      const ids = [newId("dlv"), newId("dlv")];
      const deliveries = ids.map((deliveryId, n) => ({ event: { ...event, id: `own-${n}` }, deliveryId, madeAt }));
      const { headers, body } = profile.buildBatch({ id: newId("bat"), deliveries, ...context });
      const items = JSON.parse(Buffer.from(body).toString());
      expect(items).toHaveLength(2);
      if (name === "arsmedica")
        expect(items.map((one: { delivery_id: string }) => one.delivery_id)).toEqual(
          ids.map((id) => uuidOf("dlv", id)),
        );
      if ("id" in items[0]) expect(items.map((one: { id: string }) => one.id)).toEqual(["own-0", "own-1"]);
      const request = { headers: pairs(headers), body };
      expect(verify(profile.scheme as "standard", request, SECRETS[name]!, { now: NOW })).toMatchObject({
        valid: true,
      });
    }
  });

  it("names the one type that its events have, or * for several", () => {
    const profile = profileOf("arsmedica");
    const { event, deliveryId, madeAt, ...context } = messageFor(profile);
    const typeOf = (...types: string[]): string | undefined => {
      const deliveries = types.map((type) => ({ event: { ...event, type }, deliveryId, madeAt }));
      return received(profile.buildBatch({ id: newId("bat"), deliveries, ...context }).headers)["x-event-type"];
    };
    expect(typeOf("a.b", "a.b")).toBe("a.b");
    expect(typeOf("a.b", "a.c")).toBe("*");
  });

  it.each(["cloudevents", "cloudevents-binary"])("of %s is CloudEvents' own", (name) => {
    const profile = profileOf(name);
    const { event, deliveryId, madeAt, ...context } = messageFor(profile);
    const own = { event, deliveryId, madeAt };
    const { headers, body } = profile.buildBatch({ id: newId("bat"), deliveries: [own, own], ...context });
    expect(received(headers)["content-type"]).toBe("application/cloudevents-batch+json");
    expect(headers.join()).not.toContain("ce-");
    expect(JSON.parse(Buffer.from(body).toString())).toMatchObject([{ specversion: "1.0" }, { id: event.id }]);
  });
});

describe("own headers of a subscription", () => {
  it.each(PROFILE_NAMES)("never take the place of %s's own", (name) => {
    const profile = profileOf(name);
    const headers = Object.fromEntries(profile.reservedHeaders.map((header) => [header, "forged"]));
    const built = profile.build(messageFor(profile, { subscription: { headers: { ...headers, "x-kept": "yes" } } }));
    expect(built.headers).not.toContain("forged");
    expect(pairs(built.headers)).toContainEqual(["x-kept", "yes"]);
    const names = pairs(built.headers).map(([header]) => header.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
    for (const header of names) if (header !== "x-kept") expect(profile.reservedHeaders).toContain(header);
  });
});

describe("defaults", () => {
  it("are the systems' own schedules and rules", () => {
    const rules = PROFILE_NAMES.map((name) => {
      const { retry, timeoutMs, retryOn, on410, hasBreaker, autoDisable } = profileOf(name);
      const waits =
        retry.strategy === "list"
          ? retry.delaysMs.map((ms) => ms / 1_000)
          : [retry.firstDelayMs, retry.longestDelayMs, retry.maxAttempts];
      return [
        name,
        retry.strategy,
        waits.join(),
        retry.jitter,
        timeoutMs / 1_000,
        retryOn,
        on410,
        hasBreaker,
        autoDisable.failures,
        autoDisable.minSpanMs,
      ];
    });
    const standard = ["list", "5,300,1800,7200,18000,36000,50400,72000,86400", 0.1, 10, "any", "disable", true, 20];
    expect(rules).toEqual([
      ["standard", ...standard, HOUR],
      ["cloudevents", ...standard, HOUR],
      ["cloudevents-binary", ...standard, HOUR],
      ["foresight", ...standard, 0],
      ["aegisx", "exponential", "1000,60000,3", 0, 30, "any", "retry", false, 20, HOUR],
      ["arsmedica", "list", "1,2,4,8,16", 0, 10, "any", "retry", false, 20, HOUR],
      ["dotmac", "list", "300,3600,21600", 0, 10, "any", "disable", false, 20, HOUR],
      ["securebase", "list", "60,300,900,3600,7200", 0, 10, "server-errors", "fail", false, 20, HOUR],
    ]);
  });

  it("have the test event that each system sends", () => {
    const tests = PROFILE_NAMES.map((name) => [name, profileOf(name).test.type]);
    expect(Object.fromEntries(tests)).toMatchObject({
      foresight: "test.event",
      aegisx: "webhook.test",
      dotmac: "webhook.test",
    });
    const { headers, body } = profileOf("aegisx").buildTest(messageFor(profileOf("aegisx")));
    expect(pairs(headers).map(([name]) => name)).toEqual([
      "Content-Type",
      "User-Agent",
      "X-Webhook-Event",
      "X-Webhook-Signature-256",
    ]);
    expect(Object.keys(JSON.parse(Buffer.from(body).toString()))).toEqual(["type", "data", "webhook"]);
    expect(JSON.parse(Buffer.from(profileOf("aegisx").test.data(SENT_AT)).toString())).toEqual({
      message: "This is a test webhook delivery",
      timestamp: "2025-10-09T08:53:20.999Z",
    });
  });
});
