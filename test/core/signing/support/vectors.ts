import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { ResolvedKey } from "../../../../src/core/signing/options.ts";

/** One message with the verdict that is owed (`must`) and the one that the provider's own library gives (`expect`). */
export interface Vector {
  id: string;
  class: string;
  now: number;
  secrets: string[];
  method: string;
  url: string;
  headers: [string, string][];
  body:
    | { utf8: string }
    | { base64: string }
    | { gen: { head: string; unit: string; tail: string; total: number; sha256: string } };
  must: "valid" | "invalid" | "either";
  expect: "valid" | "invalid";
  why?: string;
}

export interface VectorFile {
  scheme: string;
  oracle: { package?: string; version?: string } | null;
  fixtures?: {
    certs?: Record<string, string>;
    jwks?: Record<string, ResolvedKey>;
    keys?: Record<string, ResolvedKey>;
  };
  vectors: Vector[];
}

const FOLDER = path.join(import.meta.dirname, "../../../fixtures/vectors");

/** Every file of vectors, in the order of their names. */
export function readVectors(): VectorFile[] {
  return readdirSync(FOLDER)
    .sort()
    .map((name) => JSON.parse(readFileSync(path.join(FOLDER, name), "utf8")) as VectorFile);
}

/** The keys that messages name, as the file holds them; undefined for schemes whose messages name none. */
export function resolverOf({ fixtures }: VectorFile): ((name: string) => ResolvedKey | undefined) | undefined {
  if (fixtures === undefined) return undefined;
  const keys: Record<string, ResolvedKey> = { ...fixtures.certs, ...fixtures.jwks, ...fixtures.keys };
  return (name) => (Object.hasOwn(keys, name) ? keys[name] : undefined);
}

export function bodyOf({ body, id }: Vector): Buffer {
  if ("utf8" in body) return Buffer.from(body.utf8);
  if ("base64" in body) return Buffer.from(body.base64, "base64");
  const { head, unit, tail, total, sha256 } = body.gen;
  const fill = total - Buffer.byteLength(head) - Buffer.byteLength(tail);
  const bytes = Buffer.from(head + unit.repeat(Math.ceil(fill / unit.length)).slice(0, fill) + tail);
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) throw new Error(`${id}: the body is another`);
  return bytes;
}
