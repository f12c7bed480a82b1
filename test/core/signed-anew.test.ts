import { describe, expect, it } from "vitest";
import { signedAnew } from "../../src/core/signed-anew.ts";
import { verify } from "../../src/index.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const body = Buffer.from('{"a":1}');

describe("headers that are signed anew", () => {
  it("verify, and stand where the old ones stood", () => {
    const headers: [string, string][] = [
      ["Content-Type", "application/json"],
      ["Webhook-Id", "evt_1"],
      ["webhook-signature", "v1,old v1,older"],
      ["webhook-timestamp", "1"],
      ["x-own", "kept"],
    ];
    const timestamp = Math.floor(Date.now() / 1_000);
    const signed = signedAnew({ headers, body, id: "evt_1_e1", timestamp, secret })!;
    expect(signed.map(([name]) => name)).toEqual(headers.map(([name]) => name));
    expect(Object.fromEntries(signed)).toMatchObject({ "Webhook-Id": "evt_1_e1", "x-own": "kept" });
    expect(verify("standard-webhooks", { headers: Object.fromEntries(signed), body }, secret).valid).toBe(true);
    expect(verify("standard-webhooks", { headers: Object.fromEntries(headers), body }, secret).valid).toBe(false);
  });

  it("are none where another than us signed", () => {
    const headers: [string, string][] = [["x-hub-signature-256", "sha256=00"]];
    expect(signedAnew({ headers, body, id: "a", timestamp: 1, secret })).toBeUndefined();
  });
});
