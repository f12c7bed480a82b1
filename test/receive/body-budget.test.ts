import { once } from "node:events";
import net from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { keyOf, startTestServer, type TestServer } from "./support/test-server.ts";

const MIB = 1024 * 1024;
const HALF = `{"type":"order.paid","data":{"text":"${"x".repeat(MIB / 2)}"}}`;

async function serverWith(bodyBudgetBytes: number | undefined, slowBodyMs = 60_000): Promise<TestServer> {
  const server = await startTestServer({ bodyBudgetBytes, slowBodyMs });
  onTestFinished(() => server.close());
  return server;
}

/** A publisher that has announced a body and sent its first byte. */
async function announce({ port }: TestServer, body: string, framing = `content-length: ${body.length}`) {
  const socket = net.connect({ host: "127.0.0.1", port });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const head = ["POST /v1/events HTTP/1.1", `host: 127.0.0.1:${port}`, `authorization: Bearer ${keyOf("admin")}`];
  socket.write(`${[...head, "content-type: application/json", framing].join("\r\n")}\r\n\r\n${body[0]}`);
  return {
    socket,
    /** The status line that came back, as soon as there is one. */
    async status(): Promise<number> {
      while (!text.includes("\r\n")) await once(socket, "data");
      return Number(text.split(" ")[1]);
    },
    finish: () => socket.write(body.slice(1)),
  };
}

/** Announced and, as far as anybody can tell from outside, taken: the server has read its first byte. */
async function held(server: TestServer, count: number) {
  const bodies: Awaited<ReturnType<typeof announce>>[] = [];
  const seen = new Promise<void>((resolve) => {
    let left = count;
    server.receive.app.server.on("request", () => {
      left -= 1;
      if (left === 0) resolve();
    });
  });
  for (let n = 0; n < count; n++) bodies.push(await announce(server, HALF));
  await seen;
  return bodies;
}

/** Publishes until it is no longer refused: what others held is given back some moments after they are gone. */
async function publishWhenThereIsRoom(server: TestServer): Promise<number> {
  for (;;) {
    const { status } = await server.ask("POST", "/v1/events", { body: HALF });
    if (status !== 503) return status;
  }
}

it("refuses, unread, what does not fit beside the bodies that are being read", async () => {
  const server = await serverWith(MIB + MIB / 4);
  const bodies = await held(server, 2);

  const refused = await server.ask("POST", "/v1/events", { body: HALF });
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(refused.json.error).toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("nothing was stored"),
  });
  // Not a byte of it is needed for that.
  expect(await (await announce(server, HALF)).status()).toBe(503);
  // What is small still fits, and what has no body takes no room.
  expect((await server.ask("POST", "/v1/events", { json: { type: "a", data: {} } })).status).toBe(202);
  expect((await server.ask("GET", "/v1/events")).status).toBe(200);

  for (const body of bodies) body.finish();
  expect(await Promise.all(bodies.map((body) => body.status()))).toEqual([202, 202]);
  expect((await server.ask("POST", "/v1/events", { body: HALF })).status).toBe(202);
});

it("refuses nothing of that by default", async () => {
  const server = await serverWith(undefined);
  await held(server, 2);
  expect((await server.ask("POST", "/v1/events", { body: HALF })).status).toBe(202);
});

it("gets back what was held for publishers that hang up, and for bodies that are refused", async () => {
  const server = await serverWith(MIB + MIB / 4);
  for (const { socket } of await held(server, 2)) socket.destroy();
  expect(await publishWhenThereIsRoom(server)).toBe(202);
  for (let n = 0; n < 5; n++) {
    const wrong = `{"type":"order.paid","dat":{"text":"${"x".repeat(MIB / 2)}"}}`;
    expect((await server.ask("POST", "/v1/events", { body: wrong })).status).toBe(400);
    expect((await server.ask("POST", "/v1/events", { body: `{${wrong}` })).status).toBe(400);
  }
  expect((await server.ask("POST", "/v1/events", { body: HALF })).status).toBe(202);
});

it("counts a body that does not say how long it is as the largest that is taken", async () => {
  const server = await serverWith(MIB + MIB / 4);
  const [body] = await held(server, 1);
  expect(await (await announce(server, HALF, "transfer-encoding: chunked")).status()).toBe(503);
  body!.finish();
  expect(await body!.status()).toBe(202);
});

it("always has room for a single body, and none for one that is too large anyway", async () => {
  const server = await serverWith(1);
  expect((await server.ask("POST", "/v1/events", { body: HALF })).status).toBe(202);
  const tooLarge = await server.ask("POST", "/v1/events", { body: `{"data":"${"x".repeat(MIB)}"}` });
  expect(tooLarge.status).toBe(413);
  expect((await server.ask("POST", "/v1/events", { body: HALF })).status).toBe(202);
});

it("is not for who announces much and sends next to nothing: where room is short, such a sender is cut off", async () => {
  const server = await serverWith(MIB + MIB / 4, 50);
  const bodies = await held(server, 2);
  expect(await publishWhenThereIsRoom(server)).toBe(202);
  // The oldest, and no more than had to be.
  expect(await bodies[0]!.status()).toBe(408);
  bodies[1]!.finish();
  expect(await bodies[1]!.status()).toBe(202);
  expect((await server.ask("POST", "/v1/events", { body: HALF })).status).toBe(202);
});
