import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { HooksService } from "../../../src/core/hooks-service.ts";
import { type Daemon, type DaemonOptions, startDaemon } from "../../../src/daemon.ts";
import { RunningCommand } from "../../stream/support/running-listen.ts";
import { openReceiver } from "../../support/open-receiver.ts";
import type { Receiver, ReceiverOptions } from "../../support/receiver.ts";

export const SCOPE = { tenant: "default", environment: "development" };

export interface RawAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  rawHeaders: string[];
  body: Buffer;
}

/** A daemon with a store of its own, and what a third party sends to it. */
export interface Relay {
  daemon: Daemon;
  home: string;
  service: HooksService;
  /** Headers as pairs: order, case and duplicates go out as given. */
  send(
    target: string,
    request: { method?: string; headers?: readonly (readonly [string, string])[]; body?: string | Uint8Array },
  ): Promise<RawAnswer>;
  /** `hooks listen --source NAME --forward APP`, connected. */
  listen(
    source: string,
    options?: ReceiverOptions,
    flags?: readonly string[],
  ): Promise<{ app: Receiver; running: RunningCommand }>;
}

export async function startRelay(options: Partial<DaemonOptions> = {}): Promise<Relay> {
  const home = mkdtempSync(path.join(tmpdir(), "hooks-inbound-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const storePath = path.join(home, "hooks.db");
  const daemon = await startDaemon({ storePath, dataDirectory: home, host: "127.0.0.1", port: 0, env: {}, ...options });
  onTestFinished(() => daemon.stop({ drainMs: 0 }));
  return {
    daemon,
    home,
    service: daemon.serviceFor(SCOPE),
    send: (target, request) => send(daemon.url, target, request),
    listen: async (source, receiverOptions = {}, flags = []) => {
      const app = await openReceiver(receiverOptions);
      const argv = ["listen", "--source", source, "--forward", `${app.url}/app`, ...flags];
      const running = new RunningCommand(argv, { home });
      onTestFinished(async () => {
        running.interrupt();
        await running.ended;
      });
      await running.sees("stderr", /● connected/);
      return { app, running };
    },
  };
}

function send(
  base: string,
  target: string,
  { method = "POST", headers = [], body = "" }: Parameters<Relay["send"]>[1],
) {
  const { hostname, port } = new URL(base);
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const length = method === "GET" || method === "HEAD" ? [] : [["content-length", String(bytes.length)]];
  const flat = [["host", `${hostname}:${port}`], ...headers, ...length].flat() as string[];
  const request = http.request({ hostname, port, method, path: target, headers: flat, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("end", () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        rawHeaders: response.rawHeaders,
        body: Buffer.concat(chunks),
      }),
    );
    response.on("error", reject);
  });
  request.on("error", reject);
  request.end(length.length === 0 ? undefined : bytes);
  return promise;
}
