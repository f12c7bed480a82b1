import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { SendResult } from "../../src/core/attempt.ts";
import type { HooksService } from "../../src/core/hooks-service.ts";
import type { Profiles } from "../../src/core/profiles/registry.ts";
import { DEFAULT_ENVIRONMENT, DEFAULT_TENANT, type Scope } from "../../src/core/scope.ts";
import { type LocalHooks, openLocalService } from "../../src/service/open-local.ts";
import type { EgressCheck, OneOffRequest } from "../../src/service/service-parts.ts";
import { publicNames } from "./egress.ts";

export const TEST_SCOPE: Scope = { tenant: DEFAULT_TENANT, environment: DEFAULT_ENVIRONMENT };

export interface TestHooks extends LocalHooks {
  service: HooksService;
  folder: string;
  /** The clock of this service; a test sets it. */
  clock: { at: number };
}

/** The service over a real store file of its own. `send` answers a subscription's test. */
export async function openTestHooks(
  options: {
    folder?: string;
    send?: (request: OneOffRequest) => Promise<SendResult>;
    egress?: () => Promise<EgressCheck>;
    env?: Record<string, string>;
    maxSubscriptions?: number;
    maxBacklog?: number;
    profiles?: Profiles;
  } = {},
): Promise<TestHooks> {
  const folder = options.folder ?? mkdtempSync(path.join(tmpdir(), "hooks-service-"));
  const clock = { at: Date.UTC(2026, 0, 31, 12) };
  const local = await openLocalService({
    storePath: path.join(folder, "hooks.db"),
    dataDirectory: folder,
    mode: "inline",
    now: () => clock.at,
    env: options.env ?? {},
    maxSubscriptions: options.maxSubscriptions,
    maxBacklog: options.maxBacklog,
    profiles: options.profiles,
    version: "0.0.0-test",
    send: options.send ?? (() => Promise.reject(new Error("nothing is sent in this test"))),
    egress: options.egress ?? publicNames,
    onFatal: (error) => {
      throw error;
    },
  });
  onTestFinished(async () => {
    await local.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { ...local, service: local.serviceFor(TEST_SCOPE), folder, clock };
}
