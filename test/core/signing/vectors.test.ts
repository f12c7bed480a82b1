import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { sign } from "../../../src/core/signing/sign.ts";
import { verify } from "../../../src/core/signing/verify.ts";

interface Vector {
  id: string;
  class: string;
  now: number;
  secrets: string[];
  headers: [string, string][];
  body:
    | { utf8: string }
    | { base64: string }
    | { gen: { head: string; unit: string; tail: string; total: number; sha256: string } };
  must: "valid" | "invalid" | "either";
  why?: string;
}

const FILE = path.join(import.meta.dirname, "../../fixtures/vectors/standard-webhooks.json");
const { vectors } = JSON.parse(readFileSync(FILE, "utf8")) as { vectors: Vector[] };

describe("the public vectors of Standard Webhooks", () => {
  it("are all here", () => {
    expect(vectors).toHaveLength(72);
  });

  it.each(vectors)("$id must be $must", (vector) => {
    const request = { headers: vector.headers, body: bodyOf(vector) };

    const result = verify("standard-webhooks", request, vector.secrets, { now: vector.now });

    if (vector.must !== "either") expect(result).toMatchObject({ valid: vector.must === "valid" });
  });

  const ours = vectors.filter(({ class: kind, id }) => kind === "valid" && id.includes("/valid-"));

  it.each(ours)("$id: sign makes the same headers", (vector) => {
    const expected = Object.fromEntries(vector.headers.map(([name, value]) => [name.toLowerCase(), value]));
    const id = expected["webhook-id"] ?? "";
    const timestamp = Number(expected["webhook-timestamp"]);

    const { headers } = sign("standard-webhooks", { body: bodyOf(vector) }, vector.secrets, { id, timestamp });

    expect(expected).toMatchObject(headers);
  });
});

function bodyOf({ body, id }: Vector): Buffer {
  if ("utf8" in body) return Buffer.from(body.utf8);
  if ("base64" in body) return Buffer.from(body.base64, "base64");
  const { head, unit, tail, total, sha256 } = body.gen;
  const fill = total - Buffer.byteLength(head) - Buffer.byteLength(tail);
  const bytes = Buffer.from(head + unit.repeat(Math.ceil(fill / unit.length)).slice(0, fill) + tail);
  expect(createHash("sha256").update(bytes).digest("hex"), id).toBe(sha256);
  return bytes;
}
