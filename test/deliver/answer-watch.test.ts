import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnswerWatch, MAX_ANSWER_BYTES } from "../../src/deliver/answer-watch.ts";

/** A stream that is watched; `passes` writes a chunk into it and gives what its reader gets. */
function watched() {
  const watch = new AnswerWatch();
  const stream = new PassThrough({ highWaterMark: 1_000_000 });
  watch.attach(stream);
  const passes = (chunk: string | Buffer): string | undefined => {
    stream.write(chunk);
    const read = stream.read() as Buffer | null;
    return read === null ? undefined : read.toString("latin1");
  };
  let floods = 0;
  const flooded = () => {
    floods += 1;
  };
  const begin = () => watch.begin({ flooded });
  return { watch, begin, passes, floods: () => floods };
}

describe("100 Continue", () => {
  const line = fc.constantFrom("link: </a>; rel=preload\r\n", "x: HTTP/1.1 100 Continue\r\n", "date: 1\r\n");
  const informational = fc
    .record({
      status: fc.constantFrom("100 Continue", "100", "102 Processing", "103 Early Hints"),
      lines: fc.array(line, { maxLength: 2 }),
    })
    .map(({ status, lines }) => ({
      sent: `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`,
      seen: `HTTP/1.1 ${status.replace(/^100/, "102")}\r\n${lines.join("")}\r\n`,
    }));
  const final = fc
    .record({ status: fc.constantFrom("200 OK", "204", "410 Gone"), lines: fc.array(line, { maxLength: 2 }) })
    .map(({ status, lines }) => `HTTP/1.1 ${status}\r\n${lines.join("")}\r\nHTTP/1.1 100 Continue\r\n\r\n`);

  it("becomes 102 wherever it comes before the answer, however it is cut, and nothing else is touched", () => {
    fc.assert(
      fc.property(fc.array(informational), final, fc.array(fc.nat()), (before, answer, cuts) => {
        const sent = before.map((one) => one.sent).join("") + answer;
        const seen = before.map((one) => one.seen).join("") + answer;
        const { begin, passes } = watched();
        const at = [...new Set(cuts.map((cut) => cut % sent.length))].sort((a, b) => a - b);
        begin();
        const got = [0, ...at].map((from, n) => passes(sent.slice(from, at[n] ?? sent.length)) ?? "");
        expect(got.join("")).toBe(seen);
      }),
    );
  });

  it("becomes 102 byte by byte, too, and in each answer of a connection", () => {
    const { begin, passes, watch } = watched();
    for (let n = 0; n < 3; n++) {
      begin();
      const got = [..."\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n"].map(passes).join("");
      expect(got).toBe("\r\nHTTP/1.1 102 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n");
      watch.end();
    }
  });

  it("stays as it is where no answer is waited for: undici drops the connection", () => {
    const { passes } = watched();
    expect(passes("HTTP/1.1 100 Continue\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  });
});

describe("an answer that never ends", () => {
  it("is read up to its limit, then no more, and its reader is told once", () => {
    const { begin, passes, floods } = watched();
    begin();
    const chunk = Buffer.alloc(MAX_ANSWER_BYTES / 4, "x");
    for (let n = 0; n < 4; n++) expect(passes(chunk)).toHaveLength(chunk.length);
    expect(floods()).toBe(0);
    for (let n = 0; n < 3; n++) expect(passes("x")).toBeUndefined();
    expect(floods()).toBe(1);
  });

  it("is counted from its beginning: many that are short are no flood", () => {
    const { begin, passes, floods } = watched();
    for (let n = 0; n < 20; n++) {
      begin();
      expect(passes(Buffer.alloc(MAX_ANSWER_BYTES - 1, "x"))).toHaveLength(MAX_ANSWER_BYTES - 1);
    }
    expect(floods()).toBe(0);
  });
});
