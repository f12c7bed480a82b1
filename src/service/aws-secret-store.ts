import { HooksError, isHooksError } from "../core/errors.ts";
import type { Sealed } from "../store/store.ts";
import type { SecretStore } from "./secret-store.ts";

/** As much of the SDK as is used. It is optional: hooks is built and checked without it. */
interface Sdk {
  SecretsManagerClient: new (options: {
    region: string;
    maxAttempts: number;
    requestHandler: { connectionTimeout: number; requestTimeout: number; throwOnRequestTimeout: boolean };
  }) => SdkClient;
  CreateSecretCommand: new (input: { Name: string; SecretString: string }) => SdkCommand;
  GetSecretValueCommand: new (input: { SecretId: string }) => SdkCommand;
  DeleteSecretCommand: new (input: { SecretId: string }) => SdkCommand;
}

interface SdkClient {
  send(command: SdkCommand): Promise<{ SecretString?: string | undefined }>;
  destroy(): void;
}

type SdkCommand = object;

const PACKAGE: string = "@aws-sdk/client-secrets-manager";
const DEFAULT_PREFIX = "hooks";
/** Requests at a time: a start asks for the secrets of all subscriptions. */
const MAX_AT_ONCE = 16;
const CONNECT_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 5_000;
/** What asking again does not change. */
const GONE: ReadonlySet<string> = new Set(["ResourceNotFoundException", "InvalidRequestException"]);

export interface AwsPlace {
  region: string;
  /** Of the names, without a slash at the end. */
  prefix: string;
}

/** Whether it answers: told when that changes. */
export type SecretStoreNews = { state: "ok" } | { state: "failing"; error: string };

/**
 * `aws:eu-central-1`, `aws:eu-central-1/hooks/production`
 * @throws HooksError `usage` naming the variable
 */
export function parseSecretStore(text: string, name = "HOOKS_SECRET_STORE"): AwsPlace {
  const match = /^aws:([a-z]{2}(?:-[a-z]+)+-\d)(?:\/([A-Za-z0-9_+=.@-]+(?:\/[A-Za-z0-9_+=.@-]+)*))?$/.exec(text);
  if (match !== null) return { region: match[1]!, prefix: match[2] ?? DEFAULT_PREFIX };
  throw new HooksError("usage", `${name} must be aws:REGION/PREFIX, got ${JSON.stringify(text)}`, {
    field: name,
    hint: `for example: ${name}=aws:eu-central-1/hooks`,
  });
}

/**
 * Keeps secret texts in AWS Secrets Manager, one secret each, under a name of its own that is never used again: what a
 * row names does not change. Credentials and endpoint are the SDK's business (AWS_PROFILE, AWS_ENDPOINT_URL_SECRETS_MANAGER …).
 *
 * What was read once is kept in memory: while AWS does not answer, those go on.
 */
export class AwsSecretStore implements SecretStore {
  readonly #place: AwsPlace;
  readonly #sdk: Sdk;
  readonly #client: SdkClient;
  readonly #random: (size: number) => Uint8Array;
  readonly #onNews: (news: SecretStoreNews) => void;
  /** By name. */
  readonly #texts = new Map<string, { owner: string; text: string }>();
  readonly #asked = new Map<string, Promise<{ owner: string; text: string }>>();
  readonly #line: (() => void)[] = [];
  #running = 0;
  #isFailing = false;

  private constructor(place: AwsPlace, sdk: Sdk, options: AwsOptions) {
    this.#place = place;
    this.#sdk = sdk;
    this.#random = options.random;
    this.#onNews = options.onNews ?? (() => {});
    this.#client = new sdk.SecretsManagerClient({
      region: place.region,
      maxAttempts: options.maxAttempts ?? 3,
      requestHandler: {
        connectionTimeout: CONNECT_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        // Without it the SDK warns, and waits on.
        throwOnRequestTimeout: true,
      },
    });
  }

  /** @throws HooksError `usage` when the SDK is not installed */
  static async open(place: AwsPlace, options: AwsOptions): Promise<AwsSecretStore> {
    let sdk: Sdk;
    try {
      sdk = (await import(PACKAGE)) as Sdk;
    } catch (error) {
      throw new HooksError("usage", `HOOKS_SECRET_STORE=aws:… needs the package ${PACKAGE}, which is not installed`, {
        field: "HOOKS_SECRET_STORE",
        hint: `npm install ${PACKAGE} (with -g where hooks was installed with -g)`,
        cause: error,
      });
    }
    return new AwsSecretStore(place, sdk, options);
  }

  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Another prefix of the same region, too: it may have been another one when it was put. */
  keeps(sealed: Sealed): boolean {
    return sealed.keyId.startsWith(`aws:${this.#place.region}/`);
  }

  async put(text: string, ownerId: string): Promise<Sealed> {
    const { region, prefix } = this.#place;
    const name = `${prefix}/${ownerId}/${Buffer.from(this.#random(8)).toString("hex")}`;
    const SecretString = JSON.stringify({ owner: ownerId, value: text });
    await this.#ask(() => this.#client.send(new this.#sdk.CreateSecretCommand({ Name: name, SecretString })));
    this.#texts.set(name, { owner: ownerId, text });
    return { keyId: `aws:${region}/${prefix}`, bytes: Buffer.from(name) };
  }

  peek(sealed: Sealed, ownerId: string): string | undefined {
    const name = nameOf(sealed);
    const known = this.#texts.get(name);
    return known === undefined ? undefined : ofOwner(known, ownerId);
  }

  async get(sealed: Sealed, ownerId: string): Promise<string> {
    const name = nameOf(sealed);
    const known = this.#texts.get(name);
    if (known !== undefined) return ofOwner(known, ownerId);
    let asked = this.#asked.get(name);
    if (asked === undefined) {
      asked = this.#read(name, ownerId).finally(() => this.#asked.delete(name));
      this.#asked.set(name, asked);
    }
    return ofOwner(await asked, ownerId);
  }

  async drop(sealed: Sealed): Promise<void> {
    const name = nameOf(sealed);
    try {
      // With the days of grace that AWS gives by default: a backup of the store may still name it.
      await this.#ask(() => this.#client.send(new this.#sdk.DeleteSecretCommand({ SecretId: name })));
    } catch (error) {
      if (!isHooksError(error) || error.code !== "store_unusable") throw error;
    }
    this.#texts.delete(name);
  }

  close(): void {
    this.#client.destroy();
  }

  async #read(name: string, ownerId: string): Promise<{ owner: string; text: string }> {
    const { SecretString } = await this.#ask(
      () => this.#client.send(new this.#sdk.GetSecretValueCommand({ SecretId: name })),
      ownerId,
    );
    const read = parseSecret(SecretString);
    if (read === undefined) throw damaged(ownerId);
    this.#texts.set(name, read);
    return read;
  }

  /** @throws HooksError `store_unusable` for what is not there, `unavailable` for everything else */
  async #ask<T>(send: () => Promise<T>, ownerId?: string): Promise<T> {
    await this.#turn();
    try {
      const answer = await send();
      this.#heard(undefined);
      return answer;
    } catch (error) {
      const name = error instanceof Error ? error.name : "unknown error";
      if (GONE.has(name)) {
        this.#heard(undefined);
        throw damaged(ownerId ?? "it", error);
      }
      this.#heard(name);
      throw new HooksError("unavailable", `the secret store aws:${this.#place.region} does not answer (${name})`, {
        cause: error,
      });
    } finally {
      this.#running -= 1;
      this.#line.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    while (MAX_AT_ONCE <= this.#running) await new Promise<void>((resolve) => this.#line.push(resolve));
    this.#running += 1;
  }

  #heard(error: string | undefined): void {
    const isFailing = error !== undefined;
    if (isFailing === this.#isFailing) return;
    this.#isFailing = isFailing;
    this.#onNews(isFailing ? { state: "failing", error } : { state: "ok" });
  }
}

export interface AwsOptions {
  random(size: number): Uint8Array;
  onNews?: ((news: SecretStoreNews) => void) | undefined;
  /** Of one request, the first included. Default 3. */
  maxAttempts?: number | undefined;
}

function nameOf(sealed: Sealed): string {
  return Buffer.from(sealed.bytes).toString();
}

function parseSecret(text: string | undefined): { owner: string; text: string } | undefined {
  try {
    const { owner, value } = JSON.parse(text ?? "") as { owner?: unknown; value?: unknown };
    return typeof owner === "string" && typeof value === "string" ? { owner, text: value } : undefined;
  } catch {
    return undefined;
  }
}

function ofOwner({ owner, text }: { owner: string; text: string }, ownerId: string): string {
  if (owner !== ownerId) throw damaged(ownerId);
  return text;
}

function damaged(ownerId: string, cause?: unknown): HooksError {
  return new HooksError("store_unusable", `the secret of ${ownerId} is not (or no longer) in its secret store`, {
    cause,
  });
}
