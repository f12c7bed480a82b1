// Builds the requests of test/fixtures/bad-inputs.json, byte by byte: many of them no client would send.

import { gzipSync } from "node:zlib";
import { BATCH_MAX_EVENTS, EVENT_MAX_BYTES, JSON_MAX_DEPTH } from "../../../src/core/event.ts";
import type { BadInput } from "../../support/bad-inputs.ts";

export interface CorpusInput {
  request?: string;
  request_gen?: { prefix: string; unit: string; n: number };
  headers?: Record<string, string | null>;
  headers_raw?: [string, string][];
  headers_gen?: { name: string; prefix?: string; unit: string; n?: number; lines?: number };
  json?: unknown;
  json_gen?: { path: string; kind?: string; key?: string; prefix?: string; unit?: string; n: number; base?: object };
  raw?: string;
  raw_hex?: string;
  raw_gen?: {
    kind: string;
    prefix?: string;
    open?: string;
    close?: string;
    suffix?: string;
    n?: number | string;
    base?: object;
    bytes?: string;
  };
  raw_http?: string;
  query?: string;
  then?: "close";
  times?: number;
  env?: string;
}

const TARGETS: Record<string, string> = {
  create_subscription: "POST /v1/subscriptions",
  publish_event: "POST /v1/events",
  publish_batch: "POST /v1/events/batch",
};

/** @param keys stand for the corpus' placeholders. */
export function requestBytes(
  { surface, input }: BadInput<CorpusInput>,
  port: number,
  keys: Record<string, string>,
): Buffer {
  if (input.raw_http !== undefined) return Buffer.from(withKeys(input.raw_http, keys), "latin1");
  const line = input.request_gen === undefined ? (input.request ?? TARGETS[surface]!) : repeated(input.request_gen);
  const body = bodyOf(input);
  const headers = headersOf(input, port, body, keys);
  const isChunked = headers.some(([name]) => name === "transfer-encoding");
  const head = `${withKeys(line, keys)}${input.query ?? ""} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  const sent =
    isChunked && body !== undefined ? [`${body.length.toString(16)}\r\n`, body, "\r\n0\r\n\r\n"] : [body ?? ""];
  return Buffer.concat([head, ...sent].map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
}

function headersOf(
  input: CorpusInput,
  port: number,
  body: Buffer | undefined,
  keys: Record<string, string>,
): [string, string][] {
  const headers = new Map<string, string | null>([
    ["host", `127.0.0.1:${port}`],
    ["authorization", `Bearer ${keys["VALIDKEY"]}`],
  ]);
  if (body !== undefined) headers.set("content-type", "application/json").set("content-length", String(body.length));
  for (const [name, value] of Object.entries(input.headers ?? {})) headers.set(name.toLowerCase(), value);
  if (headers.has("transfer-encoding")) headers.delete("content-length");
  for (const [name] of input.headers_raw ?? []) headers.delete(name.toLowerCase());
  const { headers_gen: gen } = input;
  if (gen !== undefined) headers.delete(gen.name);
  const pairs = [...headers].filter((pair): pair is [string, string] => pair[1] !== null);
  pairs.push(...(input.headers_raw ?? []));
  if (gen !== undefined) {
    for (let line = 0; line < (gen.lines ?? 1); line++) {
      pairs.push([gen.name.replace("{i}", String(line)), `${gen.prefix ?? ""}${gen.unit.repeat(gen.n ?? 1)}`]);
    }
  }
  return pairs.map(([name, value]) => [name, withKeys(value, keys)]);
}

function bodyOf(input: CorpusInput): Buffer | undefined {
  if (input.raw !== undefined) return Buffer.from(input.raw);
  if (input.raw_hex !== undefined) return Buffer.from(input.raw_hex, "hex");
  if (input.raw_gen !== undefined) return generated(input.raw_gen);
  if (input.json_gen !== undefined) return Buffer.from(JSON.stringify(filledIn(input.json_gen)));
  return input.json === undefined ? undefined : Buffer.from(JSON.stringify(input.json));
}

function generated(gen: NonNullable<CorpusInput["raw_gen"]>): Buffer {
  switch (gen.kind) {
    case "repeat": {
      const n = limitOf(gen.n!, JSON_MAX_DEPTH);
      return Buffer.from(gen.prefix! + gen.open!.repeat(n) + gen.close!.repeat(n) + gen.suffix!);
    }
    case "pad": {
      const base = JSON.stringify(gen.base);
      return Buffer.from(base + " ".repeat(limitOf(gen.bytes!, EVENT_MAX_BYTES) - base.length));
    }
    case "gzip_zeros":
      return gzipSync(Buffer.alloc(Number(gen.n)));
    default:
      throw new Error(`the corpus has a kind of body that this test does not know: ${gen.kind}`);
  }
}

function limitOf(n: number | string, limit: number): number {
  if (typeof n === "number") return n;
  return limit + Number(/^LIMIT(?:\+(\d+))?$/.exec(n)![1] ?? 0);
}

function filledIn(gen: NonNullable<CorpusInput["json_gen"]>): object {
  const entries = Array.from({ length: gen.n }, (_, index) => index);
  const value = {
    array: () => entries.map(() => gen.unit),
    object: () => Object.fromEntries(entries.map((index) => [gen.key!.replace("{i}", String(index)), gen.unit])),
    array_of_events: () => entries.slice(0, BATCH_MAX_EVENTS).map((id) => ({ type: "order.created", data: { id } })),
    text: () => (gen.prefix ?? "") + gen.unit!.repeat(gen.n),
  }[gen.kind ?? "text"]!();
  const copy = structuredClone(gen.base ?? {}) as Record<string, unknown>;
  const segments = gen.path.split(".");
  let at = copy;
  for (const segment of segments.slice(0, -1)) {
    at[segment] ??= {};
    at = at[segment] as Record<string, unknown>;
  }
  at[segments.at(-1)!] = value;
  return copy;
}

function repeated({ prefix, unit, n }: { prefix: string; unit: string; n: number }): string {
  return prefix + unit.repeat(n);
}

function withKeys(text: string, keys: Record<string, string>): string {
  return text.replace(/VALIDKEY|READONLYKEY/g, (placeholder) => keys[placeholder]!);
}
