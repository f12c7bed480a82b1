import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Daemon, startDaemon } from "../../src/daemon.ts";
import { LISTEN_SUBPROTOCOL } from "../../src/stream/protocol.ts";
import { allowedStatuses, type BadInput, badInputsOf } from "../support/bad-inputs.ts";
import { RawListener } from "./support/tunnel.ts";

// The listen part of the corpus of bad input, against a whole daemon. Its frames are in a made-up dialect (`t`, `ack`):
// what each means is said here in ours.

interface Handshake {
  ws?: { headers: Record<string, string> };
}

const corpus = badInputsOf<Handshake>("listen");

function entry(id: string): BadInput<Handshake> {
  return corpus.find((each) => each.id === id)!;
}

const folder = mkdtempSync(path.join(tmpdir(), "hooks-listen-"));
let daemon: Daemon;
let witness: RawListener;

beforeAll(async () => {
  daemon = await startDaemon({
    storePath: path.join(folder, "hooks.db"),
    dataDirectory: folder,
    host: "127.0.0.1",
    port: 0,
  });
  witness = await listener("witness", ["witness.*"]);
});

afterAll(async () => {
  await daemon.stop({ drainMs: 0 });
  rmSync(folder, { recursive: true, force: true });
});

function listener(session: string, events = ["order.*"]): Promise<RawListener> {
  return RawListener.ready(daemon.url, { session, events }, { authorization: `Bearer ${daemon.token}` });
}

async function publish(type: string): Promise<string> {
  const service = daemon.serviceFor({ tenant: "default", environment: "development" });
  return (await service.publish({ type, data: Buffer.from("{}") })).id;
}

async function statesOf(eventId: string): Promise<string[]> {
  const service = daemon.serviceFor({ tenant: "default", environment: "development" });
  return (await service.getEvent(eventId)).deliveries.map(({ status }) => status);
}

/** The daemon answers and the other listener still gets its deliveries. */
async function isWell(): Promise<void> {
  const before = witness.of("delivery").length;
  await publish("witness.asked");
  witness.answer(await witness.frame("delivery", before + 1));
}

async function upgrade(
  headers: Record<string, string>,
): Promise<{ response: IncomingMessage; socket: Duplex; body: string }> {
  const request = httpRequest(`${daemon.url}/v1/listen`, {
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol": LISTEN_SUBPROTOCOL,
      ...headers,
    },
  });
  const answered = Promise.withResolvers<{ response: IncomingMessage; socket: Duplex; body: string }>();
  request.on("error", answered.reject);
  request.on("upgrade", (response, socket) => answered.resolve({ response, socket, body: "" }));
  request.on("response", (response) => {
    let body = "";
    response.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    response.on("end", () => answered.resolve({ response, socket: response.socket, body }));
  });
  request.end();
  return answered.promise;
}

describe("the handshake", () => {
  const handshakes = corpus.filter(
    ({ input, expect: { outcome } }) => input.ws && ["reject", "accept"].includes(outcome),
  );

  it.each(handshakes.map((each) => [each.id, each.name, each] as const))("%s %s", async (_id, _name, each) => {
    const headers = Object.fromEntries(
      Object.entries(each.input.ws!.headers).map(([name, value]) => [name, value.replace("VALIDKEY", daemon.token)]),
    );
    const { response, socket, body } = await upgrade(headers);
    socket.destroy();
    expect(allowedStatuses(each)).toContain(response.statusCode);
    expect(response.headers).not.toHaveProperty("sec-websocket-extensions");
    if (each.expect.outcome === "reject") {
      const { error } = JSON.parse(body) as { error: { code: string; message: string } };
      expect(error.code).toMatch(/^[a-z_]+$/);
      expect(error.message.length).toBeLessThan(500);
      expect(body).not.toContain(daemon.token);
    }
    await isWell();
  });

  it("BP199 plain GET without upgrade", async () => {
    const response = await fetch(`${daemon.url}/v1/listen`, { headers: { authorization: `Bearer ${daemon.token}` } });
    expect(allowedStatuses(entry("BP199"))).toContain(response.status);
  });
});

describe("frames", () => {
  /** Sends something while a delivery of somebody else is in flight: that one must stay as it was. */
  async function during(bad: (listener: RawListener) => void | Promise<void>): Promise<RawListener> {
    const other = await listener("other", ["other.*"]);
    const eventId = await publish("other.happened");
    const { delivery_id } = await other.frame("delivery");
    const rogue = await listener("rogue");
    otherDelivery = String(delivery_id);
    await bad(rogue);
    await isWell();
    expect(await statesOf(eventId)).toEqual(["sending"]);
    other.answer(other.of("delivery")[0]!);
    other.send({ type: "drain" });
    await other.close();
    await expect.poll(() => statesOf(eventId), { timeout: 30_000 }).toEqual(["succeeded"]);
    return rogue;
  }
  let otherDelivery = "";

  it("BP203 unknown message type", async () => {
    const rogue = await during((each) => each.send('{"t":"launch"}'));
    expect((await rogue.close()).code).toBe(entry("BP203").expect.close_code);
    expect(rogue.of("problem")[0]).toMatchObject({ code: "invalid_request", fatal: true });
  });

  it("BP204 text frame with invalid UTF-8", async () => {
    const { socket } = await upgrade({ authorization: `Bearer ${daemon.token}` });
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.write(Buffer.from("818200000000fffe", "hex"));
    await once(socket, "close");
    const bytes = Buffer.concat(chunks);
    // A close frame: FIN and opcode 8, length, then the code.
    expect(bytes[0]).toBe(0x88);
    expect(bytes.readUInt16BE(2)).toBe(entry("BP204").expect.close_code);
    await isWell();
  });

  it("BP205 20 MB message", async () => {
    const rogue = await during((each) => each.send("a".repeat(20_000_000)));
    expect((await rogue.close()).code).toBe(entry("BP205").expect.close_code);
  });

  it("BP206 ack for a delivery of another client", async () => {
    const rogue = await during((each) => each.answer({ delivery_id: otherDelivery, attempt: 1 }));
    expect(rogue.closed).toBeUndefined();
    rogue.socket.terminate();
  });

  it("BP207 ack twice", async () => {
    const rogue = await listener("twice");
    const eventId = await publish("order.created");
    const frame = await rogue.frame("delivery");
    rogue.answer(frame, 200);
    rogue.answer(frame, 500);
    await isWell();
    await expect.poll(() => statesOf(eventId), { timeout: 30_000 }).toContain("succeeded");
    expect(rogue.closed).toBeUndefined();
    rogue.send({ type: "drain" });
    await rogue.close();
  });

  it("BP208 ack with status 99999", async () => {
    const rogue = await during((each) => each.answer({ delivery_id: "dlv_1", attempt: 1 }, 99_999));
    expect((await rogue.close()).code).toBe(entry("BP208").expect.close_code);
  });

  it.each([
    ["not JSON", "hello"],
    ["a list", "[]"],
    ["null", "null"],
    ["deep nesting", "[".repeat(500_000)],
    ["a second hello", '{"type":"hello","events":["*"],"credit":1}'],
    ["a prototype", '{"type":"__proto__"}'],
    ["a negative credit", '{"type":"credit","add":-1}'],
    ["a credit without end", '{"type":"credit","add":1e308}'],
    ["more credit than there is", '{"type":"credit","add":1000}'],
    [
      "a duration from the future",
      '{"type":"error","delivery_id":"dlv_1","attempt":1,"code":"timeout","message":"","duration_ms":1e15}',
    ],
  ])("%s ends the connection with 1008", async (_name, text) => {
    const rogue = await listener("rogue");
    rogue.send(text);
    expect((await rogue.close()).code).toBe(1008);
    await isWell();
  });

  it("a binary frame ends the connection with 1003", async () => {
    const rogue = await listener("rogue");
    rogue.socket.send(Buffer.from('{"type":"drain"}'));
    expect((await rogue.close()).code).toBe(1003);
  });
});
