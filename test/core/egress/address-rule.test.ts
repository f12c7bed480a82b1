import net from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EgressRules } from "../../../src/core/egress/egress-rules.ts";
import { formatIp, type IpAddress, parseIp } from "../../../src/core/egress/ip-address.ts";
import { contains, formatNetwork, network, readNetwork } from "../../../src/core/egress/network.ts";
import { carriedV4, isLoopbackHost, isSomebodysOwn, specialUse } from "../../../src/core/egress/special-addresses.ts";

// Written down a second time, and judged by Node's own arithmetic: the rule's oracle.
const FORBIDDEN_V4 = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12"],
  ...["192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"],
  ...["203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
];
const FORBIDDEN_V6 = [
  // All that is not 2000::/3, and its exceptions.
  ...["::/3", "4000::/2", "8000::/1", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"],
];

// One list for each: a rule of IPv6 that holds the mapped addresses would make Node find every IPv4 address in it.
const oracles = { ipv4: listOf(FORBIDDEN_V4, "ipv4"), ipv6: listOf(FORBIDDEN_V6, "ipv6") };

function listOf(texts: readonly string[], family: "ipv4" | "ipv6"): net.BlockList {
  const list = new net.BlockList();
  for (const text of texts) {
    const [base = "", prefix = ""] = text.split("/");
    list.addSubnet(base, Number(prefix), family);
  }
  return list;
}

function isForbidden(text: string): boolean {
  const family = net.isIPv4(text) ? "ipv4" : "ipv6";
  return oracles[family].check(text, family);
}

/** Any address, and often the first or last of a network that matters, or its neighbour. */
function anyAddress(family: 4 | 6, networks: readonly string[]): fc.Arbitrary<string> {
  const bits = family === 4 ? 32 : 128;
  const max = (1n << BigInt(bits)) - 1n;
  const edges = networks.map(network).flatMap(({ base, prefix }) => {
    const last = base + (1n << BigInt(bits - prefix)) - 1n;
    return [base - 1n, base, base + 1n, last - 1n, last, last + 1n];
  });
  const values = fc.oneof(
    fc.bigInt({ min: 0n, max }),
    fc.constantFrom(...edges.filter((value) => 0n <= value && value <= max)),
    // Inside of one of the networks.
    fc
      .constantFrom(...networks.map(network))
      .chain(({ base, prefix }) =>
        fc.bigInt({ min: 0n, max: (1n << BigInt(bits - prefix)) - 1n }).map((offset) => base + offset),
      ),
  );
  return values.map((value) => formatIp({ family, value }));
}

const V4 = anyAddress(4, FORBIDDEN_V4);
const V6 = anyAddress(6, [...FORBIDDEN_V6, "::ffff:0:0/96", "64:ff9b::/96", "fc00::/7", "fe80::/10", "2000::/3"]);

describe("an address that is not public", () => {
  it("is what the registries say, of IPv4 and IPv6", () => {
    for (const addresses of [V4, V6]) {
      fc.assert(
        fc.property(addresses, (text) => {
          expect([text, specialUse(parseIp(text)!) !== undefined]).toEqual([text, isForbidden(text)]);
        }),
        { numRuns: 5_000 },
      );
    }
  });

  it("names a network that holds it", () => {
    fc.assert(
      fc.property(fc.oneof(V4, V6), (text) => {
        const address = parseIp(text)!;
        const special = specialUse(address);
        expect(special === undefined || contains(special.network, address)).toBe(true);
      }),
    );
  });

  it("is refused to a daemon without lists, and to a production one on loopback too", () => {
    const strict = new EgressRules({ allow: [], deny: [], isLoopbackOnly: false });
    const local = new EgressRules({ allow: [], deny: [], isLoopbackOnly: true });
    const production = { environment: "production", allow: [], deny: [] };
    const development = { environment: "development", allow: [], deny: [] };
    fc.assert(
      fc.property(fc.oneof(V4, V6), fc.integer({ min: 1, max: 65_535 }), (text, port) => {
        const refused = isForbidden(text);
        for (const [rules, receiver] of [
          [strict, production],
          [strict, development],
          [local, production],
        ] as const) {
          expect(rules.policyFor(receiver).refusalOf(text, text, port) !== undefined).toBe(refused);
        }
        const isLoopback = text === "::1" || text.startsWith("127.");
        const toDeveloper = local.policyFor(development).refusalOf(text, text, port);
        expect([text, toDeveloper !== undefined]).toEqual([text, refused && !isLoopback]);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("the text of an address", () => {
  const PIECES = [
    "0",
    "1",
    "7f",
    "ffff",
    "10",
    "255",
    "256",
    "127",
    ":",
    "::",
    ".",
    "%eth0",
    "x",
    "00",
    "0x7f",
    "/",
    " ",
    "[",
    "]",
  ];

  it("is taken when Node takes it, and no zone with it", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 16 }), (pieces) => {
        const text = pieces.join("");
        expect([text, parseIp(text)?.family ?? 0]).toEqual([text, text.includes("%") ? 0 : net.isIP(text)]);
      }),
      { numRuns: 20_000 },
    );
  });

  it("comes back in the one form in which URLs write it", () => {
    fc.assert(fc.property(fc.ipV4(), (text) => formatIp(parseIp(text)!) === text));
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const formatted = formatIp(parseIp(text)!);
        expect(`[${formatted}]`).toBe(new URL(`http://[${text}]/`).hostname);
        expect(parseIp(formatted)).toEqual(parseIp(text));
      }),
    );
  });

  it.each([
    "",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.4.",
    "0x7f.0.0.1",
    "2130706433",
    "1.2.3.4/8",
    "not-an-ip",
  ])("is not %j", (text) => expect(parseIp(text)).toBeUndefined());

  it.each([
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "::1%lo",
    "fe80::1%25eth0",
    "::1.2.3",
    "12345::",
  ])("is not %j either", (text) => expect(parseIp(text)).toBeUndefined());
});

describe("IPv6 that carries IPv4", () => {
  const v4 = parseIp("127.0.0.1")!;
  it.each([
    ["mapped", "::ffff:127.0.0.1"],
    ["compatible", "::127.0.0.1"],
    ["SIIT", "::ffff:0:127.0.0.1"],
    ["NAT64", "64:ff9b::127.0.0.1"],
    ["NAT64 of one's own, RFC 6052", "64:ff9b:1:7f00:0:100::"],
    ["NAT64 of one's own, the last 32 bits", "64:ff9b:1::127.0.0.1"],
    ["6to4", "2002:7f00:1::1"],
    ["Teredo's server", "2001:0:7f00:1::1"],
    ["Teredo's client", "2001:0:4136:e378:8000:63bf:80ff:fffe"],
  ])("is known as such: %s", (_form, text) => {
    expect(carriedV4(parseIp(text)!)).toContainEqual(v4);
    expect(specialUse(parseIp(text)!)).toBeDefined();
  });

  it("is nothing else", () => {
    for (const text of ["2606:4700::7f00:1", "fd00::7f00:1", "::1:0:0:7f00:1", "8.8.8.8"]) {
      expect(carriedV4(parseIp(text)!)).toEqual([]);
    }
  });
});

it("credentials of a cloud are not somebody's own network, whatever range they hide in", () => {
  const own = (text: string) => isSomebodysOwn(parseIp(text) as IpAddress);
  expect(["10.0.0.1", "192.168.1.1", "172.20.0.2", "100.64.0.1", "fd12::1", "127.0.0.1", "::1"].every(own)).toBe(true);
  expect(
    ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254", "168.63.129.16", "8.8.8.8"].some(own),
  ).toBe(false);
});

it("a host that only this machine reaches is known by its name or address", () => {
  expect(["localhost", "127.0.0.1", "127.8.8.8", "::1"].every(isLoopbackHost)).toBe(true);
  expect(["0.0.0.0", "::", "10.0.0.1", "localhost.example.com", "", "::ffff:127.0.0.1"].some(isLoopbackHost)).toBe(
    false,
  );
});

describe("a network", () => {
  it("holds what begins with its bits", () => {
    const oracleOf = (text: string, address: string): boolean => {
      const [base = "", prefix = ""] = text.split("/");
      const list = new net.BlockList();
      list.addSubnet(base, Number(prefix), net.isIPv4(base) ? "ipv4" : "ipv6");
      return list.check(address, net.isIPv4(address) ? "ipv4" : "ipv6");
    };
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (one, other, prefix) => {
        const { value } = parseIp(one)!;
        const shift = BigInt(32 - prefix);
        const text = `${formatIp({ family: 4, value: (value >> shift) << shift })}/${prefix}`;
        const read = network(text);
        expect(contains(read, parseIp(one)!)).toBe(true);
        expect(contains(read, parseIp(other)!)).toBe(oracleOf(text, other));
      }),
    );
  });

  it("is written once only", () => {
    expect(formatNetwork(network("10.0.0.0/8"))).toBe("10.0.0.0/8");
    expect(formatNetwork(network("10.0.0.1/32"))).toBe("10.0.0.1");
    expect(formatNetwork(network("FD00:0::/8"))).toBe("fd00::/8");
    expect(readNetwork("10.0.0.1/8")).toEqual({ fault: "host_bits", meant: "10.0.0.0/8" });
    for (const text of ["10.0.0.0/33", "::/129", "10.0.0.0/08", "10.0.0.0/", "/8", "10/8", "10.0.0.0/-1", "x/8"]) {
      expect(readNetwork(text)).toEqual({ fault: "shape" });
    }
  });
});
