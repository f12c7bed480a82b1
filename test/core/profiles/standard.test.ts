import type { KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { batchIdOf } from "../../../src/core/batch-id.ts";
import type { ProfileBatch, ProfileMessage } from "../../../src/core/profiles/profile.ts";
import { findProfile } from "../../../src/core/profiles/registry.ts";
import { verify } from "../../../src/core/signing/verify.ts";

const profile = findProfile("standard")!;
const SENT_AT = 1_760_000_000_999;
const NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
/** What a parser would not give back as it was. */
const DATA = '{ "n": 12345678901234567890, "u":"\\u00e9é", "a":1,"a":2 }';

function message(change: Partial<ProfileMessage["subscription"]> = {}): ProfileMessage {
  return {
    event: {
      id: "evt_1",
      type: "invoice.paid",
      timestamp: 1_759_999_999_123,
      data: Buffer.from(DATA),
      metadata: Buffer.from('{"secret":"of the publisher"}'),
      version: undefined,
    },
    deliveryId: "dlv_1",
    madeAt: 1_759_999_999_500,
    subscription: {
      id: "sub_1",
      name: "shop",
      scope: { tenant: "default", environment: "development" },
      headers: {},
      secrets: [{ id: "sec_1", key: profile.decodeSecret(NEW), expiresAt: undefined }],
      ...change,
    },
    sentAt: SENT_AT,
    userAgent: "hooks/0.1.0",
  };
}

function pairs(headers: readonly string[]): [string, string][] {
  return headers.flatMap((name, at): [string, string][] => (at % 2 === 0 ? [[name, headers[at + 1] ?? ""]] : []));
}

describe("profile standard", () => {
  it("builds this request, byte for byte", () => {
    const { headers, body } = profile.build(message({ headers: { "x-team": "billing" } }));

    expect(Buffer.from(body).toString()).toBe(
      `{"type":"invoice.paid","timestamp":"2025-10-09T08:53:19.123Z","data":${DATA}}`,
    );
    expect(headers).toEqual([
      "content-type",
      "application/json",
      "user-agent",
      "hooks/0.1.0",
      "webhook-id",
      "evt_1",
      "webhook-timestamp",
      "1760000000",
      "webhook-signature",
      "v1,EGYSfW7niv7udk6vAh5Qz33esJqiyXBJIGOjbk0TzVI=",
      "x-team",
      "billing",
    ]);
  });

  it("signs so that a receiver's verify accepts it", () => {
    const { headers, body } = profile.build(message());
    const request = { headers: pairs(headers), body };

    expect(verify("standard-webhooks", request, NEW, { now: 1_760_000_000 })).toMatchObject({ valid: true });
    expect(verify("standard-webhooks", request, OLD, { now: 1_760_000_000 })).toMatchObject({ valid: false });
  });

  it("signs with both secrets until the old one ends, and with the new one from that instant", () => {
    const secrets = (expiresAt: number) => [
      { id: "sec_2", key: profile.decodeSecret(NEW), expiresAt: undefined },
      { id: "sec_1", key: profile.decodeSecret(OLD), expiresAt },
    ];
    const accepts = (expiresAt: number, secret: string): boolean => {
      const { headers, body } = profile.build(message({ secrets: secrets(expiresAt) }));
      return verify("standard", { headers: pairs(headers), body }, secret, { now: 1_760_000_000 }).valid;
    };

    expect([accepts(SENT_AT + 1, NEW), accepts(SENT_AT + 1, OLD)]).toEqual([true, true]);
    expect([accepts(SENT_AT, NEW), accepts(SENT_AT, OLD)]).toEqual([true, false]);
  });

  it("lets no custom header take the place of its own", () => {
    const custom = Object.fromEntries(profile.reservedHeaders.map((name) => [name, "forged"]));

    const { headers } = profile.build(message({ headers: { ...custom, "x-kept": "yes" } }));

    expect(headers).not.toContain("forged");
    expect(pairs(headers)).toContainEqual(["x-kept", "yes"]);
  });

  it("shows the body of a subscription whose secrets are not at hand, unsigned", () => {
    const { headers, body } = profile.build(message({ secrets: [] }));

    expect(headers).not.toContain("webhook-signature");
    expect(Buffer.from(body)).toEqual(Buffer.from(profile.build(message()).body));
  });

  it("keeps bytes that are no UTF-8 and any size of data", () => {
    for (const data of [Buffer.from([0x22, 0xff, 0x22]), Buffer.alloc(1_000_000, "7"), Buffer.from("1")]) {
      const given = message();
      const { body } = profile.build({ ...given, event: { ...given.event, data } });

      const start = body.length - 1 - data.length;
      expect(data.equals(body.subarray(start, -1)) && body.at(-1) === 0x7d).toBe(true);
    }
  });

  it("makes secrets of 32 random bytes that it can read", () => {
    const random = Uint8Array.from({ length: 32 }, (_, at) => at);

    const secret = profile.formatSecret(random);

    expect(secret).toBe("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    expect(Uint8Array.from((profile.decodeSecret(secret) as KeyObject).export())).toEqual(random);
  });

  it("has Standard Webhooks' schedule and 10 s", () => {
    expect(profile.retry).toEqual({
      strategy: "list",
      delaysMs: [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000],
      jitter: 0.1,
    });
    expect(profile.timeoutMs).toBe(10_000);
  });
});

describe("a batch in profile standard", () => {
  const batch = (count: number): ProfileBatch => {
    const { event, deliveryId, madeAt, ...context } = message({ headers: { "x-team": "billing" } });
    const events = Array.from({ length: count }, (_, n) => ({ ...event, id: `evt_${n + 1}` }));
    return { id: "bat_1", deliveries: events.map((one) => ({ event: one, deliveryId, madeAt })), ...context };
  };

  it("is an array of envelopes with their ids and the publisher's bytes, signed once under the batch's id", () => {
    const { headers, body } = profile.buildBatch(batch(2));
    const rest = `"type":"invoice.paid","timestamp":"2025-10-09T08:53:19.123Z","data":${DATA}}`;
    expect(Buffer.from(body).toString()).toBe(`[{"id":"evt_1",${rest},{"id":"evt_2",${rest}]`);
    expect(pairs(headers).map(([name]) => name)).toEqual(
      pairs(profile.build(message()).headers)
        .map(([name]) => name)
        .concat("x-team"),
    );
    expect(pairs(headers)).toContainEqual(["webhook-id", "bat_1"]);
    const request = { headers: pairs(headers), body };
    expect(verify("standard-webhooks", request, NEW, { now: 1_760_000_000 })).toMatchObject({ valid: true });
    expect(verify("standard-webhooks", request, OLD, { now: 1_760_000_000 })).toMatchObject({ valid: false });
  });

  it("is an array also of one, and JSON whatever the ids are", () => {
    const one = batch(1);
    expect(JSON.parse(Buffer.from(profile.buildBatch(one).body).toString())).toHaveLength(1);
    const [first] = one.deliveries as [ProfileBatch["deliveries"][number]];
    const odd = { ...one, deliveries: [{ ...first, event: { ...first.event, id: 'a"\\', type: 'b"' } }] };
    expect(JSON.parse(Buffer.from(profile.buildBatch(odd).body).toString())).toMatchObject([
      { id: 'a"\\', type: 'b"' },
    ]);
  });

  it("has one id for the same deliveries in the same order, and another for any others", () => {
    expect(batchIdOf(["dlv_1", "dlv_2"])).toMatch(/^bat_[0-9a-z]{26}$/);
    expect(batchIdOf(["dlv_1", "dlv_2"])).toBe(batchIdOf(["dlv_1", "dlv_2"]));
    expect(new Set([["dlv_1"], ["dlv_1", "dlv_2"], ["dlv_2", "dlv_1"], ["dlv_1", "dlv_3"]].map(batchIdOf)).size).toBe(
      4,
    );
  });
});
