import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnsweredResult, ErrorResult, HeaderPairs } from "../../src/core/attempt.ts";
import { excerptOf, recordOf } from "../../src/core/attempt-record.ts";

const facts = { startedAt: 1_000, durationMs: 50, phase: "done", remoteAddress: "127.0.0.1", bytesSent: 10 } as const;

function answered(body: Uint8Array, more: Partial<AnsweredResult> = {}): AnsweredResult {
  return {
    kind: "answered",
    status: 200,
    responseHeaders: [],
    responseBody: body,
    truncated: false,
    ...facts,
    ...more,
  };
}

function record(result: AnsweredResult | ErrorResult, excerptChars = 1_000, requestHeaders: string[] = []) {
  return recordOf(result, {
    subscription: { headers: { authorization: "Bearer s3cret" }, excerptChars },
    number: 3,
    trigger: "auto",
    worker: "boot-1",
    requestHeaders,
  });
}

const text = (value: string) => new TextEncoder().encode(value);

describe("recordOf", () => {
  it("keeps everything of an answer", () => {
    expect(record(answered(text("fine"), { responseHeaders: [["Server", "x"]] }))).toEqual({
      number: 3,
      startedAt: 1_000,
      durationMs: 50,
      outcome: "success",
      status: 200,
      errorCode: undefined,
      errorMessage: undefined,
      phase: "done",
      remoteAddress: "127.0.0.1",
      bytesSent: 10,
      requestHeaders: [],
      responseHeaders: [["Server", "x"]],
      responseExcerpt: "fine",
      truncated: false,
      trigger: "auto",
      worker: "boot-1",
    });
  });

  it("keeps the code and message of an error", () => {
    expect(
      record({
        kind: "error",
        code: "refused",
        message: "connection refused (ECONNREFUSED)",
        ...facts,
        phase: "connect",
      }),
    ).toMatchObject({
      outcome: "failure",
      status: undefined,
      errorCode: "refused",
      errorMessage: "connection refused (ECONNREFUSED)",
      phase: "connect",
      responseExcerpt: undefined,
      truncated: false,
    });
  });

  it("says where a redirect pointed", () => {
    const redirect = (responseHeaders: HeaderPairs) =>
      record(answered(text(""), { status: 307, responseHeaders })).errorMessage;
    expect(redirect([["Location", "http://127.0.0.1:9/"]])).toBe(
      "redirects are not followed: it pointed to http://127.0.0.1:9/",
    );
    expect(redirect([])).toBe("redirects are not followed");
    expect(redirect([["location", "x".repeat(5_000)]])!.length).toBeLessThan(600);
    expect(record(answered(text(""), { status: 500 })).errorMessage).toBeUndefined();
  });

  it("masks the subscription's own header values and keeps the rest", () => {
    const sent = ["content-type", "application/json", "webhook-signature", "v1,abc", "authorization", "Bearer s3cret"];
    const kept = record(answered(text("")), 1_000, sent).requestHeaders;
    expect(kept).toEqual([
      ["content-type", "application/json"],
      ["webhook-signature", "v1,abc"],
      ["authorization", "***"],
    ]);
    expect(JSON.stringify(kept)).not.toContain("s3cret");
  });

  it("caps response headers at 32 pairs of 512 characters", () => {
    const many: HeaderPairs = Array.from({ length: 1_500 }, (_, n) => [`x-${n}`, "v".repeat(2_000)]);
    const kept = record(answered(text(""), { responseHeaders: many })).responseHeaders;
    expect(kept).toHaveLength(32);
    expect(kept.every(([, value]) => value.length === 512)).toBe(true);
  });

  it("cuts the excerpt at whole characters and says so", () => {
    expect(record(answered(text("héllo wörld")), 4)).toMatchObject({ responseExcerpt: "héll", truncated: true });
    expect(record(answered(text("😀😀😀")), 2)).toMatchObject({ responseExcerpt: "😀😀", truncated: true });
    expect(record(answered(text("😀😀")), 2)).toMatchObject({ responseExcerpt: "😀😀", truncated: false });
    expect(record(answered(text("kept")), 0)).toMatchObject({ responseExcerpt: undefined, truncated: false });
    expect(record(answered(text("")), 10)).toMatchObject({ responseExcerpt: undefined, truncated: false });
  });

  it("drops the half character at the end of a body that was cut", () => {
    const cut = (bytes: Uint8Array) => record(answered(bytes, { truncated: true }));
    expect(cut(text("ab😀").subarray(0, 5))).toMatchObject({ responseExcerpt: "ab", truncated: true });
    expect(cut(text("abé").subarray(0, 3))).toMatchObject({ responseExcerpt: "ab", truncated: true });
    expect(cut(text("ab😀"))).toMatchObject({ responseExcerpt: "ab😀", truncated: true });
    expect(cut(Uint8Array.of(0x80, 0x80, 0x80, 0x80)).responseExcerpt).toBe("����");
  });
});

describe("excerptOf", () => {
  it("is the beginning of the text, never longer than asked", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (value, chars) => {
        const whole = new TextDecoder("utf-8", { ignoreBOM: true }).decode(text(value));
        const excerpt = excerptOf(text(value), chars);
        expect(excerpt?.text ?? "").toBe([...whole].slice(0, chars).join(""));
        expect(excerpt?.isCut ?? false).toBe([...whole].length > chars);
      }),
    );
  });

  it("never fails, whatever the bytes are", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 0, max: 100 }),
        fc.boolean(),
        (bytes, chars, truncated) => {
          const { responseExcerpt } = record(answered(bytes, { truncated }), chars);
          expect([...(responseExcerpt ?? "")].length).toBeLessThanOrEqual(chars);
          expect((responseExcerpt ?? "").isWellFormed()).toBe(true);
        },
      ),
    );
  });
});
