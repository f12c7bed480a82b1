import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostKey, parseHostsFile } from "../../src/core/hosts-file.ts";

const parse = (text: string) => Object.fromEntries(parseHostsFile(text, (address) => isIP(address) !== 0));

describe("a hosts file", () => {
  it("gives every name of a line its address, and a name of several lines all of theirs, in order", () => {
    expect(
      parse("127.0.0.1 localhost\n::1\tlocalhost ip6-localhost\n 10.0.0.7   db db.internal # the database\n"),
    ).toEqual({
      localhost: ["127.0.0.1", "::1"],
      "ip6-localhost": ["::1"],
      db: ["10.0.0.7"],
      "db.internal": ["10.0.0.7"],
    });
  });

  it.each([
    ["comments and empty lines", "# 10.0.0.1 a\n\n   \n#\n", {}],
    ["names behind a comment", "10.0.0.1 a # b\n10.0.0.2 c#d\n", { a: ["10.0.0.1"], c: ["10.0.0.2"] }],
    ["what is no address", "example.com a\n10.0.0.256 b\n10.0.0 c\n", {}],
    ["an address without a name", "10.0.0.1\n", {}],
    [
      "Windows' line ends and a byte order mark",
      "\uFEFF10.0.0.1 a\r\n10.0.0.2 b\r\n",
      { a: ["10.0.0.1"], b: ["10.0.0.2"] },
    ],
    ["capitals and a dot at the end", "10.0.0.1 API.Example.\n", { "api.example": ["10.0.0.1"] }],
    ["the same twice", "10.0.0.1 a a\n10.0.0.1 a\n", { a: ["10.0.0.1"] }],
    [
      "names that are an object's own",
      "10.0.0.1 constructor __proto__x\n",
      { constructor: ["10.0.0.1"], __proto__x: ["10.0.0.1"] },
    ],
  ])("with %s", (_what, text, hosts) => {
    expect(parse(text)).toEqual(hosts);
  });

  it("whatever it holds, gives only addresses, and finds each line's names", () => {
    const entry = fc.record({
      address: fc.oneof(fc.ipV4(), fc.ipV6()),
      names: fc.array(fc.domain(), { minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(entry, fc.string())), (lines) => {
        const text = lines.map((line) =>
          typeof line === "string" ? line.replace(/[\r\n]/g, "") : `${line.address}\t${line.names.join(" ")}`,
        );
        const hosts = parseHostsFile(text.join("\n"), (address) => isIP(address) !== 0);
        for (const addresses of hosts.values()) expect(addresses.every((address) => isIP(address) !== 0)).toBe(true);
        for (const line of lines) {
          if (typeof line === "string") continue;
          for (const name of line.names) expect(hosts.get(hostKey(name))).toContain(line.address);
        }
      }),
    );
  });
});
