import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { startDaemon } from "../../src/daemon.ts";
import { RawListener } from "../stream/support/tunnel.ts";
import { hostileText, RUNS } from "./support/hostile-text.ts";

// Frames that no client of ours sends, and bytes that are no frames: the connection may end, the daemon and everybody
// else's deliveries do not.

const FRAMES = [
  '{"type":"result","delivery_id":"dlv_1","attempt":1,"status":200,"headers":[["a","b"]],"body":"YQ==","truncated":false,"duration_ms":1}',
  '{"type":"error","delivery_id":"dlv_1","attempt":1,"code":"timeout","message":"x","duration_ms":1}',
  '{"type":"credit","add":1}',
  '{"type":"replay","event_id":"evt_1"}',
  '{"type":"drain"}',
  '{"type":"hello","events":["*"],"credit":1}',
];

it("leave the daemon and its other listeners as they were", { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-frames-"));
  const daemon = await startDaemon({
    storePath: path.join(folder, "hooks.db"),
    dataDirectory: folder,
    host: "127.0.0.1",
    port: 0,
  });
  onTestFinished(async () => {
    await daemon.stop({ drainMs: 0 });
    rmSync(folder, { recursive: true, force: true });
  });
  const headers = { authorization: `Bearer ${daemon.token}` };
  const witness = await RawListener.ready(daemon.url, { session: "witness", events: ["witness.*"] }, headers);
  const service = daemon.serviceFor({ tenant: "default", environment: "development" });
  const { id } = await service.publish({ type: "witness.held", data: Buffer.from("1") });
  const held = await witness.frame("delivery");

  await fc.assert(
    fc.asyncProperty(fc.array(hostileText(FRAMES), { minLength: 1, maxLength: 5 }), fc.nat(3), async (texts, kind) => {
      const rogue = await RawListener.ready(daemon.url, { session: "rogue", events: ["rogue.*"] }, headers);
      for (const text of texts) {
        if (kind === 0) rogue.socket.send(Buffer.from(text), { binary: true });
        else if (kind === 1) (rogue.socket as unknown as { _socket: net.Socket })._socket.write(Buffer.from(text));
        else rogue.send(text);
      }
      rogue.socket.terminate();
      expect((await service.getEvent(id)).deliveries.map(({ status }) => status)).toEqual(["sending"]);
    }),
    { numRuns: Math.ceil(RUNS / 10) },
  );
  witness.answer(held);
  await expect
    .poll(async () => (await service.getEvent(id)).deliveries[0]?.status, { timeout: 30_000 })
    .toBe("succeeded");
  expect(witness.closed).toBeUndefined();
  const ended = once(witness.socket, "close");
  witness.socket.terminate();
  await ended;
});
