import { connect, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { keyOf, startTestServer, type TestServer } from "./support/test-server.ts";

// reliability.md R57, with the times cut to a fifth: 1,000 sockets that send a byte of a header a second and 100 bodies
// that come as slowly. What counts is that publishing goes on and that all of them are closed in time.

const HEADERS_MS = 3_000;
const REQUEST_MS = 6_000;
const DRIP_MS = 200;
const AUTHORIZED = `Host: localhost\r\nAuthorization: Bearer ${keyOf("admin")}\r\n`;
const BODY = JSON.stringify({ type: "order.paid", data: { text: "x".repeat(500) } });

/** Opens a connection that sends `start`, and from then on a byte at a time until the server hangs up. */
class SlowClient {
  readonly closed: Promise<number>;
  said = "";
  readonly #socket: Socket;

  constructor(port: number, start: string) {
    const startedAt = performance.now();
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("error", () => {});
    this.#socket.on("data", (chunk) => {
      this.said += chunk.toString();
    });
    this.#socket.write(start);
    const drip = setInterval(() => this.#socket.write("a"), DRIP_MS);
    this.closed = new Promise((resolve) => {
      this.#socket.on("close", () => {
        clearInterval(drip);
        resolve(performance.now() - startedAt);
      });
    });
  }

  hangUp(): void {
    this.#socket.destroy();
  }
}

function connectionsOf(server: TestServer): Promise<number> {
  return new Promise((resolve) => server.receive.app.server.getConnections((_, count) => resolve(count)));
}

/** How long each of `count` publishes took, in ms, in ascending order. */
async function publish(server: TestServer, count: number): Promise<number[]> {
  const took: number[] = [];
  for (let n = 0; n < count; n++) {
    const startedAt = performance.now();
    const { status } = await server.ask("POST", "/v1/events", { body: BODY });
    took.push(performance.now() - startedAt);
    expect(status).toBe(202);
  }
  return took.toSorted((one, other) => one - other);
}

it("1,000 slow headers and 100 slow bodies do not keep anybody from publishing, and are closed in time", async () => {
  const server = await startTestServer({
    timeouts: { headersMs: HEADERS_MS, requestMs: REQUEST_MS, checkMs: 250 },
    slowBodyMs: 500,
  });
  onTestFinished(() => server.close());
  await publish(server, 50);
  const before = await publish(server, 300);

  const head = `POST /v1/events/batch HTTP/1.1\r\n${AUTHORIZED}Content-Type: application/json\r\n`;
  const slow = [
    ...Array.from(
      { length: 1_000 },
      () => new SlowClient(server.port, `GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: `),
    ),
    // Each announces the largest batch that there is: together sixteen times what is held of bodies at once.
    ...Array.from({ length: 100 }, () => new SlowClient(server.port, `${head}Content-Length: 10485760\r\n\r\n{"`)),
  ];
  onTestFinished(() => {
    for (const client of slow) client.hangUp();
  });
  await expect.poll(() => connectionsOf(server), { timeout: 30_000 }).toBeGreaterThanOrEqual(1_000);
  const during = await publish(server, 300);
  const closedAfter = await Promise.all(slow.map(({ closed }) => closed));

  const p99 = (sorted: number[]): number => sorted[Math.floor(sorted.length * 0.99)]!;
  // 1.5 × where nothing else runs; a test machine is busy.
  expect(p99(during)).toBeLessThan(10 * p99(before) + 250);
  expect(Math.max(...closedAfter.slice(0, 1_000))).toBeLessThan(HEADERS_MS + 15_000);
  expect(Math.max(...closedAfter.slice(1_000))).toBeLessThan(REQUEST_MS + 15_000);
  // A byte that is on its way when the server hangs up resets the connection, and with it what was said.
  const told = slow.filter(({ said }) => said !== "");
  expect(told.length).toBeGreaterThan(slow.length / 2);
  for (const { said } of told) expect(said).toMatch(/^HTTP\/1\.1 (408|503) /);
}, 120_000);
