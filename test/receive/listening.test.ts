import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { isLoopbackHost } from "../../src/core/egress/special-addresses.ts";
import { ConnectionGate } from "../../src/receive/connection-gate.ts";
import { sendRaw, startTestServer } from "./support/test-server.ts";

const hasIpv6 = await new Promise<boolean>((resolve) => {
  const probe = createServer();
  probe.once("error", () => resolve(false));
  probe.listen(0, "::1", () => probe.close(() => resolve(true)));
});

describe("localhost", () => {
  it.skipIf(!hasIpv6)("is both loopback addresses on one port, and each keeps the server's limits", async () => {
    const server = await startTestServer({
      host: "localhost",
      timeouts: { headersMs: 200, requestMs: 400, checkMs: 50 },
    });
    onTestFinished(() => server.close());
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    for (const host of ["127.0.0.1", "::1"]) {
      const authority = host.includes(":") ? `[${host}]` : host;
      expect((await fetch(`http://${authority}:${server.port}/healthz`)).status).toBe(200);
      const socket = connect(server.port, host);
      let said = "";
      socket.on("data", (chunk) => (said += chunk.toString()));
      socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
      await once(socket, "close");
      expect(said).toContain("HTTP/1.1 408 ");
    }
  });

  it.skipIf(!hasIpv6)("closes both, and waits for neither's idle connections", async () => {
    const server = await startTestServer({ host: "localhost" });
    await (await fetch(`http://[::1]:${server.port}/healthz`)).text();
    await server.close();
    for (const host of ["127.0.0.1", "::1"]) {
      const [error] = (await once(connect(server.port, host), "error").catch((one: unknown) => [one])) as [Error];
      expect(error).toMatchObject({ code: "ECONNREFUSED" });
    }
  });

  it.skipIf(!hasIpv6)("is refused when another program has one of the two", async () => {
    for (const host of ["127.0.0.1", "::1"]) {
      const other = createServer();
      onTestFinished(() => void other.close());
      await once(other.listen(0, host), "listening");
      const { port } = other.address() as AddressInfo;
      await expect(startTestServer({ host: "localhost", port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    }
  });

  it("and other addresses of this machine are the ones that nobody else reaches", () => {
    expect(["localhost", "127.0.0.1", "127.9.8.7", "::1"].every(isLoopbackHost)).toBe(true);
    const others = [
      "0.0.0.0",
      "::",
      "10.0.0.1",
      "127.0.0.1.example.com",
      "localhost.example.com",
      "127.1",
      "",
      "128.0.0.1",
    ];
    expect(others.some(isLoopbackHost)).toBe(false);
  });
});

describe("connections", () => {
  const open = async (port: number) => {
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    await once(socket, "connect");
    return socket;
  };

  it("above the limit are answered 503 and cost the others nothing; one that ends makes room", async () => {
    const crowded: unknown[] = [];
    const server = await startTestServer({
      connections: { total: 5, perAddress: 5 },
      onCrowded: (...what) => crowded.push(what),
    });
    onTestFinished(() => server.close());
    const sockets = [];
    for (let count = 0; count < 5; count++) sockets.push(await open(server.port));
    const request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const refused = await sendRaw(server.port, request);
    expect(refused).toMatchObject({ status: 503, json: { error: { code: "unavailable" } } });
    expect(refused.headers.get("retry-after")).toBe("5");
    expect(crowded).toEqual([["total", "127.0.0.1"]]);

    let answer = "";
    sockets[0]!.on("data", (chunk) => (answer += chunk.toString()));
    sockets[0]!.write(request);
    await once(sockets[0]!, "close");
    expect(answer).toContain("HTTP/1.1 200 ");
    await expect.poll(async () => (await sendRaw(server.port, request)).status, { timeout: 30_000 }).toBe(200);
  });

  it("of one address are bounded, an IPv6 network of 64 bits counting as one; who speaks for many is not", async () => {
    const listening = createServer();
    onTestFinished(() => void listening.close());
    await once(listening.listen(0, "127.0.0.1"), "listening");
    const { port } = listening.address() as AddressInfo;
    const gate = new ConnectionGate({ total: 100, perAddress: 2 }, (address) => address === "192.0.2.1");
    /** A real socket that says it comes from elsewhere. */
    const from = async (address: string) => {
      const socket = await open(port);
      Object.defineProperty(socket, "remoteAddress", { value: address });
      return { socket, refusal: gate.admit(socket) };
    };
    const refusals = async (...addresses: string[]) => {
      const found = [];
      for (const address of addresses) found.push((await from(address)).refusal);
      return found;
    };
    expect(await refusals("203.0.113.1", "::ffff:203.0.113.1", "203.0.113.1", "203.0.113.2")).toEqual([
      undefined,
      undefined,
      "address",
      undefined,
    ]);
    expect(await refusals("2001:db8::1", "2001:db8:0:0:ffff::2", "2001:db8:0::3", "2001:db8:0:1::1")).toEqual([
      undefined,
      undefined,
      "address",
      undefined,
    ]);
    expect(await refusals(...Array<string>(10).fill("192.0.2.1"))).toEqual(Array(10).fill(undefined));
    const before = gate.total;
    const last = await from("198.51.100.1");
    expect(gate.total).toBe(before + 1);
    last.socket.destroy();
    await once(last.socket, "close");
    expect(gate.total).toBe(before);
  });
});
