import type { Profile, ProfileMessage } from "../../../../src/core/profiles/profile.ts";

/** What a parser would not give back as it was. */
export const DATA = '{ "n": 12345678901234567890, "u":"\\u00e9é", "a":1,"a":2 }';

/** 2025-10-09T08:53:20.999Z */
export const SENT_AT = 1_760_000_000_999;
/** 2025-10-09T08:53:19.123Z */
export const HAPPENED_AT = 1_759_999_999_123;
/** 2025-10-09T08:53:19.456Z */
export const MADE_AT = 1_759_999_999_456;

export const EVENT_ID = "evt_01k73r8qgyfv7b2r3m4n5p6q7r";
export const DELIVERY_ID = "dlv_01k73r8qh0fv8b2r3m4n5p6q7s";

export interface MessageChange {
  secrets?: readonly (readonly [text: string, expiresAt?: number])[];
  event?: Partial<ProfileMessage["event"]>;
  subscription?: Partial<ProfileMessage["subscription"]>;
  sentAt?: number;
}

/** A delivery with everything that a profile may write. Secrets newest first. */
export function messageFor(
  profile: Profile,
  {
    secrets = [[SECRETS[profile.name] ?? "a secret"]],
    event = {},
    subscription = {},
    sentAt = SENT_AT,
  }: MessageChange = {},
): ProfileMessage {
  return {
    event: {
      id: EVENT_ID,
      type: "invoice.paid",
      timestamp: HAPPENED_AT,
      data: Buffer.from(DATA),
      metadata: Buffer.from('{"user_id":"user_9","subject":"invoices/7 é"}'),
      version: undefined,
      ...event,
    },
    deliveryId: DELIVERY_ID,
    madeAt: MADE_AT,
    subscription: {
      id: "sub_01k73r8qgyfv6b2r3m4n5p6q7t",
      name: "Küche",
      scope: { tenant: "tenant-xyz", environment: "production" },
      url: "https://example.com/hooks",
      headers: {},
      secrets: secrets.map(([text, expiresAt], index) => ({
        id: `sec_${index}`,
        key: profile.decodeSecret(text),
        expiresAt,
      })),
      ...subscription,
    },
    sentAt,
    userAgent: "hooks/0.1.0",
  };
}

const STANDARD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** One for each profile, as its system made them. */
export const SECRETS: Readonly<Record<string, string>> = {
  standard: STANDARD,
  cloudevents: STANDARD,
  "cloudevents-binary": STANDARD,
  foresight: "foresight-secret",
  aegisx: "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
  arsmedica: "your-secret-key",
  dotmac: "Zq0pV7oXf6v1mJcT2yK9bN4sR8uW3eH5dL0gA1iQ_xE",
  securebase: "whsec_xxxxxxxxxxxxx",
};

export function pairs(headers: readonly string[]): [string, string][] {
  return headers.flatMap((name, at): [string, string][] => (at % 2 === 0 ? [[name, headers[at + 1] ?? ""]] : []));
}

/** As a receiver's HTTP server gives them: names in lower case. */
export function received(headers: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
