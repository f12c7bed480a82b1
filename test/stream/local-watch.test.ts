import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { LocalWatch } from "../../src/stream/local-watch.ts";

async function listening(host: string, port = 0): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(port, host);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function watch(hostname: string, port: number): LocalWatch {
  const made = new LocalWatch({ hostname, port });
  onTestFinished(() => made.close());
  return made;
}

describe("the watch over a local program", () => {
  it.each([
    ["localhost", "127.0.0.1"],
    ["localhost", "::1"],
    ["127.0.0.1", "127.0.0.1"],
    ["[::1]", "::1"],
  ])("finds at %s one that listens at %s, and says nothing", async (hostname, host) => {
    const watched = watch(hostname, portOf(await listening(host)));
    let said = 0;
    watched.on("down", () => said++);
    watched.on("up", () => said++);
    await watched.look();
    await watched.untilUp();
    expect(said).toBe(0);
  });

  it("says once that nothing is there, and once that it is there", async () => {
    const first = await listening("127.0.0.1");
    const port = portOf(first);
    first.close();
    await once(first, "close");
    const watched = watch("127.0.0.1", port);
    const said: string[] = [];
    watched.on("down", () => said.push("down"));
    watched.on("up", () => said.push("up"));
    await watched.look();
    await watched.look();
    expect(said).toEqual(["down"]);
    const up = once(watched, "up");
    await listening("127.0.0.1", port);
    await up;
    await watched.look();
    expect(said).toEqual(["down", "up"]);
  });
});
