import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EgressRules } from "../../../src/core/egress/egress-rules.ts";
import { parseIp } from "../../../src/core/egress/ip-address.ts";
import { parseNetList } from "../../../src/core/egress/net-list.ts";
import { contains, readNetwork } from "../../../src/core/egress/network.ts";
import { type GivenNames, ownNames } from "../../../src/core/egress/own-names.ts";
import type { EgressPolicy } from "../../../src/core/egress/policy.ts";
import { readTargetUrl, type TargetUrl } from "../../../src/core/egress/target-url.ts";

interface Lists {
  allow?: string[];
  deny?: string[];
  /** Of the receiver. */
  only?: string[];
  not?: string[];
  environment?: string;
  isLoopbackOnly?: boolean;
}

function policyOf({
  allow = [],
  deny = [],
  only = [],
  not = [],
  environment = "development",
  ...rest
}: Lists): EgressPolicy {
  return new EgressRules({
    allow: parseNetList(allow, "allow", "allow"),
    deny: parseNetList(deny, "deny", "deny"),
    isLoopbackOnly: rest.isLoopbackOnly ?? false,
  }).policyFor({
    environment,
    allow: parseNetList(only, "allow", "allow_net"),
    deny: parseNetList(not, "deny", "deny_net"),
  });
}

/** The rule that refuses a URL, once its host has this address. */
function ruleOf(policy: EgressPolicy, url: string, address?: string): string | undefined {
  const target = readTargetUrl(url) as TargetUrl;
  return policy.refusalOfUrl(target)?.rule ?? policy.refusalOf(target.host, address ?? target.host, target.port)?.rule;
}

const PUBLIC = "93.184.216.34";

describe("without lists", () => {
  it("public addresses may be reached, in any environment", () => {
    for (const environment of ["development", "production"]) {
      expect(ruleOf(policyOf({ environment }), "https://example.com/", PUBLIC)).toBeUndefined();
      expect(ruleOf(policyOf({ environment }), "https://8.8.8.8:8443/")).toBeUndefined();
    }
  });

  it("http is for development only", () => {
    expect(ruleOf(policyOf({}), "http://example.com/", PUBLIC)).toBeUndefined();
    for (const environment of ["production", "staging", "development2"]) {
      expect(ruleOf(policyOf({ environment }), "http://example.com:443/", PUBLIC)).toBe("https");
    }
  });

  it("names that are nobody's public ones are refused before they are resolved", () => {
    const policy = policyOf({});
    const names = ["localhost", "a.localhost", "printer.local", "db", "db.internal", "a.svc", "x.test", "h.onion"];
    for (const name of [...names, "nas.home.arpa", "api.prod.svc.cluster.local", "localhost.localdomain"]) {
      expect([name, ruleOf(policy, `https://${name}/`, PUBLIC)]).toEqual([name, "name"]);
    }
    for (const name of ["local.example.com", "internal.example.com", "example.com", "test.com", "mylocal.net"]) {
      expect([name, ruleOf(policy, `https://${name}/`, PUBLIC)]).toEqual([name, undefined]);
    }
  });

  it.each([0, 22, 25, 53, 2375, 5432, 6379, 6667, 9200, 11_211, 27_017])("port %d is refused", (port) => {
    expect(ruleOf(policyOf({}), `https://example.com:${port}/`, PUBLIC)).toBe("port");
  });

  it.each([80, 443, 1024, 3000, 8080, 8443, 65_535])("port %d is not", (port) => {
    expect(ruleOf(policyOf({}), `http://example.com:${port}/`, PUBLIC)).toBeUndefined();
  });

  it("what is no address is refused: it fails closed", () => {
    for (const address of ["", "not-an-ip", "fe80::1%eth0", "1.2.3", "::ffff:8.8.8.8"]) {
      expect(ruleOf(policyOf({}), "https://example.com/", address)).toBe("address");
    }
  });
});

describe("this machine", () => {
  const local = { isLoopbackOnly: true };

  it("may be reached in development, by a daemon that nobody else reaches", () => {
    for (const url of ["http://localhost:3000/", "http://127.0.0.1:3000/", "http://127.9.9.9/", "http://[::1]:3000/"]) {
      expect(ruleOf(policyOf(local), url, "127.0.0.1")).toBeUndefined();
      expect(ruleOf(policyOf({}), url, "127.0.0.1")).toMatch(/^(name|address)$/);
      expect(ruleOf(policyOf({ ...local, environment: "production" }), url, "127.0.0.1")).toBe("https");
    }
    expect(ruleOf(policyOf({ ...local, environment: "production" }), "https://127.0.0.1/")).toBe("address");
    expect(ruleOf(policyOf(local), "http://app.localhost/", "::1")).toBeUndefined();
  });

  it("is all that may: nothing else private", () => {
    const others = [
      "10.0.0.1",
      "192.168.1.1",
      "169.254.169.254",
      "0.0.0.0",
      "100.64.0.1",
      "fd00::1",
      "::ffff:127.0.0.1",
      "::",
    ];
    for (const address of others) {
      expect([address, ruleOf(policyOf(local), "http://example.com/", address)]).toEqual([address, "address"]);
    }
  });

  it("keeps the ports of data stores to itself, but not those of old protocols", () => {
    for (const port of [2375, 5432, 6379, 9200])
      expect(ruleOf(policyOf(local), `http://localhost:${port}/`, "::1")).toBe("port");
    for (const port of [1, 9, 6667]) expect(ruleOf(policyOf(local), `http://127.0.0.1:${port}/`)).toBeUndefined();
    expect(ruleOf(policyOf(local), "http://127.0.0.1:0/")).toBe("port");
  });
});

describe("--allow-net", () => {
  it("opens the network that it names, and no other", () => {
    const policy = policyOf({ allow: ["10.1.0.0/16", "fd12::/32"] });
    expect(ruleOf(policy, "http://10.1.2.3/")).toBeUndefined();
    expect(ruleOf(policy, "http://[fd12::5]/")).toBeUndefined();
    expect(ruleOf(policy, "http://example.com/", "10.1.2.3")).toBeUndefined();
    for (const url of ["http://10.2.0.1/", "http://127.0.0.1/", "http://[fd13::1]/", "http://[::ffff:10.1.2.3]/"]) {
      expect([url, ruleOf(policy, url)]).toEqual([url, "address"]);
    }
  });

  it("opens one port when it names one", () => {
    const policy = policyOf({ allow: ["10.1.2.3:8080"] });
    expect(ruleOf(policy, "http://10.1.2.3:8080/")).toBeUndefined();
    expect(ruleOf(policy, "http://10.1.2.3:8081/")).toBe("address");
  });

  it("switches no other check off", () => {
    const policy = policyOf({ allow: ["10.1.2.3", "10.1.2.3:5432"], environment: "production" });
    expect(ruleOf(policy, "http://10.1.2.3/")).toBe("https");
    expect(ruleOf(policy, "https://10.1.2.3:5432/")).toBe("port");
    expect(ruleOf(policy, "https://db.internal/", "10.1.2.3")).toBe("name");
    expect(ruleOf(policy, "https://10.1.2.3/")).toBeUndefined();
  });

  it("opens a name for somebody's own network, exactly that name, and never for a cloud's credentials", () => {
    const policy = policyOf({ allow: ["billing.internal", "*.svc", "shop"] });
    for (const address of ["10.1.2.3", "192.168.0.2", "127.0.0.1", "fd00::1", PUBLIC]) {
      expect(ruleOf(policy, "http://billing.internal/", address)).toBeUndefined();
      expect(ruleOf(policy, "http://a.b.svc/", address)).toBeUndefined();
      expect(ruleOf(policy, "http://shop:3000/", address)).toBeUndefined();
    }
    for (const address of [
      "169.254.169.254",
      "fd00:ec2::254",
      "100.100.100.200",
      "0.0.0.0",
      "224.0.0.1",
      "::ffff:10.0.0.1",
    ]) {
      expect([address, ruleOf(policy, "http://billing.internal/", address)]).toEqual([address, "address"]);
    }
    expect(ruleOf(policy, "http://x.billing.internal/", "10.1.2.3")).toBe("name");
    expect(ruleOf(policy, "http://svc/", "10.1.2.3")).toBe("name");
    expect(ruleOf(policy, "http://example.com/", "10.1.2.3")).toBe("address");
  });

  it("opens what carries IPv4 only as far as that address is open", () => {
    const nat64 = policyOf({ allow: ["64:ff9b::/96"] });
    expect(ruleOf(nat64, "http://example.com/", "64:ff9b::8.8.8.8")).toBeUndefined();
    expect(ruleOf(nat64, "http://example.com/", "64:ff9b::10.0.0.1")).toBe("address");
    expect(ruleOf(nat64, "http://example.com/", "64:ff9b::169.254.169.254")).toBe("address");
    const both = policyOf({ allow: ["64:ff9b::/96", "10.0.0.0/8"] });
    expect(ruleOf(both, "http://example.com/", "64:ff9b::10.0.0.1")).toBeUndefined();
  });
});

describe("--deny-net", () => {
  it("beats every allowance", () => {
    const denied = policyOf({ allow: ["10.0.0.0/8", "db.corp"], deny: ["10.1.0.0/16", "corp"], isLoopbackOnly: true });
    expect(ruleOf(denied, "http://10.1.2.3/")).toBe("denied");
    expect(ruleOf(denied, "http://10.2.2.3/")).toBeUndefined();
    expect(ruleOf(denied, "http://db.corp/", PUBLIC)).toBe("denied");
    const loopback = policyOf({ deny: ["127.0.0.0/8", "::1/128"], isLoopbackOnly: true });
    for (const [url, address] of [
      ["http://127.0.0.1/", undefined],
      ["http://[::1]/", undefined],
      ["http://localhost/", "127.0.0.1"],
      ["http://localhost/", "::1"],
    ] as const) {
      expect(ruleOf(loopback, url, address)).toBe("denied");
    }
  });

  it("covers a name and all below it, an address in every form, and one port when it names one", () => {
    const policy = policyOf({ deny: ["example.com", "8.8.8.0/24", "1.1.1.1:8080"], allow: ["64:ff9b::/96"] });
    expect(ruleOf(policy, "http://example.com/", PUBLIC)).toBe("denied");
    expect(ruleOf(policy, "http://a.example.com/", PUBLIC)).toBe("denied");
    expect(ruleOf(policy, "http://notexample.com/", PUBLIC)).toBeUndefined();
    expect(ruleOf(policy, "http://notexample.com/", "8.8.8.8")).toBe("denied");
    expect(ruleOf(policy, "http://notexample.com/", "64:ff9b::8.8.8.8")).toBe("denied");
    expect(ruleOf(policy, "http://1.1.1.1:8080/")).toBe("denied");
    expect(ruleOf(policy, "http://1.1.1.1/")).toBeUndefined();
  });
});

describe("a subscription's own lists", () => {
  it("only narrow", () => {
    const policy = policyOf({ only: ["10.0.0.0/8", "8.8.8.0/24", "example.com", "db.internal"], not: ["8.8.8.8"] });
    expect(ruleOf(policy, "http://10.1.2.3/")).toBe("address");
    expect(ruleOf(policy, "http://db.internal/", "10.1.2.3")).toBe("name");
    expect(ruleOf(policy, "http://8.8.8.4/")).toBeUndefined();
    expect(ruleOf(policy, "http://8.8.8.8/")).toBe("denied");
    expect(ruleOf(policy, "http://example.com/", PUBLIC)).toBeUndefined();
    expect(ruleOf(policy, "http://example.org/", PUBLIC)).toBe("not_allowed");
    expect(ruleOf(policy, "http://example.org/", "8.8.8.4")).toBeUndefined();
    expect(ruleOf(policyOf({ only: ["example.com"] }), "http://8.8.8.8/")).toBe("not_allowed");
  });

  it("cannot take back what the server denies", () => {
    expect(ruleOf(policyOf({ only: ["8.8.8.8"], deny: ["8.8.8.8"] }), "http://8.8.8.8/")).toBe("denied");
  });
});

describe("whatever the lists are", () => {
  const networks = [
    "10.0.0.0/8",
    "10.1.0.0/16",
    "127.0.0.0/8",
    "8.8.0.0/16",
    "8.8.8.8",
    "fd00::/8",
    "64:ff9b::/96",
    "::1",
  ];
  const names = ["example.com", "*.example.com", "db.internal", "localhost", "8.8.8.8:8080"];
  const list = fc.subarray([...networks, ...names], { maxLength: 5 });
  const target = fc.record({
    host: fc.constantFrom(
      "example.com",
      "a.example.com",
      "db.internal",
      "localhost",
      "8.8.8.8",
      "10.1.2.3",
      "127.0.0.1",
    ),
    address: fc.constantFrom(
      "8.8.8.8",
      "8.8.9.9",
      "10.1.2.3",
      "10.2.2.3",
      "127.0.0.1",
      "::1",
      "fd00::1",
      "64:ff9b::a01:203",
      "1.1.1.1",
    ),
    port: fc.constantFrom(80, 8080),
  });
  const cases = fc.tuple(list, list, list, list, fc.boolean(), fc.constantFrom("development", "production"), target);
  const isReached = (lists: Lists, { host, address, port }: { host: string; address: string; port: number }): boolean =>
    ruleOf(policyOf(lists), `https://${host}:${port}/`, parseIp(host) === undefined ? address : host) === undefined;

  it("a subscription's own only take away, and so does everything that is denied", () => {
    fc.assert(
      fc.property(cases, ([allow, deny, only, not, isLoopbackOnly, environment, to]) => {
        const server = { isLoopbackOnly, environment };
        const all = isReached({ ...server, allow, deny, only, not }, to);
        if (!all) return;
        expect(isReached({ ...server, allow, deny }, to)).toBe(true);
        expect(isReached({ ...server, allow }, to)).toBe(true);
        expect(isReached({ ...server, allow, deny, not }, to)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it("an allowance takes nothing away, and what is denied stays so under any", () => {
    fc.assert(
      fc.property(cases, ([allow, deny, only, not, isLoopbackOnly, environment, to]) => {
        const server = { isLoopbackOnly, environment, deny, only, not };
        if (isReached(server, to)) expect(isReached({ ...server, allow }, to)).toBe(true);
        const ip = parseIp(parseIp(to.host) === undefined ? to.address : to.host)!;
        const [isDenied] = deny
          .map((text) => readNetwork(text))
          .filter((one) => !("fault" in one) && contains(one, ip));
        if (isDenied !== undefined) expect(isReached({ ...server, allow }, to)).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("the daemon's own door", () => {
  it("is no receiver, by any of its addresses, from the moment it is known", () => {
    const rules = new EgressRules({ allow: [], deny: [], isLoopbackOnly: true });
    const policy = rules.policyFor({ environment: "development", allow: [], deny: [] });
    expect(ruleOf(policy, "http://127.0.0.1:4680/")).toBeUndefined();
    rules.setOwnDoor({ port: 4680, addresses: [parseIp("203.0.114.7")!] });
    for (const [url, address] of [
      ["http://127.0.0.1:4680/", undefined],
      ["http://localhost:4680/", "::1"],
      ["http://relay.example.com:4680/", "203.0.114.7"],
    ] as const) {
      expect(ruleOf(policy, url, address)).toBe("own");
    }
    expect(ruleOf(policy, "http://127.0.0.1:4681/")).toBeUndefined();
    expect(ruleOf(policy, "http://relay.example.com:4681/", "203.0.114.7")).toBeUndefined();
  });

  const policyOfNames = (names: GivenNames, port = 4680) =>
    new EgressRules({ allow: [], deny: [], isLoopbackOnly: false, ownNames: ownNames(names, port) }).policyFor({
      environment: "development",
      allow: [],
      deny: [],
    });

  it.each([
    [
      "https://hooks.example.com",
      [
        "https://hooks.example.com/in/x",
        "https://HOOKS.example.com.:443",
        "http://hooks.example.com/",
        "http://hooks.example.com:4680/",
      ],
      [
        "https://hooks.example.com:8443/",
        "https://xhooks.example.com/",
        "https://example.com/",
        "https://a.hooks.example.com/",
      ],
    ],
    [
      "https://Hooks.Example.com.:8443/",
      ["https://hooks.example.com:8443/in/x", "http://hooks.example.com.:8443/"],
      ["https://hooks.example.com/"],
    ],
    [
      "https://bücher.example.com",
      ["https://xn--bcher-kva.example.com/", "https://Bücher.example.com/"],
      ["https://bucher.example.com/"],
    ],
    ["https://203.0.114.9", ["https://203.0.114.9/in/x"], ["https://203.0.114.10/"]],
    ["https://[2A01:4f8::1]", ["https://[2a01:4f8:0::1]/"], ["https://[2a01:4f8::2]/"]],
    [
      "https://example.com/relay/",
      [
        "https://example.com/relay",
        "https://example.com/relay/in/x",
        "https://example.com//relay/in",
        "https://example.com/%72elay/in/x",
        "https://example.com/a/../relay/?x",
      ],
      ["https://example.com/", "https://example.com/relays/in", "https://example.com/webhooks?relay/"],
    ],
  ])("nor by its public URL %s", (publicUrl, own, others) => {
    const policy = policyOfNames({ publicUrl: new URL(publicUrl) });
    for (const url of own) expect(ruleOf(policy, url, PUBLIC), url).toBe("own");
    for (const url of others) expect(ruleOf(policy, url, PUBLIC), url).toBeUndefined();
    const without = policyOfNames({});
    for (const url of own) expect(ruleOf(without, url, PUBLIC), url).toBeUndefined();
  });

  it("nor by a name that a request's Host may have, where a proxy or it itself stands", () => {
    const policy = policyOfNames({ allowedHosts: ["box.example.com", "[2a01:4f8::1]:9443", "b.example.com:80"] });
    const own = [
      "http://box.example.com/",
      "https://box.example.com/",
      "http://box.example.com:4680/",
      "https://[2a01:4f8::1]:9443/",
      "http://b.example.com/",
    ];
    for (const url of own) expect(ruleOf(policy, url, PUBLIC), url).toBe("own");
    // Another program of that machine is one.
    for (const url of ["http://box.example.com:3000/", "https://[2a01:4f8::1]/", "https://b.example.com/"]) {
      expect(ruleOf(policy, url, PUBLIC), url).toBeUndefined();
    }
  });
});

describe("a policy's key", () => {
  it("is the same for the same rules, in any order, and differs with each of them", () => {
    const base: Lists = { allow: ["10.0.0.0/8", "a.b"], deny: ["10.1.0.0/16"], only: ["c.d"], not: ["e.f"] };
    const key = policyOf(base).key;
    expect(policyOf({ ...base, allow: ["a.b", "10.0.0.0/8"] }).key).toBe(key);
    const others: Lists[] = [
      { ...base, allow: ["10.0.0.0/8"] },
      { ...base, deny: [] },
      { ...base, only: ["c.e"] },
      { ...base, not: ["e.f:80"] },
      { ...base, environment: "production" },
      { ...base, isLoopbackOnly: true },
      { ...base, allow: ["a.b"], deny: ["10.0.0.0/8", "10.1.0.0/16"] },
    ];
    expect(new Set([key, ...others.map((lists) => policyOf(lists).key)]).size).toBe(others.length + 1);
  });

  it("stands for one policy", () => {
    const rules = new EgressRules({ allow: [], deny: [], isLoopbackOnly: false });
    const one = rules.policyFor({ environment: "production", allow: [], deny: [] });
    expect(rules.policyFor({ environment: "production", allow: [], deny: [] })).toBe(one);
    expect(rules.policyFor({ environment: "staging", allow: [], deny: [] })).not.toBe(one);
  });
});
