import dgram from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { isIP } from "node:net";
import { encode } from "dns-packet";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { nameAnswer } from "../../src/core/name-answer.ts";
import { NameServers } from "../../src/deliver/dns/name-servers.ts";
import { RUNS } from "./support/hostile-text.ts";

const BUDGET_MS = 400;

it("packets of every kind are an answer or a failure, within the budget and never an exception", {
  timeout: 180_000,
}, async () => {
  let damage: (reply: Buffer) => Buffer = (reply) => reply;
  const server = dgram.createSocket("udp4");
  server.on("message", (question, from) => {
    const reply = encode({
      type: "response",
      id: question.readUInt16BE(0),
      flags: 0x8180,
      questions: [{ type: "A", name: "a.example" }],
      answers: [{ type: "A", name: "a.example", ttl: 60, data: "192.0.2.1" }],
    });
    server.send(damage(reply as Buffer), from.port, from.address);
  });
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const names = new NameServers({ address: "127.0.0.1", port: (server.address() as AddressInfo).port }, BUDGET_MS);
  onTestFinished(() => names.close());

  const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(changes, fc.nat(120), fc.uint8Array({ maxLength: 60 }), async (bytes, cut, tail) => {
      damage = (reply) => {
        const packet = Buffer.concat([reply, tail]);
        for (const [at, byte] of bytes) if (1 < at) packet[at % packet.length] = byte;
        return packet.subarray(0, Math.max(2, packet.length - cut));
      };
      const answer = await names.ask("a.example");
      if (answer.kind === "addresses") for (const address of answer.addresses) expect(isIP(address)).not.toBe(0);
      else expect(answer.code).toMatch(/^E[A-Z]+$/);
    }),
    { numRuns: Math.ceil(RUNS / 20) },
  );
});

it("records of every kind make addresses that are kept from 5 to 60 seconds, or a failure", () => {
  const family = fc.oneof(
    fc.constantFrom("ENOTFOUND", "ENODATA", "ESERVFAIL", "ETIMEOUT", "EMFILE", "EWHATEVER"),
    fc.array(fc.record({ address: fc.oneof(fc.ipV4(), fc.ipV6()), ttl: fc.integer({ min: -1, max: 2 ** 31 }) }), {
      maxLength: 8,
    }),
  );
  fc.assert(
    fc.property(family, family, (v4, v6) => {
      const answer = nameAnswer(v4, v6);
      const given = [v4, v6].flatMap((one) => (typeof one === "string" ? [] : one.map(({ address }) => address)));
      if (answer.kind === "failed") expect(given).toEqual([]);
      else {
        expect(new Set(answer.addresses)).toEqual(new Set(given));
        expect(answer.keepMs).toBeGreaterThanOrEqual(5_000);
        expect(answer.keepMs).toBeLessThanOrEqual(60_000);
      }
    }),
    { numRuns: RUNS },
  );
});
