import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, it } from "vitest";
import { parseHttpRequest } from "../../../src/core/signing/http-text.ts";
import * as node from "../../../src/index.ts";
import * as web from "../../../src/web.ts";

// A token is whatever somebody typed, and goes over the wire as UTF-8; servers read its bytes as latin1 characters.

const SCHEMES = [
  ["okta", "authorization"],
  ["auth0", "authorization"],
  ["gitlab-token", "x-gitlab-token"],
] as const;

async function verdictsOf(scheme: string, headers: node.HeadersInput, secret: string): Promise<boolean[]> {
  const request = { headers, body: "{}" };
  return [
    node.verify(scheme, request, secret).valid,
    (await node.verifyAsync(scheme, request, secret)).valid,
    (await web.verify(scheme, request, secret)).valid,
  ];
}

/** The headers of Node's server for these bytes. */
async function received(bytes: Uint8Array): Promise<node.HeadersInput> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.write(bytes);
  const [request, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  response.end();
  socket.destroy();
  server.close();
  return request.headers;
}

it.each(SCHEMES)(
  "%s: a token that is not ASCII is the same from a header file, a raw request and Node",
  async (...given) => {
    const [scheme, header] = given;
    for (const token of ["tökén", "voilà", "鍵", "🔑"]) {
      const bytes = Buffer.from(`POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n${header}: ${token}\r\n\r\n{}`);
      for (const headers of [{ [header]: token }, parseHttpRequest(bytes, "r").headers, await received(bytes)]) {
        expect(await verdictsOf(scheme, headers, token), token).toEqual([true, true, true]);
        expect(await verdictsOf(scheme, headers, `${token}x`), token).toEqual([false, false, false]);
      }
    }
  },
);

it("a token's bytes that are not UTF-8 are only what they are as latin1", async () => {
  for (const [text, secret, isRight] of [
    ["\xf6", "\xf6", true],
    ["\xc0\xaf", "/", false],
    ["\xef\xbb\xbfa", "a", false],
    ["\xff", "\ufffd", false],
    ["\u01c3\xb6", "\xf6", false],
  ] as const) {
    expect(await verdictsOf("okta", { authorization: text }, secret), text).toEqual([isRight, isRight, isRight]);
  }
});
