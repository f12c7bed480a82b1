import { assert, constantFrom, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  hostsOf,
  parseAllowedHosts,
  parsePublicUrl,
  parseTrustedProxies,
  publicUrlText,
} from "../../src/core/door-settings.ts";
import { HooksError } from "../../src/core/errors.ts";

describe("--trust-proxy", () => {
  it("is a number of proxies, loopback, networks or addresses", () => {
    expect(parseTrustedProxies("2", "--trust-proxy")).toEqual({ kind: "hops", hops: 2 });
    expect(parseTrustedProxies("loopback, 10.0.0.0/8,192.0.2.7,2001:db8::/32,::1", "--trust-proxy")).toEqual({
      kind: "networks",
      networks: [
        { address: "127.0.0.0", prefix: 8, family: "ipv4" },
        { address: "::1", prefix: 128, family: "ipv6" },
        { address: "10.0.0.0", prefix: 8, family: "ipv4" },
        { address: "192.0.2.7", prefix: 32, family: "ipv4" },
        { address: "2001:db8::", prefix: 32, family: "ipv6" },
        { address: "::1", prefix: 128, family: "ipv6" },
      ],
    });
  });

  it.each([
    "",
    "0",
    "11",
    "-1",
    "all",
    "*",
    "localhost",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0",
    "010.0.0.1",
    "256.1.1.1",
    "0x7f.1",
    "::1/129",
    "::g",
    "1::2::3",
    "loopback,",
    "10.0.0.0/0",
    "::/0",
    "::/00",
    "nginx",
  ])("is not %j", (text) => {
    expect(() => parseTrustedProxies(text, "--trust-proxy")).toThrow(/^--trust-proxy /);
  });

  it("trusts nobody because of a text that is nonsense: it is refused, and always in the same way", () => {
    assert(
      property(string({ unit: constantFrom(..."0123456789abcdef:./, lopck") }), (text) => {
        try {
          const trusted = parseTrustedProxies(text, "--trust-proxy");
          const networks = trusted.kind === "networks" ? trusted.networks : [];
          for (const { prefix } of networks) expect(prefix).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(HooksError);
          expect(error).toMatchObject({ code: "usage", field: "--trust-proxy" });
        }
      }),
    );
  });
});

describe("--allow-host", () => {
  it("is a name or an address, with or without a port, in lower case", () => {
    expect(parseAllowedHosts("Hooks.Example.com, x:80,[::1]:4680,10.0.0.5", "--allow-host")).toEqual([
      "hooks.example.com",
      "x:80",
      "[::1]:4680",
      "10.0.0.5",
    ]);
  });

  it.each(["", "a b", "http://x", "a/b", "x:y", "x:123456", "a,,b", "*", "*.example.com"])("is not %j", (text) => {
    expect(() => parseAllowedHosts(text, "--allow-host")).toThrow(/^--allow-host must be a name/);
  });
});

describe("--public-url", () => {
  it.each([
    ["https://hooks.example.com", "https://hooks.example.com", ["hooks.example.com", "hooks.example.com:443"]],
    ["http://Relay:8080/", "http://relay:8080", ["relay:8080"]],
    ["https://example.com/hooks/", "https://example.com/hooks", ["example.com", "example.com:443"]],
    ["http://192.0.2.1", "http://192.0.2.1", ["192.0.2.1", "192.0.2.1:80"]],
  ])("%s", (text, url, hosts) => {
    const parsed = parsePublicUrl(text, "--public-url");
    expect([publicUrlText(parsed), hostsOf(parsed)]).toEqual([url, hosts]);
  });

  it.each(["", "hooks.example.com", "ftp://x", "https://u:p@x", "https://x?key=1", "https://x#a", "https://"])(
    "is not %j",
    (text) => {
      expect(() => parsePublicUrl(text, "--public-url")).toThrow(/^--public-url must/);
    },
  );
});
