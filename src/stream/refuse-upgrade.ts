import type { Duplex } from "node:stream";
import type { ErrorCode, HooksError } from "../core/errors.ts";

/** What a handshake can meet here; host, origin and key have been checked before. */
const STATUS: Partial<Record<ErrorCode, `${number} ${string}`>> = {
  invalid_request: "400 Bad Request",
  upgrade_required: "426 Upgrade Required",
  unavailable: "503 Service Unavailable",
};

/** What the status obliges a server to say. */
const HEADERS: Partial<Record<ErrorCode, readonly string[]>> = {
  upgrade_required: ["upgrade: websocket", "sec-websocket-version: 13"],
  unavailable: ["retry-after: 1"],
};

/** Answers an upgrade request that comes to nothing, in the form of every error of the HTTP API, and hangs up. */
export function refuseUpgrade(socket: Duplex, error: HooksError): void {
  const { code, message, field, hint } = error;
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
