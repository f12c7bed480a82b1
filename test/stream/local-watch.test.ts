import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { hasListener } from "../../src/stream/listening-sockets.ts";
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

function watch(hostname: string, port: number, idleMs?: number): LocalWatch {
  const made = new LocalWatch({ hostname, port, ...(idleMs === undefined ? {} : { idleMs }) });
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

  it.each([
    ["localhost", "127.0.0.1"],
    ["localhost", "::1"],
    ["127.0.0.1", "0.0.0.0"],
    ["127.0.0.1", "::"],
  ])("notices by itself that what listened at %s (%s) has ended, and that it is back", async (hostname, host) => {
    const first = await listening(host);
    const port = portOf(first);
    const watched = watch(hostname, port, 20);
    await watched.look();
    const down = once(watched, "down");
    first.close();
    await down;
    expect(watched.isDown).toBe(true);
    const up = once(watched, "up");
    await listening(host, port);
    await up;
    expect(watched.isDown).toBe(false);
  });

  it.runIf(process.platform === "linux")("does not connect to what goes on listening", async () => {
    const server = await listening("127.0.0.1");
    let connections = 0;
    server.on("connection", () => connections++);
    const watched = watch("localhost", portOf(server), 1);
    const looked = once(server, "connection");
    await watched.look();
    await looked;
    // As long as many looks take: another server is found missing meanwhile.
    const other = await listening("127.0.0.1");
    const beside = watch("localhost", portOf(other), 200);
    await beside.look();
    const down = once(beside, "down");
    other.close();
    await down;
    expect(connections).toBe(1);
  });

  it("says nothing any more once it is closed", async () => {
    const server = await listening("127.0.0.1");
    const [closed, open] = [watch("localhost", portOf(server), 5), watch("localhost", portOf(server), 50)];
    let said = 0;
    closed.on("down", () => said++);
    await closed.look();
    await open.look();
    closed.close();
    const down = once(open, "down");
    server.close();
    await down;
    expect(said).toBe(0);
  });
});

describe("the sockets that Linux lists", () => {
  const V4 =
    "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 23 1 0 100 0 0 10 0\n";
  const V6 = `   1: ${"0".repeat(24)}01000000:0BB8 ${"0".repeat(32)}:0000 0A 00000000:00000000 00:00000000 0        0 0 23 1\n`;

  it.each([
    ["127.0.0.1", V4, true],
    ["127.1.2.3", V4.replace("0100007F", "0302017F"), true],
    ["0.0.0.0", V4.replace("0100007F", "00000000"), true],
    ["another address of this computer", V4.replace("0100007F", "0A01A8C0"), false],
    ["another port", V4.replace("0BB8", "0BB9"), false],
    ["a connection", V4.replace(" 0A ", " 01 "), false],
    ["::1", V6, true],
    ["::", V6.replace(/0{24}01000000/, "0".repeat(32)), true],
    ["127.0.0.1 in IPv6's clothes", V6.replace(/0{24}01000000/, "0000000000000000FFFF00000100007F"), true],
    ["another address of IPv6", V6.replace(/0{24}01000000/, "000080FE000000000000000001000000"), false],
    ["nothing", "", false],
  ])("have one for connections from here: %s", (_, table, is) => {
    expect(hasListener(`  sl  local_address rem_address   st\n${table}`, 3000)).toBe(is);
  });
});
