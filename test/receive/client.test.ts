import { once } from "node:events";
import { createServer, IncomingMessage, request } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import { assert, property, string } from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseTrustedProxies } from "../../src/core/door-settings.ts";
import { HooksError } from "../../src/core/errors.ts";
import { Clients } from "../../src/receive/client.ts";
import { keyOf, sendRaw, startTestServer } from "./support/test-server.ts";

/** Answers whom a request comes from, as told by the header `x-trust`: what `--trust-proxy` would be. */
const server = createServer((incoming, answer) => {
  const trust = incoming.headers["x-trust"] as string;
  const clients = new Clients(trust === "" ? undefined : parseTrustedProxies(trust, "trust"));
  try {
    answer.end(JSON.stringify(clients.of(incoming)));
  } catch (error) {
    answer.end(JSON.stringify({ code: (error as HooksError).code, field: (error as HooksError).field }));
  }
});
beforeAll(() => once(server.listen(0, "127.0.0.1"), "listening"));
afterAll(() => void server.close());

async function clientOf(trust: string, headers: Record<string, string | string[]>): Promise<unknown> {
  const { port } = server.address() as AddressInfo;
  const outgoing = request({ host: "127.0.0.1", port, headers: { ...headers, "x-trust": trust } });
  outgoing.end();
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of answer) text += String(chunk);
  return JSON.parse(text);
}

const addressOf = async (trust: string, forwardedFor: string): Promise<unknown> =>
  ((await clientOf(trust, { "x-forwarded-for": forwardedFor })) as { address: string }).address;

describe("without a trusted proxy", () => {
  const lies = {
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "hooks.example.com",
    forwarded: "for=203.0.113.9;proto=https;host=hooks.example.com",
    "x-real-ip": "203.0.113.9",
  };

  it.each(["", "10.0.0.0/8", "::1"])("the headers say nothing (--trust-proxy %j)", async (trust) => {
    expect(await clientOf(trust, lies)).toEqual({ address: "127.0.0.1", isSecure: false });
  });
});

describe("X-Forwarded-*", () => {
  it.each([
    ["loopback", "203.0.113.9", "203.0.113.9"],
    ["loopback", "203.0.113.9:4711", "203.0.113.9"],
    ["loopback", "2001:DB8::7", "2001:db8::7"],
    ["loopback", "[2001:db8::7]:4711", "2001:db8::7"],
    ["loopback", "::ffff:203.0.113.9", "203.0.113.9"],
    // What is left of the first one that is not trusted may be anything.
    ["loopback", "198.51.100.1, 203.0.113.9", "203.0.113.9"],
    ["loopback", "127.0.0.1, 203.0.113.9", "203.0.113.9"],
    ["loopback,10.0.0.0/8", "198.51.100.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"],
    ["loopback,10.0.0.0/8", "10.9.9.9, 10.1.2.3", "10.9.9.9"],
    // The nearest that is known.
    ["loopback", "unknown", "127.0.0.1"],
    ["loopback", "203.0.113.9, _hidden", "127.0.0.1"],
    ["loopback,10.0.0.0/8", "203.0.113.9, <script>, 10.1.2.3", "10.1.2.3"],
    ["loopback", "999.1.1.1", "127.0.0.1"],
    ["loopback", "", "127.0.0.1"],
    // Counted from the right.
    ["1", "198.51.100.1, 203.0.113.9", "203.0.113.9"],
    ["2", "198.51.100.1, 203.0.113.9, 192.0.2.5", "203.0.113.9"],
    ["3", "203.0.113.9", "203.0.113.9"],
  ])("--trust-proxy %s: %j is %s", async (trust, header, address) => {
    expect(await addressOf(trust, header)).toBe(address);
  });

  it("counts several lines as one", async () => {
    expect(await clientOf("loopback", { "x-forwarded-for": ["198.51.100.1", "203.0.113.9"] })).toMatchObject({
      address: "203.0.113.9",
    });
  });

  it("says by which protocol and host it came, each at the client's place", async () => {
    expect(
      await clientOf("loopback", {
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "Hooks.Example.com",
      }),
    ).toEqual({ address: "203.0.113.9", isSecure: true, host: "hooks.example.com" });
    // A client that sends these itself, through a proxy that appends.
    expect(
      await clientOf("loopback", {
        "x-forwarded-for": "198.51.100.1, 203.0.113.9",
        "x-forwarded-proto": "https, http",
        "x-forwarded-host": "attacker.example.net, hooks.example.com",
      }),
    ).toEqual({ address: "203.0.113.9", isSecure: false, host: "hooks.example.com" });
  });
});

describe("Forwarded (RFC 7239)", () => {
  it.each([
    ["for=203.0.113.9", "203.0.113.9"],
    ["For=203.0.113.9;Proto=https;by=10.0.0.1", "203.0.113.9"],
    ['for="[2001:db8::7]:4711"', "2001:db8::7"],
    ['for="203.0.113.9:4711"', "203.0.113.9"],
    ["for=203.0.113.9:4711", "203.0.113.9"],
    ["for=198.51.100.1, for=203.0.113.9", "203.0.113.9"],
    ["for=unknown", "127.0.0.1"],
    ['for="_a,b;c"', "127.0.0.1"],
    ["proto=https", "127.0.0.1"],
  ])("%s", async (header, address) => {
    expect(await clientOf("loopback", { forwarded: header })).toMatchObject({ address });
  });

  it("says by which protocol and host it came", async () => {
    expect(await clientOf("loopback", { forwarded: 'for=203.0.113.9;proto=https;host="hooks.example.com"' })).toEqual({
      address: "203.0.113.9",
      isSecure: true,
      host: "hooks.example.com",
    });
  });

  it.each(['for="203.0.113.9', "for=1.1.1.1 for=2.2.2.2", "for", "for=1.1.1.1;for=2.2.2.2", 'for="a"b', ";;"])(
    "is refused when it cannot be read: %s",
    async (header) => {
      expect(await clientOf("loopback", { forwarded: header })).toEqual({
        code: "invalid_request",
        field: "forwarded",
      });
    },
  );

  it("and X-Forwarded-For must agree: one of two that differ was passed on from a stranger", async () => {
    const both = (usual: string) =>
      clientOf("loopback", { forwarded: "for=203.0.113.9", "x-forwarded-for": usual, "x-forwarded-proto": "https" });
    expect(await both("203.0.113.9")).toMatchObject({ address: "203.0.113.9", isSecure: true });
    expect(await both("198.51.100.1")).toEqual({ code: "invalid_request", field: "forwarded" });
  });
});

it("whatever the headers hold, the client is an address or the request is refused", () => {
  const clients = new Clients({ kind: "hops", hops: 3 });
  assert(
    property(string(), string(), (forwarded, forwardedFor) => {
      const incoming = new IncomingMessage(new Socket());
      Object.assign(incoming.headers, { forwarded, "x-forwarded-for": forwardedFor });
      try {
        const { address } = clients.of(incoming);
        expect(address ?? "::").toMatch(/^[\da-f:.]+$/);
      } catch (error) {
        expect(error).toBeInstanceOf(HooksError);
      }
    }),
    {
      examples: [
        ['for="a\\"b"', "1.1.1.1,"],
        ["for=1.1.1.1,", ""],
      ],
    },
  );
});

describe("behind a trusted proxy", () => {
  it("the host that it was called by must be one of ours, and so must the one it calls us by", async () => {
    const server = await startTestServer({
      trustedProxies: parseTrustedProxies("loopback", "trust"),
      publicUrl: new URL("https://hooks.example.com"),
    });
    try {
      const statusOf = async (host: string, ...lines: string[]): Promise<number> => {
        const head = [`Host: ${host}`, `Authorization: Bearer ${keyOf("admin")}`, ...lines].join("\r\n");
        return (await sendRaw(server.port, `GET /v1/events HTTP/1.1\r\n${head}\r\n\r\n`)).status;
      };
      const own = `127.0.0.1:${server.port}`;
      const forwarded = ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https"];
      expect(await statusOf(own, ...forwarded, "X-Forwarded-Host: hooks.example.com")).toBe(200);
      expect(await statusOf("hooks.example.com", ...forwarded)).toBe(200);
      expect(await statusOf(own, ...forwarded, "X-Forwarded-Host: attacker.example.net")).toBe(421);
      // A rebound name: a page may send any X-Forwarded-Host, its Host it cannot choose.
      expect(await statusOf("attacker.example.net", ...forwarded, "X-Forwarded-Host: hooks.example.com")).toBe(421);
      expect(await statusOf(own, ...forwarded, "Forwarded: for=198.51.100.1")).toBe(400);
      // Pages of our own, by the name and protocol that the browser sees.
      const seen = [...forwarded, "X-Forwarded-Host: hooks.example.com"];
      expect(await statusOf(own, ...seen, "Origin: https://hooks.example.com")).toBe(200);
      expect(await statusOf(own, ...seen, "Origin: http://hooks.example.com")).toBe(403);
      expect(await statusOf(own, ...seen, "Origin: https://attacker.example.net")).toBe(403);
    } finally {
      await server.close();
    }
  });
});
