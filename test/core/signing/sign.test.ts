import { createSecretKey } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sign } from "../../../src/core/signing/sign.ts";
import { signStandard } from "../../../src/core/signing/sign-standard.ts";
import { decodeStandardSecret, formatStandardSecret } from "../../../src/core/signing/standard-secret.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const at = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330 };

describe("sign", () => {
  it("makes the headers of the specification's own example", () => {
    expect(sign("standard-webhooks", { body: '{"test": 2432232314}' }, SECRET, at)).toEqual({
      headers: {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
      },
      signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
      ...at,
    });
  });

  it("puts a signature of each secret into one header, in their order", () => {
    const one = sign("standard", { body: "" }, SECRET, at).signature;
    const other = sign("standard", { body: "" }, OTHER, at).signature;

    expect(sign("standard", { body: "" }, [SECRET, OTHER], at).signature).toBe(`${one} ${other}`);
  });

  it("signs whole seconds", () => {
    const signed = sign("standard", { body: "" }, SECRET, { ...at, timestamp: at.timestamp + 0.9 });

    expect(signed).toEqual(sign("standard", { body: "" }, SECRET, at));
  });

  it.each([
    ["an empty secret", "", at],
    ["no secret", [], at],
    ["a secret that is no base64", "whsec_not*base64!", at],
    ["an empty id", SECRET, { ...at, id: "" }],
    ["an id with a dot", SECRET, { ...at, id: "msg.1" }],
    ["an id with a line break", SECRET, { ...at, id: "msg\r\nx: y" }],
    ["a time that is none", SECRET, { ...at, timestamp: Number.NaN }],
    ["a negative time", SECRET, { ...at, timestamp: -1 }],
    ["a time in milliseconds of the year 58,000", SECRET, { ...at, timestamp: 1_760_000_000_000 }],
  ])("refuses %s as the caller's mistake", (_name, secret, options) => {
    expect(() => sign("standard-webhooks", { body: "" }, secret, options)).toThrow(TypeError);
  });
});

describe("signStandard", () => {
  it("makes the same signature as sign", () => {
    const arbitrary = [fc.uint8Array({ minLength: 24, maxLength: 64 }), fc.uint8Array(), fc.nat()] as const;
    fc.assert(
      fc.property(...arbitrary, (key, body, timestamp) => {
        const expected = sign("standard-webhooks", { body }, formatStandardSecret(key), { id: "evt_1", timestamp });

        expect(signStandard(createSecretKey(key), "evt_1", timestamp, body)).toBe(expected.signature);
      }),
    );
  });
});

describe("a secret that is made", () => {
  it.each([24, 32, 64])("has %i bytes", (length) => {
    const key = new Uint8Array(length).fill(1);

    expect(Uint8Array.from(decodeStandardSecret(formatStandardSecret(key)).export())).toEqual(key);
  });

  it.each([
    ["23 bytes", formatStandardSecret(new Uint8Array(23))],
    ["65 bytes", formatStandardSecret(new Uint8Array(65))],
    ["no prefix", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"],
    ["no base64", "whsec_***not base64***"],
    ["nothing", ""],
    ["a line break", `${SECRET}\n`],
    ["an asymmetric key", `whsk_${Buffer.alloc(32, 1).toString("base64")}`],
  ])("cannot have %s, and the error does not repeat it", (_name, secret) => {
    const decode = () => decodeStandardSecret(secret);

    expect(decode).toThrow(expect.objectContaining({ code: "invalid_request", field: "secret" }));
    if (secret !== "")
      expect(decode).not.toThrow(expect.objectContaining({ message: expect.stringContaining(secret) }));
  });
});
