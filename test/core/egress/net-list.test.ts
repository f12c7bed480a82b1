import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseNetEntry, parseNetList } from "../../../src/core/egress/net-list.ts";

describe("an entry of a list", () => {
  it.each([
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["10.1.2.3", "10.1.2.3"],
    ["10.1.2.3/32", "10.1.2.3"],
    ["10.1.2.3:8080", "10.1.2.3:8080"],
    ["10.1.0.0/16:8080", "10.1.0.0/16:8080"],
    ["FD00::/8", "fd00::/8"],
    ["::1", "::1"],
    ["[::1]", "::1"],
    ["[fd00:0::5]:8080", "[fd00::5]:8080"],
    ["fd00::/8:8080", "[fd00::/8]:8080"],
    ["[fd00::/8]:8080", "[fd00::/8]:8080"],
    ["Billing.Internal.", "billing.internal"],
    ["billing:8080", "billing:8080"],
    ["*.corp.example.com", "*.corp.example.com"],
  ])("%s", (text, canonical) => {
    expect(parseNetEntry(text, "allow", "allow_net").text).toBe(canonical);
    expect(parseNetEntry(canonical, "allow", "allow_net")).toEqual(parseNetEntry(text, "allow", "allow_net"));
  });

  it.each([
    ["", "is no network and no name"],
    ["10.0.0.0/33", "is no network and no name"],
    ["10.0.0", "is no network and no name"],
    ["0x7f.1", "is no network and no name"],
    ["10.0.0.1/8", "has bits behind its prefix"],
    ["10.0.0.1:0", "is no network and no name"],
    ["10.0.0.1:65536", "is no network and no name"],
    ["fe80::1%eth0", "is no network and no name"],
    ["https://example.com/", "is no network and no name"],
    ["a b", "is no network and no name"],
    ["*", "is no network and no name"],
    ["a.*.b", "is no network and no name"],
    ["[10.0.0.1]:80", "is no network and no name"],
    ["0.0.0.0/0", "is too wide for an allowance"],
    ["::/0", "is too wide for an allowance"],
    ["128.0.0.0/1", "is too wide for an allowance"],
    ["2000::/3", "is too wide for an allowance"],
    [7, "must be a network or a name"],
  ])("is not %j", (text, message) => {
    expect(() => parseNetEntry(text, "allow", "allow_net")).toThrow(
      expect.objectContaining({
        code: "invalid_request",
        field: "allow_net",
        message: expect.stringContaining(message),
      }),
    );
  });

  it("may deny everything", () => {
    expect(parseNetList(["0.0.0.0/0", "::/0"], "deny", "deny_net").map(({ text }) => text)).toEqual([
      "0.0.0.0/0",
      "::/0",
    ]);
  });

  it("is named where it stands, and kept once", () => {
    expect(() => parseNetList(["10.0.0.0/8", "x y"], "deny", "deny_net")).toThrow(
      expect.objectContaining({ field: "deny_net[1]" }),
    );
    expect(() => parseNetList("10.0.0.0/8", "deny", "deny_net")).toThrow(/must be a list/);
    expect(() => parseNetList(Array(101).fill("a.b"), "deny", "deny_net")).toThrow(/at most 100/);
    expect(parseNetList(["10.0.0.1", "10.0.0.1/32"], "deny", "deny_net")).toHaveLength(1);
  });

  it("that is taken comes back the same from its own text, whatever was written", () => {
    const pieces = [
      "10",
      ".",
      "0",
      "/",
      "8",
      ":",
      "80",
      "[",
      "]",
      "fd00::",
      "::1",
      "a",
      "*.",
      "-",
      "_",
      "ü",
      " ",
      ",",
      "0x1",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), (parts) => {
        let entry: ReturnType<typeof parseNetEntry>;
        try {
          entry = parseNetEntry(parts.join(""), "deny", "x");
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid_request", field: "x" });
          return;
        }
        expect(parseNetEntry(entry.text, "deny", "x")).toEqual(entry);
        expect(entry.text).not.toContain(",");
      }),
      { numRuns: 5_000 },
    );
  });
});
