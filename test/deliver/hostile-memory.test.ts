import { gzipSync } from "node:zlib";
import { expect, it, onTestFinished } from "vitest";
import { closedPort, startReceiver, startTcpReceiver } from "../support/receiver.ts";
import { startStubDns } from "../support/stub-dns.ts";
import { measureSending, type SendingPlan } from "./measured-sender.ts";

const PLAN = { parallel: 32, timeoutMs: 50_000, options: {} } satisfies Partial<SendingPlan>;

/** Answers with `head`, then with `piece` again and again, as fast as it is taken. */
async function endless(head: string, piece: Buffer): Promise<string> {
  const to = await startTcpReceiver((socket) => {
    if (socket.listenerCount("drain") > 0) return;
    const more = (): void => {
      while (socket.writable && socket.write(piece));
    };
    socket.on("drain", more);
    socket.write(head);
    more();
  });
  onTestFinished(() => to.close());
  return to.url;
}

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

const CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n";
const BLOCK = Buffer.alloc(65_536, "y");
const BOMB = gzipSync(Buffer.alloc(50_000_000));
const ENCODINGS = Array.from({ length: 50 }, () => "gzip").join(", ");

it("answers without end, 32 at a time, take no memory that grows", async () => {
  const urls = await Promise.all([
    endless("HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n", BLOCK),
    endless(`${CHUNKED}\r\n`, chunk(BLOCK)),
    endless(`${CHUNKED}\r\n`, Buffer.from("1\r\nx\r\n".repeat(5_000))),
    endless(`${CHUNKED}content-encoding: ${ENCODINGS}\r\n\r\n`, chunk(BOMB)),
    endless("", Buffer.from("HTTP/1.1 102 Processing\r\n\r\n".repeat(1_000))),
    endless("HTTP/1.1 200 ", BLOCK),
    endless("HTTP/1.1 200 OK\r\nx-big: ", BLOCK),
  ]);
  const measured = await measureSending({ ...PLAN, urls, warmUp: 60 * urls.length, attempts: 60 * urls.length });
  expect(measured.outcomes).toEqual({ 200: 240, protocol_error: 120, headers_too_large: 60 });
  expect(measured.mostGrownMb).toBeLessThan(16);
  expect(measured.connections).toBe(0);
  expect(measured.after.files).toBeLessThanOrEqual(measured.before.files);
});

it("thousands of attempts that fail (a bad certificate, a refused port, no such name) leave nothing behind", async () => {
  const dns = await startStubDns(() => "nxdomain");
  const bad = await startReceiver({ certificate: "self-signed" });
  onTestFinished(async () => {
    await bad.close();
    await dns.close();
  });
  const refused = `http://127.0.0.1:${await closedPort()}`;
  const nobody = (n: number) => `http://nobody${n}.example/`;
  const urls = Array.from({ length: 100 }, (_, n) => [bad.url, refused, nobody(2 * n), refused, nobody(2 * n + 1)]);
  const measured = await measureSending({
    ...PLAN,
    urls: urls.flat(),
    warmUp: 1_500,
    attempts: 10_000,
    options: { dns: dns.server, hostsFile: "/none" },
  });
  expect(measured.outcomes).toEqual({ tls_error: 2_000, refused: 4_000, dns_failed: 4_000 });
  expect(measured.connections).toBe(0);
  expect(measured.after.files).toBeLessThanOrEqual(measured.before.files);
  expect(measured.after.handles).toBeLessThanOrEqual(measured.before.handles);
  expect(measured.grownMb).toBeLessThan(10);
});
