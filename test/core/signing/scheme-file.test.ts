import { describe, expect, it } from "vitest";
import { prepared } from "../../../src/core/signing/prepared-scheme.ts";
import { defineScheme, parseSchemes } from "../../../src/core/signing/scheme-file.ts";
import { signMessage } from "../../../src/core/signing/sign.ts";
import { Verifier } from "../../../src/core/signing/verify.ts";

const NOW = 1_760_000_000;

const RECORD = {
  name: "acme",
  signature: { headers: ["X-Acme-Signature"], format: "list", separator: ",", pair: "=", field: "v1" },
  timestamp: { field: "t", unit: "s", past: 300 },
  content: "{timestamp}.{body}",
  algorithm: "hmac-sha256",
  encoding: "hex",
  secret: { decode: "utf8" },
};

describe("a scheme of the user's own", () => {
  it.each([
    ["a record", JSON.stringify(RECORD)],
    ["a list", JSON.stringify([RECORD])],
    ["an object of them, with a byte order mark", `\ufeff${JSON.stringify({ schemes: [RECORD] })}`],
  ])("is read from %s, and signs and verifies", (_name, text) => {
    const [scheme] = parseSchemes(text, "f");
    const { headers } = signMessage(prepared(scheme!), { body: "{}" }, "s", { id: "msg_1", timestamp: NOW });

    expect(headers["x-acme-signature"]).toMatch(/^t=1760000000,v1=[0-9a-f]{64}$/);
    expect(new Verifier(prepared(scheme!), "s").verify({ headers, body: "{}" }, NOW).valid).toBe(true);
    expect(new Verifier(prepared(scheme!), "s").verify({ headers, body: "[]" }, NOW).valid).toBe(false);
  });

  it("takes over what it does not change from a scheme that it extends", () => {
    const scheme = defineScheme({
      name: "ours",
      extends: "stripe",
      signature: { ...RECORD.signature, headers: ["x-ours"] },
    });

    expect(scheme).toMatchObject({
      content: "{timestamp}.{body}",
      timestamp: { field: "t", past: 300 },
      encoding: "hex",
    });
    expect(scheme.title).toBe("ours");
    expect(scheme.aliases).toBeUndefined();
  });

  it.each([
    [[], "a scheme must be an object"],
    [{ ...RECORD, name: undefined }, "name is missing"],
    [{ ...RECORD, name: "Acme Inc" }, 'name must be lower-case letters, digits, - and _, got "Acme Inc"'],
    [{ ...RECORD, contents: "" }, 'contents is unknown; did you mean "content"?'],
    [{ ...RECORD, content: undefined }, "content is missing"],
    [{ ...RECORD, content: "{timestamp}.{bdy}" }, "content has an unknown field {bdy}"],
    [{ ...RECORD, content: "{body}" }, "content lacks {timestamp}"],
    [{ ...RECORD, content: "{id}.{timestamp}.{body}" }, "id is missing, and content has {id}"],
    [{ ...RECORD, timestamp: undefined }, "timestamp is missing, and content has {timestamp}"],
    [{ ...RECORD, algorithm: "hmac-sha257" }, "algorithm must be one of"],
    [{ ...RECORD, algorithm: "md5" }, "algorithm must be one of"],
    [{ ...RECORD, algorithm: "sha256" }, "content must have {secret}"],
    [{ ...RECORD, algorithm: "ed25519" }, "secret.decode must be hex, base64 or pem"],
    [{ ...RECORD, secret: { decode: "pem" } }, "secret.decode cannot be pem"],
    [{ ...RECORD, secret: { prefixed: "x" } }, 'secret.prefixed is unknown; did you mean "prefix"?'],
    [{ ...RECORD, signature: undefined }, "signature is missing"],
    [
      { ...RECORD, signature: { ...RECORD.signature, headers: undefined } },
      'signature must have either "headers" or "json"',
    ],
    [
      { ...RECORD, signature: { ...RECORD.signature, headers: ["x y"] } },
      "signature.headers[0] must be the name of a header",
    ],
    [{ ...RECORD, signature: { ...RECORD.signature, separator: "" } }, "signature.separator must be text"],
    [{ ...RECORD, signature: { headers: ["x"], format: "prefixed" } }, "signature.prefix is missing"],
    [
      { ...RECORD, signature: { headers: ["x"], format: "raw" } },
      'timestamp.field needs a signature of the format "list"',
    ],
    [{ ...RECORD, timestamp: { field: "t", headers: ["x"] } }, "timestamp must have one of"],
    [{ ...RECORD, timestamp: { field: "t", unit: "min" } }, "timestamp.unit must be one of s, ms, iso"],
    [{ ...RECORD, timestamp: { field: "t", past: -1 } }, "timestamp.past must be a number of seconds"],
    [{ ...RECORD, extends: "strip" }, "extends must be the name of a scheme"],
    [{ ...RECORD, extends: "twilio" }, "twilio has code of its own"],
  ])("is refused, naming the field: %j", (record, message) => {
    expect(() => defineScheme(record)).toThrow(TypeError);
    expect(() => defineScheme(record)).toThrow(message);
  });

  it.each([
    ["{", /^--scheme-file: f: not JSON/],
    ["[]", /must be a list with a scheme in it/],
    [JSON.stringify([RECORD, RECORD]), /two schemes "acme"/],
    [JSON.stringify([RECORD, { ...RECORD, name: "b", encoding: "HEX" }]), /\[1\]\.encoding must be one of/],
    [JSON.stringify({ schemes: [RECORD], more: 1 }), /more is unknown/],
  ])("a file that is none says where: %s", (text, message) => {
    expect(() => parseSchemes(text, "--scheme-file: f")).toThrow(message);
    expect(() => parseSchemes(text, "--scheme-file: f")).toThrow(expect.objectContaining({ code: "usage" }));
  });
});
