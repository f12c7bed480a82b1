import { createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { PROFILE_NAMES } from "../../../src/core/profiles/profile-names.ts";
import { BUILT_IN_PROFILES, findProfile } from "../../../src/core/profiles/registry.ts";
import { verify } from "../../../src/core/signing/verify.ts";
import { messageFor, pairs, SECRETS, SENT_AT } from "./support/profile-message.ts";

const FOLDER = path.join(import.meta.dirname, "../../fixtures/profiles");
const NOW = Math.floor(SENT_AT / 1_000);

describe.each(PROFILE_NAMES)("profile %s", (name) => {
  const profile = findProfile(name)!;
  const golden = readFileSync(path.join(FOLDER, `${name}.http`));

  it("sends this request, byte for byte", () => {
    const { headers, body } = profile.build(messageFor(profile));
    const head = pairs(headers).map(([header, value]) => `${header}: ${value}\n`);

    expect(Buffer.concat([Buffer.from(`${head.join("")}\n`), body]).equals(golden), `${head.join("")}\n${body}`).toBe(
      true,
    );
  });

  it("signs what its scheme verifies, and nothing else", () => {
    const { headers, body } = profile.build(messageFor(profile));
    const request = { headers: pairs(headers), body };
    const tampered = { ...request, body: Buffer.concat([body, Buffer.from(" ")]) };
    const secret = SECRETS[name]!;

    expect(verify(profile.scheme as "standard", request, secret, { now: NOW })).toMatchObject({ valid: true });
    for (const [what, given] of [
      [tampered, secret],
      [request, SECRETS[name === "aegisx" ? "dotmac" : "aegisx"]!],
    ] as const) {
      expect(verify(profile.scheme as "standard", what, given, { now: NOW })).toMatchObject({ valid: false });
    }
  });
});

it("there is a golden request of each profile, and of nothing else", () => {
  expect(readdirSync(FOLDER).sort()).toEqual(PROFILE_NAMES.map((name) => `${name}.http`).sort());
  expect(BUILT_IN_PROFILES.names).toEqual(PROFILE_NAMES);
  expect(findProfile("constructor")).toBeUndefined();
});

it("the golden requests of the five systems are signed as their documents say, worked out here by themselves", () => {
  const read = (name: string): { header(wanted: string): string; body: Buffer } => {
    const bytes = readFileSync(path.join(FOLDER, `${name}.http`));
    const end = bytes.indexOf("\n\n");
    const lines = bytes.subarray(0, end).toString().split("\n");
    const header = (wanted: string) => lines.find((line) => line.startsWith(`${wanted}: `))!.slice(wanted.length + 2);
    return { header, body: bytes.subarray(end + 2) };
  };
  const hex = (name: string, content: Buffer): string =>
    createHmac("sha256", SECRETS[name]!).update(content).digest("hex");
  const [aegisx, arsmedica, dotmac, securebase, foresight] = [
    "aegisx",
    "arsmedica",
    "dotmac",
    "securebase",
    "foresight",
  ].map(read) as [ReturnType<typeof read>, ...ReturnType<typeof read>[]] & ReturnType<typeof read>[];

  expect(aegisx.header("X-Webhook-Signature-256")).toBe(`sha256=${hex("aegisx", aegisx.body)}`);
  expect(arsmedica!.header("X-Signature")).toBe(`sha256=${hex("arsmedica", arsmedica!.body)}`);
  expect(dotmac!.header("X-Webhook-Signature")).toBe(hex("dotmac", dotmac!.body));
  expect(securebase!.header("X-SecureBase-Signature")).toBe(hex("securebase", securebase!.body));
  const signed = Buffer.concat([Buffer.from(`${foresight!.header("x-foresight-timestamp")}.`), foresight!.body]);
  expect(foresight!.header("x-foresight-signature")).toBe(hex("foresight", signed));
});
