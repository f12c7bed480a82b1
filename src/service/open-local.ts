import { randomBytes } from "node:crypto";
import type { AdminService } from "../core/admin-service.ts";
import type { SendResult } from "../core/attempt.ts";
import type { HealthThresholds } from "../core/health.ts";
import type { HooksService } from "../core/hooks-service.ts";
import { type Actor, type Caller, LOCAL_CALLER } from "../core/key.ts";
import type { Scope } from "../core/scope.ts";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.ts";
import type { StoreFacts } from "../store/sqlite/sqlite-store.ts";
import type { Store } from "../store/store.ts";
import { UseCases } from "./local-service.ts";
import { newId } from "./new-id.ts";
import type { DispatchPort, EgressCheck, OneOffRequest, ServiceParts } from "./service-parts.ts";
import { openHeaders, SubscriptionDirectory } from "./subscription-directory.ts";
import { Vault } from "./vault.ts";

export interface LocalOptions {
  storePath: string;
  /** Of the master key and the token. */
  dataDirectory: string;
  /** `thread`: a writer thread with group commit, for a daemon. `inline`: this process writes by itself, for a command. */
  mode: "thread" | "inline";
  /** Never creates, migrates or writes. */
  readOnly?: boolean;
  /** Go on with a store that lacks commits which were acknowledged. */
  acceptLoss?: boolean;
  /** Where a subscription's states of health begin. Left out: the defaults. */
  healthThresholds?: HealthThresholds | undefined;
  now(): number;
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  send(request: OneOffRequest): Promise<SendResult>;
  /** Who may be sent to, asked when a receiver is set up or changed. */
  egress(): Promise<EgressCheck>;
  /** The store cannot go on (an fsync failed): end the process. */
  onFatal(error: Error): void;
  /** What a person who runs a daemon wants to know of the store. */
  onNote?(note: string): void;
}

/** Everything of the service that works on a store file, put together. */
export interface LocalHooks {
  storePath: string;
  dataDirectory: string;
  store: Store;
  storeFacts: StoreFacts | undefined;
  directory: SubscriptionDirectory;
  cases: UseCases;
  /** `actor`: who the audit says it was. Default: the owner of the file, at a command line. */
  serviceFor(scope: Scope, actor?: Actor): HooksService;
  /** Default: for the same. */
  adminFor(caller?: Caller): AdminService;
  /** Whole secrets that sign now, newest first: for the owner of the store file (rulings.md 25). */
  secretsOf(scope: Scope, subscription: string): Promise<string[]>;
  /** The same for somebody to see, which the audit keeps. */
  showSecrets(scope: Scope, subscription: string): Promise<string[]>;
  /**
   * Opens everything that is sealed, in every scope, and answers how many secrets there are.
   * @throws HooksError `store_unusable` for the first that does not open, `usage` when the master key itself is wrong
   */
  checkSecrets(): Promise<number>;
  /** From now on what is published goes to this dispatcher. */
  attach(dispatch: DispatchPort): void;
  close(): Promise<void>;
}

export async function openLocalService(options: LocalOptions): Promise<LocalHooks> {
  const { storePath, dataDirectory } = options;
  const store = await openSqliteStore({
    path: storePath,
    mode: options.mode,
    readOnly: options.readOnly === true,
    acceptLoss: options.acceptLoss === true,
    healthThresholds: options.healthThresholds,
    onFatal: options.onFatal,
    onNote: (note) => options.onNote?.(note),
  });
  const vault = new Vault({ env: options.env, dataDirectory, random: randomBytes });
  const directory = new SubscriptionDirectory(store, vault);
  const parts: ServiceParts = {
    store,
    directory,
    vault,
    now: options.now,
    newId,
    random: randomBytes,
    healthThresholds: options.healthThresholds,
    version: options.version,
    send: options.send,
    egress: options.egress,
    dispatch: undefined,
  };
  const cases = new UseCases(parts);
  return {
    storePath,
    dataDirectory,
    store,
    storeFacts: store.facts,
    directory,
    cases,
    serviceFor: (scope, actor) => cases.in(scope, actor),
    adminFor: (caller) => cases.for(caller),
    secretsOf: (scope, subscription) => cases.subscriptions.secretsOf(scope, subscription),
    showSecrets: (scope, subscription) => cases.subscriptions.showSecrets(scope, subscription, LOCAL_CALLER),
    checkSecrets: () => checkSecrets(store, vault),
    attach: (dispatch) => {
      parts.dispatch = dispatch;
    },
    close: async () => {
      await cases.keyTable.close();
      await store.close();
    },
  };
}

async function checkSecrets(store: Store, vault: Vault): Promise<number> {
  let count = 0;
  for (const stored of await store.loadSubscriptions()) {
    openHeaders(stored, vault);
    for (const secret of stored.secrets) vault.open(secret.sealed, secret.id);
    count += stored.secrets.length;
  }
  return count;
}
