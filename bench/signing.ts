import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { findProfile } from "../src/core/profiles/registry.ts";
import { createVerifier, sign, verify } from "../src/index.ts";
import { type Bench, judged, type Row } from "./bench.ts";

const ROUNDS = 16;
const CALLS = 4_000;
const BODY_BYTES = 1024;

export const signing: Bench = {
  name: "signing",
  run: (size) => {
    const result = run(size === "full" ? ROUNDS : 1);
    const rows: Row[] = result.calls.flatMap(({ call, micros, times, timesPrepared, target }): Row[] => {
      const row = { measure: `${call} of ${result.bodyBytes} bytes (${micros} µs) ÷ the HMAC alone` };
      if (target === undefined) return [{ ...row, value: `${times}` }];
      return [
        judged(row, times, { most: target }, String),
        { measure: `${call} ÷ the HMAC alone with a KeyObject, the quickest form of it`, value: `${timesPrepared}` },
      ];
    });
    for (const { call, times } of result.beside) {
      rows.push(judged({ measure: `${call} ÷ that of the package standardwebhooks` }, times, { most: 1 }, String));
    }
    return Promise.resolve({ rows, details: result });
  },
};

export interface SigningResult {
  bodyBytes: number;
  /** µs of processor time of the bare HMAC with base64 over the same content, given the key's bytes. The targets' measure. */
  hmacMicros: number;
  /** The same with the key as a KeyObject, the quickest form there is: on Node 24 about a sixth. */
  hmacPreparedMicros: number;
  calls: {
    call: string;
    micros: number;
    /** Times the bare HMAC. */
    times: number;
    /** Times the HMAC whose key was prepared. */
    timesPrepared: number;
    target: number | undefined;
    met: boolean;
  }[];
  /** Our call ÷ the same of the package standardwebhooks, with the key decoded at each call and once. */
  beside: { call: string; times: number }[];
}

/**
 * What `sign` and `verify` cost against the HMAC that they cannot do without. Medians of interleaved rounds in one
 * process, in turns from the first to the last and back, by processor time: a busy machine slows all of them alike.
 */
export function run(rounds = ROUNDS): SigningResult {
  const key = randomBytes(32);
  const keyObject = createSecretKey(key);
  const secret = `whsec_${key.toString("base64")}`;
  const body = Buffer.from(`{"data":"${"x".repeat(BODY_BYTES - 11)}"}`);
  // Of now: the other package judges by the system's clock and takes no other.
  const timestamp = Math.floor(Date.now() / 1000);
  const options = { id: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", timestamp };
  const content = Buffer.concat([Buffer.from(`${options.id}.${timestamp}.`), body]);
  const headers = {
    host: "example.com",
    "content-type": "application/json",
    "user-agent": "hooks/0.1.0",
    "content-length": String(body.length),
    ...sign("standard-webhooks", { body }, secret, options).headers,
  };
  const request = { headers, body };
  const now = { now: timestamp };
  const verifier = createVerifier("standard-webhooks", secret);
  const profile = findProfile("standard")!;
  const message = {
    event: {
      id: "evt_1",
      type: "invoice.paid",
      timestamp: timestamp * 1000,
      data: body,
      metadata: undefined,
      version: undefined,
    },
    deliveryId: "dlv_1",
    madeAt: timestamp * 1000,
    subscription: {
      id: "sub_1",
      name: "",
      scope: { tenant: "default", environment: "development" },
      headers: {},
      secrets: [{ id: "sec_1", key: keyObject, expiresAt: undefined }],
    },
    sentAt: timestamp * 1000,
    userAgent: "hooks/0.1.0",
  };

  const text = body.toString();
  const theirs = new Webhook(secret);
  const work: [name: string, call: () => unknown][] = [
    ["hmac", () => createHmac("sha256", key).update(content).digest("base64")],
    ["hmac, key prepared", () => createHmac("sha256", keyObject).update(content).digest("base64")],
    ["sign", () => sign("standard-webhooks", { body }, secret, options)],
    ["verify", () => verify("standard-webhooks", request, secret, now)],
    ["createVerifier().verify", () => verifier.verify(request, now)],
    ["profile.build", () => profile.build(message)],
    ["standardwebhooks: sign", () => new Webhook(secret).sign(options.id, new Date(timestamp * 1000), text)],
    ["standardwebhooks: verify", () => new Webhook(secret).verify(text, headers, { jsonParse: false })],
    ["standardwebhooks: verify, key decoded once", () => theirs.verify(text, headers, { jsonParse: false })],
  ];
  if (!verifier.verify(request, now).valid) throw new Error("the benchmark's own message is not valid");

  const samples: number[][] = work.map(() => []);
  // Round 0 warms up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const turns = work.map(([, call], index) => ({ call, index }));
    for (const { call, index } of round % 2 === 0 ? turns : turns.toReversed()) {
      const before = process.cpuUsage();
      for (let count = 0; count < CALLS; count++) call();
      const { user, system } = process.cpuUsage(before);
      if (round > 0) samples[index]?.push((user + system) / CALLS);
    }
  }
  const [hmac = Number.NaN, prepared = Number.NaN, ...rest] = samples.map(median);
  const targets = [1.6, 1.6, 1.3];
  const [signs, verifies, verifiesPrepared, , theirSign, theirVerify, theirPrepared] = rest;
  const ratio = (ours = Number.NaN, other = Number.NaN): number => round2(ours / other);
  return {
    bodyBytes: body.length,
    hmacMicros: round2(hmac),
    hmacPreparedMicros: round2(prepared),
    calls: rest.map((micros, index) => {
      const target = targets[index];
      const times = round2(micros / hmac);
      return {
        call: work[index + 2]?.[0] ?? "",
        micros: round2(micros),
        times,
        timesPrepared: round2(micros / prepared),
        target,
        met: target === undefined || times <= target,
      };
    }),
    beside: [
      { call: "sign", times: ratio(signs, theirSign) },
      { call: "verify", times: ratio(verifies, theirVerify) },
      { call: "createVerifier().verify", times: ratio(verifiesPrepared, theirPrepared) },
    ],
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

if (import.meta.main) console.log(JSON.stringify(run(), undefined, 2));
