import type { Duplex } from "node:stream";
import { type ErrorCode, toHooksError } from "../core/errors.ts";

/** What an upgrade request can meet. Any other code is ours. */
const STATUS: Partial<Record<ErrorCode, `${number} ${string}`>> = {
  invalid_request: "400 Bad Request",
  unauthenticated: "401 Unauthorized",
  forbidden: "403 Forbidden",
  not_found: "404 Not Found",
  method_not_allowed: "405 Method Not Allowed",
  wrong_host: "421 Misdirected Request",
  upgrade_required: "426 Upgrade Required",
  rate_limited: "429 Too Many Requests",
  unavailable: "503 Service Unavailable",
};

/** What the status obliges a server to say. */
const HEADERS: Partial<Record<ErrorCode, readonly string[]>> = {
  unauthenticated: ["www-authenticate: Bearer"],
  upgrade_required: ["upgrade: websocket", "sec-websocket-version: 13"],
  rate_limited: ["retry-after: 1"],
  unavailable: ["retry-after: 1"],
};

/** Answers an upgrade request that comes to nothing, in the form of every error of the HTTP API, and hangs up. */
export function refuseUpgrade(socket: Duplex, thrown: unknown): void {
  const { code, message, field, hint } = toHooksError(thrown);
  const body = JSON.stringify({ error: { code, message, field, hint } });
  socket.on("error", () => socket.destroy());
  socket.once("finish", () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${STATUS[code] ?? "500 Internal Server Error"}`,
      "connection: close",
      "content-type: application/json; charset=utf-8",
      `content-length: ${Buffer.byteLength(body)}`,
      ...(HEADERS[code] ?? []),
      "",
      body,
    ].join("\r\n"),
  );
}
