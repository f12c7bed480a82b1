import { createHash, timingSafeEqual } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Principal } from "../../../src/core/key.ts";
import { createDaemonLog } from "../../../src/daemon-log.ts";
import { createTelemetry } from "../../../src/daemon-telemetry.ts";
import type { ListenAddress } from "../../../src/receive/listening.ts";
import type { Readiness } from "../../../src/receive/readiness.ts";
import { createServer, type ReceiveServer, type ServerOptions } from "../../../src/receive/server.ts";
import { newId } from "../../../src/service/new-id.ts";
import { type LocalHooks, type LocalOptions, openLocalService } from "../../../src/service/open-local.ts";
import { answered } from "../../support/attempts.ts";
import { publicNames } from "../../support/egress.ts";
import { Conformance, type OpenApi } from "./conformance.ts";

/** One key of each kind. */
export const KEYS = {
  admin: { role: "admin", tenant: "default", environment: "*", name: "local token" },
  publisher: { role: "publisher", tenant: "default", environment: "development", name: "shop" },
  reader: { role: "reader", tenant: "default", environment: "development", name: "dashboard" },
  listener: { role: "listener", tenant: "default", environment: "development", name: "laptop" },
  production: { role: "admin", tenant: "default", environment: "production", name: "ops" },
  anyTenant: { role: "admin", tenant: "*", environment: "*", name: "gateway" },
} as const satisfies Record<string, Principal>;

export type KeyName = keyof typeof KEYS;
export const keyOf = (name: KeyName): string => `hk_test_${name}`;

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  json: any;
}

export interface TestServer {
  receive: ReceiveServer;
  local: LocalHooks;
  url: string;
  port: number;
  readiness: Readiness;
  faults: { fields: Record<string, unknown>; message: string }[];
  /** As a client of HTTP would; the admin's key unless `key` is another or null. Each answer is held to the OpenAPI
   * document. */
  ask(method: string, target: string, options?: AskOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface AskOptions {
  key?: KeyName | null;
  headers?: Record<string, string>;
  json?: unknown;
  body?: string | Uint8Array;
}

/** The real server over the real service on a store file of its own. `fromKeyTable`: with the keys that the store has,
 * instead of one of each kind. */
export async function startTestServer({
  fromKeyTable = false,
  host = "127.0.0.1",
  port = 0,
  maxSubscriptions,
  maxBacklog,
  ...overrides
}: Partial<ServerOptions & ListenAddress> &
  Pick<LocalOptions, "maxSubscriptions" | "maxBacklog"> & { fromKeyTable?: boolean } = {}): Promise<TestServer> {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-receive-"));
  const local = await openLocalService({
    storePath: path.join(folder, "hooks.db"),
    dataDirectory: folder,
    mode: "inline",
    now: Date.now,
    env: {},
    maxSubscriptions,
    maxBacklog,
    version: "0.0.0-test",
    send: async () =>
      answered(204, { startedAt: Date.now(), durationMs: 3, remoteAddress: "192.0.2.1", bytesSent: 10 }),
    egress: publicNames,
    onFatal: (error) => {
      throw error;
    },
  });
  await local.cases.keyTable.load();
  const faults: TestServer["faults"] = [];
  const readiness: Readiness = { ready: true, checks: { store: "ok" } };
  const telemetry = createTelemetry({
    local,
    log: createDaemonLog({ level: "silent", format: "json", write: () => {} }),
    concurrency: 1,
    inFlight: () => 0,
    listeners: () => 0,
    version: "0.0.0-test",
    alerts: [],
    wake: () => {},
    onFault: (error) => {
      throw error;
    },
  });
  local.cases.parts.observer = telemetry.observer;
  const receive = await createServer({
    serviceFor: local.serviceFor,
    adminFor: local.adminFor,
    authenticate: fromKeyTable ? (token) => local.cases.keyTable.find(token) : authenticate,
    allowedHosts: [],
    readiness: async () => readiness,
    metrics: (reach, format) => telemetry.metrics.page(reach, format),
    version: "0.0.0-test",
    newId,
    log: { error: (fields, message) => faults.push({ fields, message }) },
    ...overrides,
  });
  const url = await receive.listen({ host, port }).catch(async (error: unknown) => {
    await receive.close(0);
    await telemetry.stop();
    await local.close();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const conformance = new Conformance(receive.app.swagger() as unknown as OpenApi);
  return {
    receive,
    local,
    url,
    port: Number(new URL(url).port),
    readiness,
    faults,
    async ask(method, target, options) {
      const answer = await ask(url, method, target, options);
      conformance.check(method, target, answer.status, answer.json);
      return answer;
    },
    async close() {
      await receive.close(1_000);
      await telemetry.stop();
      await local.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function authenticate(token: string): Principal | undefined {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const given = digest(token);
  return Object.entries(KEYS).find(([name]) => timingSafeEqual(given, digest(keyOf(name as KeyName))))?.[1];
}

async function ask(url: string, method: string, target: string, options: AskOptions = {}): Promise<Answer> {
  const { key = "admin", json, headers = {} } = options;
  const body = options.body ?? (json === undefined ? undefined : JSON.stringify(json));
  const response = await fetch(`${url}${target}`, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${keyOf(key)}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: body as string }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

/** Bytes on a socket, and everything that comes back until it is closed. */
export function sendRaw(port: number, bytes: string | Uint8Array, then: "wait" | "close" = "wait"): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = net.connect({ host: "127.0.0.1", port });
    socket.on("connect", () => {
      if (then === "close") socket.end(bytes);
      else socket.write(bytes);
    });
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      // Whole answers say how long they are; a kept-alive connection would never end by itself.
      if (isWhole(Buffer.concat(chunks).toString("latin1"))) socket.destroy();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? undefined : reject(error)));
    socket.on("close", () => resolve(parseRaw(Buffer.concat(chunks).toString("utf8"))));
  });
}

export interface RawAnswer {
  /** 0 when the connection was closed without an answer. */
  status: number;
  headers: Map<string, string>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  json: any;
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  return end !== -1 && length !== undefined && end + 4 + Number(length) <= text.length;
}

function parseRaw(text: string): RawAnswer {
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, Math.max(0, end)).split("\r\n");
  const headers = new Map(
    lines.map((line) => [line.split(":", 1)[0]!.toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const body = end === -1 ? "" : text.slice(end + 4);
  return { status: Number(statusLine.split(" ")[1] ?? 0), headers, text: body, json: parse(body) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
