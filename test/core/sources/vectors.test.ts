import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { findScheme } from "../../../src/core/signing/registry.ts";
import { sign } from "../../../src/core/signing/sign.ts";
import { answerChallenge } from "../../../src/core/sources/answer-challenge.ts";
import type { Challenge, HandshakeName } from "../../../src/core/sources/challenge.ts";
import { keysOf } from "../signing/support/scheme-samples.ts";

// Written from the documentation of the providers; test/core/signing has the vectors of their signatures.

interface HandshakeVector {
  id: string;
  request: { method: string; url: string; headers: [string, string][]; body: string };
  config?: {
    allowOrigins?: string[];
    rate?: string;
    verifyToken?: string;
    verificationToken?: string;
    topics?: string[];
  };
  response: {
    status?: number;
    headers?: Record<string, string>;
    headersAbsent?: string[];
    contentType?: string;
    body?: string;
    bodyContains?: string;
    bodyNot?: string;
    json?: unknown;
    action?: string;
  };
}

const FILE = path.join(import.meta.dirname, "../../fixtures/handshakes.json");
const { handshakes } = JSON.parse(readFileSync(FILE, "utf8")) as { handshakes: HandshakeVector[] };
const NOW = 1_760_000_000;
const OF: Record<string, HandshakeName> = { msgraph: "microsoft-graph" };
const SIGNED = new Set(["slack", "twitch", "discord"]);

/** As the provider sends it: those of the file are not signed yet. */
function challengeOf({ id, request, config = {} }: HandshakeVector): [HandshakeName, Challenge] {
  const [family = ""] = id.split("/");
  const handshake = OF[family] ?? (family as HandshakeName);
  const scheme = SIGNED.has(family) ? findScheme(family)!.scheme : undefined;
  const keys = scheme === undefined ? undefined : keysOf(scheme);
  const signed = keys && sign(family, request, keys.signing, { id: "msg_1", timestamp: NOW }).headers;
  const verifyToken = config.verifyToken ?? config.verificationToken;
  return [
    handshake,
    {
      request: { ...request, headers: [...request.headers, ...Object.entries(signed ?? {})] },
      secrets: keys === undefined ? [] : [keys.verifying].flat(),
      now: NOW,
      verifyToken,
      origins: config.allowOrigins,
      rate: config.rate === undefined ? undefined : Number(config.rate),
      topics: config.topics,
    },
  ];
}

describe("what the providers document", () => {
  it.each(handshakes.filter(({ response }) => response.action === undefined))("$id", (vector) => {
    const answer = answerChallenge(...challengeOf(vector));

    const { response } = vector;
    const headers = Object.fromEntries(answer?.headers ?? []);
    for (const name of response.headersAbsent ?? []) expect(headers).not.toHaveProperty(name.toLowerCase());
    if (response.headersAbsent !== undefined) return;
    expect(answer?.status).toBe(response.status);
    for (const [name, value] of Object.entries(response.headers ?? {})) {
      if (name === "Allow") expect(headers["allow"]).toContain(value);
      else expect(headers[name.toLowerCase()]).toBe(value);
    }
    if (response.contentType !== undefined) expect(headers["content-type"]).toContain(response.contentType);
    if (response.body !== undefined) expect(answer?.body).toBe(response.body);
    if (response.bodyContains !== undefined) expect(answer?.body).toContain(response.bodyContains);
    if (response.bodyNot !== undefined) expect(answer?.body).not.toContain(response.bodyNot);
    if (response.json !== undefined) expect(JSON.parse(answer?.body ?? "")).toEqual(response.json);
  });

  it.each(handshakes.filter(({ id }) => SIGNED.has(id.split("/")[0]!)))("$id is no challenge unsigned", (vector) => {
    const [handshake, challenge] = challengeOf(vector);

    expect(answerChallenge(handshake, { ...challenge, request: vector.request })).toBeUndefined();
  });
});
