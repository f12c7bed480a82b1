import { describe, expect, it } from "vitest";
import { SCHEMES } from "../src/core/signing/registry.ts";
import * as library from "../src/index.ts";
import * as schemes from "../src/schemes.ts";
import { createVerifier, defineScheme, github, sign, standardWebhooks, verify, verifyAsync } from "../src/schemes.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

describe("the library of records", () => {
  it("exports every record under its name, and the functions of the library", () => {
    const records = SCHEMES.map((record) => [
      record.name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()),
      record,
    ]);
    const functions = ["MemoryReplays", "createVerifier", "defineScheme", "sign", "verify", "verifyAsync"];

    expect(schemes).toMatchObject(Object.fromEntries(records));
    expect(new Set(Object.keys(schemes))).toEqual(new Set([...functions, ...Object.keys(Object.fromEntries(records))]));
    expect(Object.keys(library)).toEqual(expect.arrayContaining(functions));
  });

  it("signs and checks with a record, as with its name", async () => {
    const { headers } = sign(standardWebhooks, { body: "{}" }, SECRET, { id: "msg_1" });
    const request = { headers, body: "{}" };

    expect(verify(standardWebhooks, request, SECRET)).toMatchObject({ valid: true });
    expect(library.verify("standard-webhooks", request, SECRET)).toMatchObject({ valid: true });
    expect(library.verify(standardWebhooks, request, SECRET)).toMatchObject({ valid: true });
    expect(await verifyAsync(standardWebhooks, { ...request, body: "[]" }, SECRET)).toMatchObject({ valid: false });
    expect(createVerifier(github, SECRET).verify(request)).toMatchObject({ reason: "missing_header" });
  });

  it("takes no name, and says what to give", () => {
    const byName = "github" as unknown as library.DefinedScheme;

    expect(() => verify(byName, { headers: {}, body: "" }, SECRET)).toThrow(
      /must be a record here.*hooks-relay\/schemes/,
    );
    expect(() => createVerifier({ name: "github", title: "" }, SECRET)).toThrow(/what defineScheme answers/);
  });

  it("takes a scheme of the caller's own, which may extend a record", () => {
    const signature = { headers: ["x-acme"], format: "list", separator: ",", pair: "=", field: "v1" };
    const acme = defineScheme({ name: "acme", extends: schemes.stripe, signature });
    const { headers } = sign(acme, { body: "{}" }, "s");

    expect(headers["x-acme"]).toMatch(/^t=\d+,v1=/);
    expect(verify(acme, { headers, body: "{}" }, "s")).toMatchObject({ valid: true });
    expect(() => defineScheme({ name: "acme", extends: "stripe", signature })).toThrow(/extends must be the name/);
  });
});
