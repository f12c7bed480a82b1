import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { findScheme, SCHEMES } from "../../../src/core/signing/registry.ts";
import { MemoryReplays, type ReplayStore } from "../../../src/core/signing/replays.ts";
import { sign } from "../../../src/core/signing/sign.ts";
import type { VerifierOptions } from "../../../src/core/signing/verifier-options.ts";
import { Verifier } from "../../../src/core/signing/verify.ts";
import { Verifier as WebVerifier } from "../../../src/core/signing/web/verify.ts";
import { bodyFor, keysOf, SAMPLE_REQUEST } from "./support/scheme-samples.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const NOW = 1_760_000_000;
const BODY = '{"id":"evt_1"}';

function message(timestamp = NOW, body = BODY, secrets: string | string[] = SECRET) {
  return { headers: sign("standard-webhooks", { body }, secrets, { id: "msg_1", timestamp }).headers, body };
}

function verifier(options: VerifierOptions = { replays: new MemoryReplays() }, secrets: string | string[] = SECRET) {
  return new Verifier(findScheme("standard-webhooks")!, secrets, options);
}

/** Whether a scheme can have a replay store. */
const RECORDED = SCHEMES.filter(({ algorithm, repeats }) => algorithm !== "token" && repeats !== true);

describe("a verifier with a replay store", () => {
  it("accepts a message once, and not twice; without a store twice", () => {
    const once = verifier();
    const often = verifier({});

    expect(once.verify(message(), NOW)).toEqual({
      valid: true,
      secretIndex: 0,
      timestamp: NOW,
      replayKey: expect.stringMatching(/^standard-webhooks:[\w-]{43}$/),
    });
    expect(once.verify(message(), NOW + 1)).toMatchObject({ valid: false, reason: "replayed" });
    expect(often.verify(message(), NOW)).toEqual({ valid: true, secretIndex: 0, timestamp: NOW });
    expect(often.verify(message(), NOW)).toMatchObject({ valid: true });
  });

  it("accepts the sender's next try, which has a new time, and a message of the same time with another body", () => {
    const once = verifier();

    expect(once.verify(message(), NOW).valid).toBe(true);
    expect(once.verify(message(NOW + 5), NOW + 5).valid).toBe(true);
    expect(once.verify(message(NOW, "{}"), NOW).valid).toBe(true);
    expect(once.verify(message(NOW + 5), NOW + 6)).toMatchObject({ reason: "replayed" });
  });

  it("is not fooled by what is not signed: other headers, further signatures, the other secret's signature", () => {
    const once = verifier(undefined, [SECRET, OTHER]);
    const both = message(NOW, BODY, [SECRET, OTHER]);
    const [first = "", second = ""] = both.headers["webhook-signature"]!.split(" ");
    const replayed = (signature: string, more = {}) =>
      once.verify({ body: BODY, headers: { ...both.headers, ...more, "webhook-signature": signature } }, NOW);

    expect(once.verify(both, NOW)).toMatchObject({ valid: true, secretIndex: 0 });
    expect(replayed(first, { "x-request-id": "other" })).toMatchObject({ reason: "replayed" });
    expect(replayed(second)).toMatchObject({ reason: "replayed" });
    expect(replayed(`v1,${"A".repeat(43)}= ${second}`)).toMatchObject({ reason: "replayed" });
  });

  it("is not fooled by another spelling of hex", () => {
    const once = new Verifier(findScheme("github")!, "s", { replays: new MemoryReplays() });
    const hex = createHmac("sha256", "s").update(BODY).digest("hex");
    const judge = (digits: string) =>
      once.verify({ headers: { "x-hub-signature-256": `sha256=${digits}` }, body: BODY }, NOW);

    expect(judge(hex).valid).toBe(true);
    expect(judge(hex.toUpperCase())).toMatchObject({ reason: "replayed" });
  });

  it.each([
    ["node:crypto", Verifier],
    ["Web Crypto", WebVerifier],
  ])("is not fooled by another spelling of Twilio's URL, by %s", async (_, AnyVerifier) => {
    const once = new AnyVerifier(findScheme("twilio")!, "token", { replays: new MemoryReplays() });
    const body = "From=%2B1&Body=hi";
    const signed = (url: string) => sign("twilio", { body, url }, "token", { id: "msg_1", timestamp: NOW }).headers;
    const headers = signed("https://example.com/in");
    const judge = async (url: string, signature = headers) => await once.verify({ headers: signature, body, url }, NOW);

    expect(await judge("https://example.com:1/in")).toMatchObject({ valid: true });
    for (const host of ["example.com", "example.com:2", "EXAMPLE.com", "Example.com:443"]) {
      expect(await judge(`https://${host}/in`), host).toMatchObject({ reason: "replayed" });
    }
    expect(await judge("https://example.com/in", signed("https://example.com:443/in"))).toMatchObject({ valid: true });
    expect(await judge("https://example.com/in2", signed("https://example.com/in2"))).toMatchObject({ valid: true });
  });

  it("remembers nothing that it refused", () => {
    const replays = new MemoryReplays();
    const once = verifier({ replays });
    const { headers } = message();

    expect(once.verify({ headers, body: "{}" }, NOW)).toMatchObject({ reason: "signature_mismatch" });
    expect(once.verify(message(), NOW + 301)).toMatchObject({ reason: "timestamp_too_old" });
    expect(replays.size).toBe(0);
    expect(once.verify(message(), NOW).valid).toBe(true);
  });

  it("remembers a message as long as it could be accepted again", () => {
    const asked: number[] = [];
    const replays: ReplayStore = { add: (_key, seconds) => asked.push(seconds) > 0, delete: () => {} };
    verifier({ replays }).verify(message(NOW - 100), NOW);
    verifier({ replays, tolerance: 1_000 }).verify(message(NOW + 50), NOW);
    verifier({ replays, tolerance: "none" }).verify(message(), NOW);

    expect(asked).toEqual([201, 1_051, 259_200]);

    const once = verifier();
    once.verify(message(NOW + 300), NOW);
    for (const later of [1, 300, 600]) expect(once.verify(message(NOW + 300), NOW + later).valid).toBe(false);
    expect(once.verify(message(NOW + 300), NOW + 601)).toMatchObject({ reason: "timestamp_too_old" });
  });

  it("waits for a store that answers promises, and says so where it cannot wait", async () => {
    const memory = new MemoryReplays();
    const replays: ReplayStore = {
      add: async (key, seconds, now) => memory.add(key, seconds, now),
      delete: async (key) => memory.delete(key),
    };
    const once = verifier({ replays });
    const both = await Promise.all([once.verifyAsync(message(), NOW), once.verifyAsync(message(), NOW)]);

    expect(both.filter(({ valid }) => valid)).toHaveLength(1);
    expect(() => once.verify(message(NOW + 1), NOW + 1)).toThrow(/replay store answers a promise: call verifyAsync/);
    const broken = verifier({ replays: { ...replays, add: () => Promise.reject(new Error("store is down")) } });
    await expect(broken.verifyAsync(message(), NOW)).rejects.toThrow("store is down");
  });

  it("cannot be had where two messages may have one signature", () => {
    for (const name of ["gitlab-token", "okta", "auth0", "dropbox-sign"]) {
      const { scheme } = findScheme(name)!;

      expect(() => new Verifier(findScheme(name)!, "s", { replays: new MemoryReplays() })).toThrow(
        new RegExp(`^${name} cannot have a replay store`),
      );
      expect(RECORDED).not.toContain(scheme);
    }
    expect(RECORDED).toHaveLength(SCHEMES.length - 4);
  });
});

it.each(RECORDED)("a replay of $name is seen, a new message is not taken for one", async (scheme) => {
  const { signing, verifying } = keysOf(scheme);
  const received = (text: string, id: string) => {
    const body = bodyFor(scheme, text, NOW);
    const signed = sign(scheme.name, { ...SAMPLE_REQUEST, body }, signing, { id, timestamp: NOW });
    return { ...SAMPLE_REQUEST, headers: signed.headers, body: signed.body ?? body };
  };
  const once = new Verifier(findScheme(scheme.name)!, verifying, { replays: new MemoryReplays() });
  const first = received("one", "id-1");

  expect(once.verify(first, NOW)).toMatchObject({ valid: true });
  expect(once.verify(first, NOW)).toMatchObject({ reason: "replayed" });
  expect(await once.verifyAsync(first, NOW)).toMatchObject({ reason: "replayed" });
  expect(once.verify(received("two", "id-2"), NOW)).toMatchObject({ valid: true });
});

describe("MemoryReplays", () => {
  it("knows a key until its time is over, or it is deleted", () => {
    const replays = new MemoryReplays();

    expect(replays.add("a", 10, NOW)).toBe(true);
    expect(replays.add("a", 10, NOW + 10)).toBe(false);
    expect(replays.add("a", 10, NOW + 11)).toBe(true);
    replays.delete("a");
    expect(replays.add("a", 10, NOW + 11)).toBe(true);
  });

  it("forgets the oldest when it is full, and never holds more", () => {
    const replays = new MemoryReplays(3);
    for (const key of ["a", "b", "c", "d"]) replays.add(key, 100, NOW);

    expect(replays.size).toBe(3);
    expect(["b", "c", "d"].map((key) => replays.add(key, 100, NOW))).toEqual([false, false, false]);
    expect(replays.add("a", 100, NOW)).toBe(true);
    for (let count = 0; count < 10_000; count++) replays.add(`key-${count}`, 1, NOW + count);
    expect(replays.size).toBeLessThanOrEqual(3);
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity])("holds no %s messages", (max) => {
    expect(() => new MemoryReplays(max)).toThrow(TypeError);
  });
});
