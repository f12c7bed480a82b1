import net from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SendResult } from "../../src/core/attempt.ts";
import type { Refusal } from "../../src/core/egress/policy.ts";
import type { Blocked } from "../../src/deliver/connect.ts";
import { HttpSender, type HttpSenderOptions, type PolicySource } from "../../src/deliver/http-sender.ts";
import { DEVELOPMENT, localRules } from "../support/egress.ts";
import { closedPort, type Receiver, type ReceiverOptions, startReceiver } from "../support/receiver.ts";
import { type StubDns, startStubDns } from "../support/stub-dns.ts";

const BODY = Buffer.from("{}");

async function stub(answer: Parameters<typeof startStubDns>[0]): Promise<StubDns> {
  const made = await startStubDns(answer);
  onTestFinished(() => made.close());
  return made;
}

async function receiver(options?: ReceiverOptions): Promise<Receiver> {
  const made = await startReceiver(options);
  onTestFinished(() => made.close());
  return made;
}

function sender(server: StubDns, options: Partial<HttpSenderOptions> = {}): HttpSender {
  const egress = localRules(["*.example", "192.0.2.0/24", "::ffff:127.0.0.0/104"]);
  const made = new HttpSender({ egress, dns: server.server, hostsFile: "/none", ...options });
  onTestFinished(() => made.close());
  return made;
}

function post(from: HttpSender, url: string, timeoutMs = 50_000): Promise<SendResult> {
  return from.post({ url, headers: [], body: BODY, timeoutMs, rules: DEVELOPMENT });
}

describe("a receiver that has a name", () => {
  it("is asked for at the name server given, and reached under its name", async () => {
    const server = await stub(() => ({ a: ["127.0.0.1"] }));
    const to = await receiver();
    const result = await post(sender(server), `http://hooks.example:${to.port}/in`);
    expect(result).toMatchObject({ kind: "answered", status: 204, remoteAddress: "127.0.0.1" });
    expect((await to.request(1)).headers["host"]).toBe(`hooks.example:${to.port}`);
    expect(server.questions).toHaveLength(2);
  });

  it("is looked up once for connections that open together", async () => {
    const server = await stub(() => ({ a: ["127.0.0.1"] }));
    const to = await receiver();
    const from = sender(server);
    const url = `http://hooks.example:${to.port}/`;
    const results = await Promise.all(Array.from({ length: 40 }, () => post(from, url)));
    expect(results.every((result) => result.kind === "answered")).toBe(true);
    expect(server.questions).toHaveLength(2);
  });

  it.each([
    ["refuses", ["127.0.0.2", "127.0.0.3", "127.0.0.1"]],
    // TEST-NET-1: leads nowhere, at once or by silence.
    ["does not answer", ["192.0.2.1", "127.0.0.1"]],
  ])("is reached at a later address when the first %s", async (_how, addresses) => {
    const server = await stub(() => ({ a: addresses }));
    const to = await receiver();
    expect(await post(sender(server), `http://hooks.example:${to.port}/`)).toMatchObject({
      kind: "answered",
      remoteAddress: "127.0.0.1",
    });
    expect(to.connections).toHaveLength(1);
  });

  it("is reached over IPv4 when its IPv6 address leads nowhere, and the other way round", async () => {
    const server = await stub((name) =>
      name === "four.example" ? { a: ["127.0.0.1"], aaaa: ["::1"] } : { a: ["127.0.0.2"], aaaa: ["::ffff:127.0.0.1"] },
    );
    const to = await receiver();
    const from = sender(server);
    expect(await post(from, `http://four.example:${to.port}/`)).toMatchObject({ remoteAddress: "127.0.0.1" });
    expect(await post(from, `http://six.example:${to.port}/`)).toMatchObject({ kind: "answered", status: 204 });
  });

  it("fails with the first address's error when no address answers", async () => {
    const server = await stub(() => ({ a: ["127.0.0.1", "127.0.0.2"] }));
    expect(await post(sender(server), `http://hooks.example:${await closedPort()}/`)).toMatchObject({
      code: "refused",
      phase: "connect",
      remoteAddress: "127.0.0.1",
    });
  });

  it.each([
    ["nxdomain", "the host name does not exist (ENOTFOUND)"],
    [{}, "the host name has no address (ENODATA)"],
    ["servfail", "the name server failed (ESERVFAIL)"],
    ["refused", "the name server refused to answer (EREFUSED)"],
    ["silent", "no name server answered in time (ETIMEOUT)"],
  ] as const)("whose name server answers %j fails as dns_failed, and says why", async (answer, message) => {
    const server = await stub(() => answer);
    const from = sender(server, { lookupMs: 300 });
    expect(await post(from, "http://hooks.example/")).toMatchObject({
      kind: "error",
      code: "dns_failed",
      message,
      phase: "dns",
      remoteAddress: undefined,
      bytesSent: 0,
    });
  });

  it("without a name server anywhere fails as dns_failed", async () => {
    const server = await startStubDns(() => ({}));
    await server.close();
    expect(await post(sender(server), "http://hooks.example/")).toMatchObject({
      code: "dns_failed",
      message: "no name server could be reached (ECONNREFUSED)",
    });
  });

  it("whose name is never answered fails at the attempt's own time-out, and nothing stays", async () => {
    const server = await stub(() => "held");
    const from = sender(server, { lookupMs: 60_000 });
    expect(await post(from, "http://hooks.example/", 300)).toMatchObject({
      code: "timeout",
      phase: "dns",
      message: "no answer within 300 ms: timed out resolving the host name",
    });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(from.connections).toBe(0);
  });

  it("is not waited for when the sender closes", async () => {
    const server = await stub(() => "held");
    const from = sender(server, { lookupMs: 60_000 });
    const pending = post(from, "http://hooks.example/");
    await server.asked(2);
    await from.close();
    expect(await pending).toMatchObject({ code: "reset", message: "hooks is stopping" });
  });
});

describe("slow names", () => {
  it("ten that take for ever to fail delay no other receiver", async () => {
    const server = await stub((name) => (name.startsWith("slow") ? "held" : { a: ["127.0.0.1"] }));
    const to = await receiver();
    const from = sender(server, { lookupMs: 60_000 });
    const ended: string[] = [];
    const slow = Array.from({ length: 100 }, (_, n) =>
      post(from, `http://slow${n % 10}.example/`).then((result) => {
        ended.push("slow");
        return result;
      }),
    );
    await server.asked(20);
    const healthy = Array.from({ length: 90 }, (_, n) => post(from, `http://healthy${n}.example:${to.port}/`));
    for (const result of await Promise.all(healthy)) expect(result).toMatchObject({ kind: "answered", status: 204 });
    expect(ended).toEqual([]);
    server.release();
    for (const result of await Promise.all(slow)) expect(result).toMatchObject({ code: "dns_failed" });
  });
});

describe("an address that may not be reached", () => {
  const FORBIDDEN = { kind: "error", code: "egress_blocked", remoteAddress: undefined, bytesSent: 0 };

  /** Sends to everyone but those addresses. */
  function allBut(forbidden: (address: string) => boolean, asked: string[] = []): PolicySource {
    const refusalOf = (_host: string, address: string): Refusal | undefined => {
      asked.push(address);
      return forbidden(address) ? { rule: "address", what: "may not be sent to" } : undefined;
    };
    const policy = { key: "", refusalOf, refusalOfUrl: () => undefined };
    return { policyFor: () => policy };
  }

  it("is not dialled, be it the name's only one, one of several, or written out", async () => {
    const server = await stub((name) => ({ a: name === "one.example" ? ["127.0.0.1"] : ["127.0.0.2", "127.0.0.1"] }));
    const to = await receiver();
    const asked: string[] = [];
    const told: Blocked[] = [];
    const egress = allBut((address) => address === "127.0.0.1", asked);
    const from = sender(server, { egress, onBlocked: (blocked) => told.push(blocked) });
    for (const host of ["one.example", "two.example", "127.0.0.1", "localhost"]) {
      const result = await post(from, `http://${host}:${to.port}/`);
      expect(result).toMatchObject(FORBIDDEN);
      // Which address it was, the operator hears alone.
      expect(JSON.stringify(result)).not.toContain("127.0.0.1");
      expect(told.pop()).toEqual({ host, port: to.port, address: "127.0.0.1", rule: "address" });
    }
    expect(asked).toContain("127.0.0.2");
    expect(to.connections).toHaveLength(0);
  });

  it("is not reached over a connection that was opened while it was allowed either", async () => {
    const server = await stub(() => ({ a: ["127.0.0.1"] }));
    const to = await receiver();
    let isForbidden = false;
    const from = sender(server, { egress: allBut(() => isForbidden) });
    const url = `http://one.example:${to.port}/`;
    expect(await post(from, url)).toMatchObject({ status: 204 });
    isForbidden = true;
    expect(await post(from, url)).toMatchObject(FORBIDDEN);
    isForbidden = false;
    expect(await post(from, url)).toMatchObject({ status: 204 });
    expect(to.connections).toHaveLength(2);
    expect(to.requests).toHaveLength(2);
  });

  it("is left before a byte is sent when the socket turns out to have another peer than was dialled", async () => {
    const server = await stub(() => ({ a: ["127.0.0.2"] }));
    const to = await receiver();
    const dial = () => net.connect({ host: "127.0.0.1", port: to.port });
    const from = sender(server, { egress: allBut((address) => address === "127.0.0.1"), dial });
    expect(await post(from, "http://one.example/")).toMatchObject(FORBIDDEN);
    expect(to.requests).toHaveLength(0);
    expect(await post(sender(server, { egress: allBut(() => false), dial }), "http://one.example/")).toMatchObject({
      status: 204,
    });
  });
});
