import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { Messages } from "../../bench/load/http-messages.ts";
import { startReceiver } from "../../bench/load/start-receiver.ts";
import { inTurn } from "../../bench/rounds.ts";

const HEAD = "POST / HTTP/1.1\r\nhost: x\r\n";

describe("Messages", () => {
  it("finds the same messages however they are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.string({ maxLength: 40 }), { nil: undefined }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (bodies, cuts) => {
          const sent = bodies.map((body) =>
            body === undefined ? `${HEAD}\r\n` : `${HEAD}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
          );
          const bytes = Buffer.from(sent.join(""));
          const places = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((one, other) => one - other);
          const found: string[] = [];
          const messages = new Messages((message) => found.push(message.toString()));
          let from = 0;
          for (const to of [...places, bytes.length]) {
            // Its owner uses the chunk again at once.
            const chunk = Buffer.from(bytes.subarray(from, to));
            messages.feed(chunk);
            chunk.fill(0);
            from = to;
          }
          expect(found).toEqual(sent);
        },
      ),
    );
  });
});

describe.each(["least", "http"] as const)("the receiver %s", (kind) => {
  it("answers 204 to every request, and says when so many have come", async () => {
    const receiver = await startReceiver(kind);
    onTestFinished(() => receiver.stop());
    const reached = receiver.reaches(3);
    const socket = connect(Number(new URL(receiver.url).port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    const request = `${HEAD}content-length: 2\r\n\r\nhi`;
    socket.write(request + request.slice(0, 30));
    let answers = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      answers += text;
    });
    await once(socket, "data");
    socket.write(request.slice(30) + request);
    const at = await reached;
    while (answers.split("HTTP/1.1 204").length < 4) await once(socket, "data");
    expect(at).toBeLessThanOrEqual(Number(process.hrtime.bigint()) / 1e6);
    await receiver.reset();
    socket.write(request);
    expect(await receiver.reaches(1)).toBeGreaterThan(at);
  });
});

it("inTurn turns the order round in every second round", async () => {
  const order: string[] = [];
  const note = (name: string) => (round: number) => {
    order.push(name);
    return Promise.resolve(`${name}${round}`);
  };
  const results = await inTurn(3, { a: note("a"), b: note("b") });
  expect(order.join("")).toBe("abbaab");
  expect(results).toEqual({ a: ["a0", "a1", "a2"], b: ["b0", "b1", "b2"] });
});
