import { describe, expect, it, onTestFinished } from "vitest";
import type { SendResult } from "../../src/core/attempt.ts";
import { parseNetList } from "../../src/core/egress/net-list.ts";
import type { ReceiverRules } from "../../src/core/egress/policy.ts";
import { HttpSender, type HttpSenderOptions } from "../../src/deliver/http-sender.ts";
import { DEVELOPMENT, localRules } from "../support/egress.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { quickRetries, startSending } from "../support/sending.ts";
import { type StubDns, startStubDns } from "../support/stub-dns.ts";
import { DENIED, openNetwork } from "./support/corpus.ts";

async function stub(answer: Parameters<typeof startStubDns>[0]): Promise<StubDns> {
  const made = await startStubDns(answer);
  onTestFinished(() => made.close());
  return made;
}

function sender(options: Partial<HttpSenderOptions>): HttpSender {
  const made = new HttpSender({ egress: localRules(), hostsFile: "/none", ...options });
  onTestFinished(() => made.close());
  return made;
}

function post(from: HttpSender, url: string, rules: ReceiverRules = DEVELOPMENT): Promise<SendResult> {
  return from.post({ url, headers: [], body: Buffer.from("{}"), timeoutMs: 50_000, rules });
}

/** A policy of its own: equal in what it lets through here. */
function rulesWith(deny: string): ReceiverRules {
  return { ...DEVELOPMENT, deny: parseNetList([deny], "deny", "deny_net") };
}

const BLOCKED = { kind: "error", code: "egress_blocked", remoteAddress: undefined, bytesSent: 0 };

describe("a connection", () => {
  it("serves the policy that it was opened under, and never another", async () => {
    const to = await openReceiver();
    const from = sender({});
    const [one, other] = [rulesWith("10.0.0.0/8"), rulesWith("172.16.0.0/12")];
    for (const rules of [one, other, one, other, { ...one }]) {
      expect(await post(from, to.url, rules)).toMatchObject({ status: 204 });
    }
    expect(to.requests.map(({ connection }) => connection)).toEqual([1, 2, 1, 2, 1]);
    expect(await post(from, to.url, rulesWith("127.0.0.0/8"))).toMatchObject(BLOCKED);
    expect(to.connections).toHaveLength(2);
  });
});

describe("a name whose answers change", () => {
  it("is never followed to this machine: 1,000 tries, each asking anew", async () => {
    const to = await openReceiver();
    let asked = 0;
    // Each of both families by turns: half of the answers are this machine.
    const dns = await stub((_name, type) => {
      asked += 1;
      const isOurs = asked % 3 !== 0;
      if (type === "A") return { a: isOurs ? ["127.0.0.1"] : ["192.0.2.1"], ttl: 0 };
      return { aaaa: isOurs ? ["::1"] : [], ttl: 0 };
    });
    const dialled: string[] = [];
    const from = sender({
      dns: dns.server,
      egress: localRules([], DENIED),
      dial: (address) => {
        dialled.push(address);
        throw new Error("nothing may be dialled");
      },
    });
    const urls = Array.from({ length: 1_000 }, (_, n) => `http://r${n}.attacker.example.net:${to.port}/`);
    const results: SendResult[] = [];
    for (let at = 0; at < urls.length; at += 50) {
      results.push(...(await Promise.all(urls.slice(at, at + 50).map((url) => post(from, url)))));
    }
    expect(results).toHaveLength(1_000);
    for (const result of results) expect(result).toMatchObject(BLOCKED);
    expect(dialled).toEqual([]);
    expect(to.connections).toHaveLength(0);
    expect(asked).toBe(2_000);
  });

  it("is resolved once for the check and the dialling: the address that was checked is the one that is dialled", async () => {
    const { dialled, dialling } = await openNetwork([]);
    let asked = 0;
    const dns = await stub((_name, type) => {
      if (type === "AAAA") return {};
      asked += 1;
      return { a: [asked === 1 ? "93.184.216.34" : "127.0.0.1"], ttl: 0 };
    });
    const from = sender({ dns: dns.server, egress: localRules([], DENIED), ...dialling });
    expect(await post(from, "http://rebind.attacker.example.net/")).toMatchObject({ status: 204 });
    expect(dialled).toEqual([{ address: "93.184.216.34", port: 80 }]);
    expect(asked).toBe(1);
  });

  it.each([
    ["an address of ours beside a public one", { a: ["93.184.216.34", "10.0.0.1"] }],
    ["an address of ours in the other family", { a: ["93.184.216.34"], aaaa: ["fd00::1"] }],
    ["IPv6 only, and that is ours", { aaaa: ["::1"] }],
    ["another name's address, which is ours", { cname: "db.attacker.example.net", a: ["10.0.0.1"] }],
    ["an IPv4 address in IPv6's clothes", { aaaa: ["::ffff:93.184.216.34"] }],
  ])("is refused for %s", async (_what, records) => {
    const { dialled, dialling } = await openNetwork([]);
    const dns = await stub(() => records);
    const from = sender({ dns: dns.server, egress: localRules([], DENIED), ...dialling });
    expect(await post(from, "http://mixed.example.com/")).toMatchObject(BLOCKED);
    expect(dialled).toEqual([]);
  });

  it("is reached under another name's address when that is public", async () => {
    const { dialled, dialling } = await openNetwork([]);
    const dns = await stub(() => ({ cname: "real.example.net", a: ["93.184.216.34"] }));
    const from = sender({ dns: dns.server, ...dialling });
    expect(await post(from, "http://alias.example.com/")).toMatchObject({ status: 204 });
    expect(dialled).toEqual([{ address: "93.184.216.34", port: 80 }]);
  });

  it("is reached over IPv6 alone when that is public", async () => {
    const { dialled, dialling } = await openNetwork([]);
    const dns = await stub(() => ({ aaaa: ["2606:4700:4700::1111"] }));
    expect(await post(sender({ dns: dns.server, ...dialling }), "http://six.example.com/")).toMatchObject({
      status: 204,
    });
    expect(dialled).toEqual([{ address: "2606:4700:4700::1111", port: 80 }]);
  });
});

describe("a redirect", () => {
  const TARGETS = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://[::1]:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f.1:{port}/",
    "//127.0.0.1:{port}/",
    "http://169.254.169.254/",
    "http://10.0.0.1/",
    "gopher://127.0.0.1:{port}/_x",
    "https://example.com/",
  ];

  it.each([301, 302, 303, 307, 308])("with %i leads nowhere, whatever it points to", async (status) => {
    const target = await openReceiver();
    const { dialled, dialling, answer } = await openNetwork([]);
    const dns = await stub(() => ({ a: ["93.184.216.34"] }));
    // This machine is open here: it is not the address that stops it.
    const from = sender({ dns: dns.server, ...dialling });
    for (const pattern of TARGETS) {
      const location = pattern.replace("{port}", String(target.port));
      answer(status, { location });
      expect(await post(from, "http://redirects.example.com/")).toMatchObject({ kind: "answered", status });
    }
    expect(target.connections).toHaveLength(0);
    expect(new Set(dialled.map(({ address }) => address))).toEqual(new Set(["93.184.216.34"]));
  });
});

describe("a delivery that is blocked", () => {
  it("is a failed attempt, and tried again as one whose name does not resolve", async () => {
    const to = await openReceiver();
    let isOurs = true;
    const dns = await stub((name) =>
      name.startsWith("late") && !isOurs ? { a: ["127.0.0.1"], ttl: 0 } : { a: ["10.0.0.1"], ttl: 0 },
    );
    const sending = await startSending({ dialling: { dns: dns.server, hostsFile: "/none" } });
    // Answers are kept for 5 s.
    const subscription = await sending.subscribe(`http://late.example.com:${to.port}/`, { retry: quickRetries(5_500) });
    const published = await sending.publish(subscription);
    await sending.recorded(1);
    expect(await sending.delivery(published)).toMatchObject({ state: "retrying" });
    isOurs = false;
    await sending.recorded(2);
    const attempts = await sending.attempts(published);
    expect(attempts).toMatchObject([
      { outcome: "failure", errorCode: "egress_blocked", remoteAddress: undefined, status: undefined },
      { outcome: "success", status: 204, remoteAddress: "127.0.0.1" },
    ]);
    expect(JSON.stringify(attempts[0])).not.toContain("10.0.0.1");
    expect(to.requests).toHaveLength(1);
  });

  it("takes the same time whether somebody listens there or not: nobody is asked", async () => {
    const to = await openReceiver();
    const from = sender({ egress: localRules([], DENIED) });
    const open = await post(from, `http://127.0.0.1:${to.port}/`);
    const closed = await post(from, "http://127.0.0.1:1234/");
    expect([open, closed]).toMatchObject([BLOCKED, BLOCKED]);
    expect({ ...open, startedAt: 0 }).toEqual({ ...closed, startedAt: 0 });
    expect(to.connections).toHaveLength(0);
  });
});
