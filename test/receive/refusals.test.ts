import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyOf, sendRaw, startTestServer, type TestServer } from "./support/test-server.ts";

// Every refusal at the door, as bytes on a socket: status, code, the headers that the status obliges a server to send,
// and that the answer is the one error form. Nothing of it is stored.

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ timeouts: { headersMs: 1_000, requestMs: 1_500, checkMs: 50 } });
});
afterAll(() => server.close());

const HOST = "Host: localhost";
const KEY = `Authorization: Bearer ${keyOf("admin")}`;
const JSON_TYPE = "Content-Type: application/json";
const EVENT = '{"type":"a.b","data":1}';

function message(line: string, headers: readonly string[], body = ""): string {
  const length = headers.some((header) => /^(content-length|transfer-encoding):/i.test(header));
  const all = [...headers, ...(body === "" || length ? [] : [`Content-Length: ${body.length}`])];
  return `${line} HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\n${body}`;
}

const CHUNKED_TOO_MUCH = `${(2 * 1024 * 1024).toString(16)}\r\n${" ".repeat(2 * 1024 * 1024)}\r\n0\r\n\r\n`;

describe("a request is refused with", () => {
  it.each([
    [
      "405",
      "DELETE of events",
      message("DELETE /v1/events", [HOST, KEY]),
      "method_not_allowed",
      { allow: "POST, GET, HEAD" },
    ],
    ["405", "TRACE", message("TRACE /healthz", [HOST]), "method_not_allowed", { allow: "GET, HEAD" }],
    ["408", "headers that do not end", "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nX-A: ", "request_timeout", {}],
    [
      "408",
      "a body that does not end",
      message("POST /v1/events", [HOST, KEY, JSON_TYPE, "Content-Length: 100"], "{"),
      "request_timeout",
      {},
    ],
    [
      "413",
      "a length above the limit",
      message("POST /v1/events", [HOST, KEY, JSON_TYPE, "Content-Length: 20000000"], "{"),
      "too_large",
      {},
    ],
    [
      "413",
      "chunks above the limit",
      message("POST /v1/events", [HOST, KEY, JSON_TYPE, "Transfer-Encoding: chunked"], CHUNKED_TOO_MUCH),
      "too_large",
      {},
    ],
    [
      "415",
      "text/plain",
      message("POST /v1/events", [HOST, KEY, "Content-Type: text/plain"], EVENT),
      "unsupported_media_type",
      {},
    ],
    [
      "415",
      "a form",
      message("POST /v1/events", [HOST, KEY, "Content-Type: application/x-www-form-urlencoded"], EVENT),
      "unsupported_media_type",
      {},
    ],
    ["415", "no type", message("POST /v1/events", [HOST, KEY], EVENT), "unsupported_media_type", {}],
    [
      "415",
      "another charset",
      message("POST /v1/events", [HOST, KEY, `${JSON_TYPE}; charset=utf-16`], EVENT),
      "unsupported_media_type",
      {},
    ],
    [
      "415",
      "a compressed body",
      message("POST /v1/events", [HOST, KEY, JSON_TYPE, "Content-Encoding: gzip"], EVENT),
      "unsupported_media_type",
      {},
    ],
    ["421", "another host", message("GET /v1/events", ["Host: attacker.example.net", KEY]), "wrong_host", {}],
    ["426", "no upgrade", message("GET /v1/listen", [HOST, KEY]), "upgrade_required", { upgrade: "websocket" }],
    ["431", "a long header", message("GET /healthz", [HOST, `X-A: ${"a".repeat(17_000)}`]), "headers_too_large", {}],
    [
      "431",
      "many headers",
      message("GET /healthz", [HOST, ...Array<string>(201).fill("X-A: a")]),
      "headers_too_large",
      {},
    ],
    ["431", "a long target", message(`GET /healthz?${"a".repeat(17_000)}`, [HOST]), "headers_too_large", {}],
    ["400", "a lenient line end", `GET /healthz HTTP/1.1\n${HOST}\n\n`, "invalid_request", {}],
    ["400", "a space before the colon", message("GET /healthz", [HOST, "X-A : a"]), "invalid_request", {}],
    ["400", "a folded header", message("GET /healthz", [HOST, "X-A: a\r\n b"]), "invalid_request", {}],
    [
      "401",
      "no key",
      message("POST /v1/events", [HOST, JSON_TYPE], EVENT),
      "unauthenticated",
      { "www-authenticate": "Bearer" },
    ],
    [
      "403",
      "an origin",
      message("POST /v1/events", [HOST, KEY, JSON_TYPE, "Origin: https://attacker.example.net"], EVENT),
      "forbidden",
      {},
    ],
  ] as const)("%s: %s", async (status, _, bytes, code, headers) => {
    const before = (await server.ask("GET", "/v1/events")).json.data.length;
    const answer = await sendRaw(server.port, bytes);
    expect(answer).toMatchObject({
      status: Number(status),
      json: { error: { code, message: expect.any(String), request_id: expect.stringMatching(/^req_/) } },
    });
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    for (const [name, value] of Object.entries(headers)) expect(answer.headers.get(name)).toBe(value);
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    expect(answer.text).not.toMatch(/node_modules|\.ts\b|SELECT|\/home|\/root/);
    expect((await server.ask("GET", "/v1/events")).json.data).toHaveLength(before);
  });

  it("400: CONNECT, and another upgrade than to a WebSocket is left alone", async () => {
    const tunnel = await sendRaw(server.port, `CONNECT example.com:443 HTTP/1.1\r\n${HOST}\r\n\r\n`);
    expect(tunnel).toMatchObject({ status: 400, json: { error: { code: "invalid_request" } } });
    const other = message("GET /healthz", [
      HOST,
      "Connection: Upgrade, HTTP2-Settings",
      "Upgrade: h2c",
      "HTTP2-Settings: AAMA",
    ]);
    expect((await sendRaw(server.port, other)).status).toBe(200);
  });

  it("none of these when it is in order", async () => {
    const answer = await sendRaw(server.port, message("POST /v1/events", [HOST, KEY, JSON_TYPE], EVENT));
    expect(answer.status).toBe(202);
  });
});
