import { randomBytes } from "node:crypto";
import type { AdminService } from "../core/admin-service.ts";
import type { SendResult } from "../core/attempt.ts";
import type { HealthThresholds } from "../core/health.ts";
import type { HooksService } from "../core/hooks-service.ts";
import { toIso } from "../core/instant.ts";
import { type Actor, type Caller, LOCAL_CALLER, LOCAL_OWNER } from "../core/key.ts";
import { BUILT_IN_PROFILES, type Profiles } from "../core/profiles/registry.ts";
import { DEFAULT_RETENTION, type Retention } from "../core/retention.ts";
import type { Scope } from "../core/scope.ts";
import { MAX_SUBSCRIPTIONS_DEFAULT, type RateLimit } from "../core/subscription.ts";
import type { ReplayStep } from "../store/replay-store.ts";
import { isDaemonLocked } from "../store/sqlite/daemon-lock.ts";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.ts";
import type { StoreFacts } from "../store/sqlite/store-facts.ts";
import type { Store } from "../store/store.ts";
import { auditEntry } from "./audit-trail.ts";
import type { AwsSecretStore, SecretStoreNews } from "./aws-secret-store.ts";
import { Backlog } from "./backlog.ts";
import { EventCatalogue } from "./event-catalogue.ts";
import type { JobStep } from "./file-cleaning.ts";
import { UseCases } from "./local-service.ts";
import type { KeyChangeReceipt, KeyChangeStep } from "./master-key-change.ts";
import { newId } from "./new-id.ts";
import { sealedTexts } from "./opened-subscription.ts";
import { SecretStores } from "./secret-stores.ts";
import type { SecretsReport } from "./secrets-report.ts";
import type { DispatchPort, EgressCheck, OneOffRequest, ServiceParts } from "./service-parts.ts";
import { SourceDirectory } from "./source-directory.ts";
import { SubscriptionDirectory } from "./subscription-directory.ts";
import { TestLimit } from "./test-limit.ts";
import { Vault } from "./vault.ts";

/** `embedded` (the default), or `aws:REGION/PREFIX`. */
const SECRET_STORE_VARIABLE = "HOOKS_SECRET_STORE";

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
  /** Which a subscription may have. Left out: those of the program. */
  profiles?: Profiles | undefined;
  /** Subscriptions of each tenant and environment. Default 10,000. */
  maxSubscriptions?: number | undefined;
  /** Deliveries that may wait before no event is taken any more. Left out: no limit. */
  maxBacklog?: number | undefined;
  /** How long what is over is kept. Left out: the defaults. */
  retention?: Retention | undefined;
  now(): number;
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  /** Tests that are sent to one subscription at most. Default: no limit. */
  testRate?: RateLimit | undefined;
  send(request: OneOffRequest): Promise<SendResult>;
  /** Who may be sent to, asked when a receiver is set up or changed. */
  egress(): Promise<EgressCheck>;
  /** The store cannot go on (an fsync failed): end the process. */
  onFatal(error: Error): void;
  /** What a person who runs a daemon wants to know of the store. */
  onNote?(note: string): void;
  /** A secret store elsewhere answers no more, or again. */
  onSecretStore?(news: SecretStoreNews): void;
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
   * Opens everything that is sealed, in every scope, and answers how many signing secrets there are. `everywhere`: also
   * what a secret store elsewhere keeps.
   * @throws HooksError `store_unusable` for the first that does not open, `usage` when the master key itself is wrong
   */
  checkSecrets(options?: { everywhere?: boolean }): Promise<number>;
  /** The secret store elsewhere that is set, and whether it answers; undefined: none is set. */
  secretStore: { name: string; isFailing: boolean } | undefined;
  /** Another process changed something: reads it again, and learns a new master key. */
  reload(): Promise<void>;
  /** master-key-change.ts */
  changeMasterKey(
    given: { text: string; field: string } | undefined,
    onStep?: (step: KeyChangeStep) => void,
  ): Promise<KeyChangeReceipt>;
  reportSecrets(): Promise<SecretsReport>;
  /**
   * For the start of a daemon: ends a change of the master key whose new key is set, and seals the URLs that an earlier
   * version stored whole.
   * @returns what the operator has still to do for the master key; undefined: nothing
   */
  settleSecrets(): Promise<KeyChangeReceipt | undefined>;
  /** Does the next step of a replay in this process. */
  stepReplay(scope: Scope, id: string): Promise<ReplayStep>;
  /** The same of a purge. */
  stepPurge(scope: Scope, id: string): Promise<JobStep>;
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
    lossEntry: ({ commits, lastAt }) =>
      auditEntry({ newId, now: options.now }, LOCAL_CALLER, LOCAL_OWNER, {
        action: "store.accept_loss",
        id: undefined,
        after: { commits, last_at: toIso(lastAt) },
      }),
    healthThresholds: options.healthThresholds,
    onFatal: options.onFatal,
    onNote: (note) => options.onNote?.(note),
  });
  const place = { env: options.env, dataDirectory, random: randomBytes };
  const vault = new Vault(place, store);
  const elsewhere = await openElsewhere(options).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const secrets = new SecretStores(vault, elsewhere);
  const { profiles = BUILT_IN_PROFILES } = options;
  const directory = new SubscriptionDirectory(store, secrets, undefined, profiles);
  const parts: ServiceParts = {
    store,
    directory,
    catalogue: new EventCatalogue(store.catalogue),
    sources: new SourceDirectory(store.sources, secrets),
    secrets,
    profiles,
    now: options.now,
    newId,
    random: randomBytes,
    healthThresholds: options.healthThresholds,
    maxSubscriptions: options.maxSubscriptions ?? MAX_SUBSCRIPTIONS_DEFAULT,
    backlog:
      options.maxBacklog === undefined ? undefined : new Backlog(store, options.maxBacklog, () => performance.now()),
    version: options.version,
    retention: options.retention ?? DEFAULT_RETENTION,
    testLimit: options.testRate === undefined ? undefined : new TestLimit(options.testRate),
    send: options.send,
    egress: options.egress,
    dispatch: undefined,
    hasDaemon: () => isDaemonLocked(storePath),
  };
  const cases = new UseCases(parts);
  const keyChange = { store, vault, place, newId, now: options.now };
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
    checkSecrets: ({ everywhere = false } = {}) => checkSecrets(store, secrets, everywhere),
    get secretStore() {
      return elsewhere === undefined
        ? undefined
        : { name: options.env[SECRET_STORE_VARIABLE]!, isFailing: elsewhere.isFailing };
    },
    reload: async () => {
      await vault.refresh();
      await Promise.all([directory.reload(), parts.catalogue.reloadIfLoaded(), parts.sources.reloadIfLoaded()]);
    },
    // Loaded by the few commands that ask for it.
    changeMasterKey: async (given, onStep) => {
      const { changeMasterKey } = await import("./master-key-change.ts");
      return changeMasterKey(keyChange, given, onStep);
    },
    reportSecrets: async () => {
      const { reportSecrets } = await import("./secrets-report.ts");
      return reportSecrets(store, place, storePath);
    },
    settleSecrets: async () => {
      const [{ settleMasterKey }, { sealPlainUrls }] = await Promise.all([
        import("./master-key-change.ts"),
        import("./plain-urls.ts"),
      ]);
      const left = await settleMasterKey(keyChange);
      await sealPlainUrls(parts);
      return left;
    },
    stepReplay: (scope, id) => cases.replays.stepOf(scope, id),
    stepPurge: (scope, id) => cases.purges.stepOf(scope, id),
    attach: (dispatch) => {
      parts.dispatch = dispatch;
    },
    close: async () => {
      await cases.keyTable.close();
      elsewhere?.close();
      await store.close();
    },
  };
}

/** Loaded only where it is set: the SDK of a cloud is larger than all of hooks. */
async function openElsewhere({ env, onSecretStore }: LocalOptions): Promise<AwsSecretStore | undefined> {
  const text = env[SECRET_STORE_VARIABLE];
  if (text === undefined || text === "embedded") return undefined;
  const { AwsSecretStore, parseSecretStore } = await import("./aws-secret-store.ts");
  return AwsSecretStore.open(parseSecretStore(text), {
    random: randomBytes,
    onNews: (news) => onSecretStore?.(news),
  });
}

async function checkSecrets(store: Store, secrets: SecretStores, everywhere: boolean): Promise<number> {
  let count = 0;
  for (const stored of await store.loadSubscriptions()) {
    for (const { sealed, ownerId } of sealedTexts(stored)) {
      if (everywhere || secrets.vault.keeps(sealed)) await secrets.get(sealed, ownerId);
    }
    count += stored.secrets.length;
  }
  for (const source of await store.sources.load()) {
    if (everywhere || secrets.vault.keeps(source.sealed)) await secrets.get(source.sealed, source.id);
  }
  return count;
}
