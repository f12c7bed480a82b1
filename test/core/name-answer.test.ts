import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FamilyAnswer, isLocalhost, nameAnswer } from "../../src/core/name-answer.ts";

const records = (ttl: number, ...addresses: string[]): FamilyAnswer => addresses.map((address) => ({ address, ttl }));

describe("what the questions for A and AAAA come to", () => {
  it("is all addresses, one family after the other in turn, IPv4 first", () => {
    expect(nameAnswer(records(30, "10.0.0.1", "10.0.0.2", "10.0.0.3"), records(30, "::1"))).toEqual({
      kind: "addresses",
      addresses: ["10.0.0.1", "::1", "10.0.0.2", "10.0.0.3"],
      keepMs: 30_000,
    });
    expect(nameAnswer(records(30, "10.0.0.1", "10.0.0.1"), [])).toMatchObject({ addresses: ["10.0.0.1"] });
  });

  it.each(["ENODATA", "ENOTFOUND", "ESERVFAIL", "ETIMEOUT"])("needs one family only: the other may be %s", (code) => {
    expect(nameAnswer(code, records(30, "::1"))).toMatchObject({ kind: "addresses", addresses: ["::1"] });
    expect(nameAnswer(records(30, "10.0.0.1"), code)).toMatchObject({ kind: "addresses", addresses: ["10.0.0.1"] });
  });

  it.each([
    [0, 5_000],
    [4, 5_000],
    [6, 6_000],
    [59, 59_000],
    [61, 60_000],
    [86_400, 60_000],
  ])("is kept for the TTL, %i s, within 5 and 60", (ttl, keepMs) => {
    expect(nameAnswer(records(ttl, "10.0.0.1"), records(900, "::1"))).toMatchObject({ keepMs });
  });

  it.each([
    ["ENODATA", "ENODATA", "ENODATA"],
    ["ENOTFOUND", "ETIMEOUT", "ENOTFOUND"],
    ["ENODATA", "ETIMEOUT", "ETIMEOUT"],
    ["ESERVFAIL", "ENODATA", "ESERVFAIL"],
    [[], "ENODATA", "ENODATA"],
    [[], [], "ENODATA"],
  ])("is the most telling failure: %j and %j make %s", (v4, v6, code) => {
    expect(nameAnswer(v4, v6)).toEqual({ kind: "failed", code, keepMs: 5_000 });
    expect(nameAnswer(v6, v4)).toEqual({ kind: "failed", code, keepMs: 5_000 });
  });

  it("is not kept when it was this machine that failed", () => {
    expect(nameAnswer("EMFILE", "ECONNREFUSED")).toEqual({ kind: "failed", code: "EMFILE", keepMs: 0 });
  });

  it("loses no address and invents none", () => {
    const family = (address: fc.Arbitrary<string>) => fc.array(fc.record({ address, ttl: fc.nat() }));
    fc.assert(
      fc.property(family(fc.ipV4()), family(fc.ipV6()), (v4, v6) => {
        const answer = nameAnswer(v4, v6);
        const given = new Set([...v4, ...v6].map(({ address }) => address));
        if (answer.kind === "failed") expect(given.size).toBe(0);
        else expect([...answer.addresses].sort()).toEqual([...given].sort());
      }),
    );
  });
});

it("localhost and what is below it is this machine, and nothing else is", () => {
  expect(["localhost", "a.localhost", "a.b.localhost"].every(isLocalhost)).toBe(true);
  expect(["localhost.example", "mylocalhost", "", "localhos"].some(isLocalhost)).toBe(false);
});
