import { existsSync } from "node:fs";
import path from "node:path";
import type { RemoteTarget, SettingSources, Settings } from "../config.ts";
import type { AdminService } from "../core/admin-service.ts";
import type { SendResult } from "../core/attempt.ts";
import { HooksError } from "../core/errors.ts";
import type { HooksService } from "../core/hooks-service.ts";
import type { NameAnswer } from "../core/name-answer.ts";
import { DEFAULT_ENVIRONMENT, DEFAULT_TENANT, type Scope } from "../core/scope.ts";
import type { NameServer } from "../core/setting-rules.ts";
import { VERSION } from "../core/version.ts";
import type { LocalHooks } from "../service/open-local.ts";
import type { OneOffRequest } from "../service/service-parts.ts";
import { fileFault, tooLarge } from "../small-file.ts";
import type { DaemonInfo } from "../store/sqlite/daemon-lock.ts";
import { type CliContext, INPUT_MAX_BYTES, type Output, type Prompts } from "./context.ts";
import { escapeLine } from "./escape.ts";
import { type GlobalFlags, typedWith } from "./global-flags.ts";
import type { CliIo, EndSignal } from "./io.ts";
import type { LocalEgress } from "./local-egress.ts";
import { terminalPrompts } from "./prompts.ts";

const KEY_MAX_BYTES = 4096;

/** What the wiring gives the command line: it may not know the delivering side by itself. */
export interface CliParts {
  sendOnce(request: OneOffRequest, egress: LocalEgress): Promise<SendResult>;
  /** `dns`: asked for the name; undefined: the system's. */
  lookUpOnce(host: string, dns: NameServer | undefined): Promise<NameAnswer>;
}

/** Who hears the signals that the process gets. */
export interface SignalOwner {
  readonly signal: AbortSignal;
  /** The one that came first. */
  readonly endSignal: EndSignal | undefined;
  /** What SIGHUP does instead of ending. */
  onHangup: (() => void) | undefined;
  /** The command ends for the signal by itself. */
  isHandled: boolean;
}

/** The context of one run. Made before the command line is parsed; `begin` gives it what the parsing found. */
export class CommandContext implements CliContext {
  readonly env: CliContext["env"];
  readonly signal: AbortSignal;
  /** When nothing is thrown. */
  exitCode = 0;
  readonly #argv: readonly string[];
  readonly #io: CliIo;
  readonly #parts: CliParts;
  readonly #signals: SignalOwner;
  readonly #closers: (() => Promise<void> | void)[] = [];
  readonly #startedAt: number;
  #out: Output | undefined;
  #flags: GlobalFlags = {};
  /** Loaded for a command, and not for its help. */
  #config: typeof import("../config.ts") | undefined;
  #settings: Settings | undefined;
  #service: Promise<HooksService> | undefined;
  #admin: Promise<AdminService> | undefined;
  #local: Promise<LocalHooks> | undefined;
  #stdinTakenBy: string | undefined;
  /** What --api-key or --api-key-file - stand for. */
  #key: string | undefined;

  constructor(argv: readonly string[], io: CliIo, parts: CliParts, signals: SignalOwner) {
    this.#argv = argv;
    this.#io = io;
    this.#parts = parts;
    this.#signals = signals;
    this.signal = signals.signal;
    this.env = io.env;
    this.#startedAt = io.now();
  }

  /** The command line is understood; the command is about to run. */
  async begin(flags: GlobalFlags, out: Output): Promise<void> {
    this.#flags = flags;
    this.#out = out;
    this.#config = await import("../config.ts");
    await this.#readKey(flags);
  }

  typedWith(flag: string): string {
    return typedWith(this.#argv, flag);
  }

  /** Before a command asks for it: standard input and variables are not read when the settings are. */
  async #readKey({ apiKey, apiKeyFile }: GlobalFlags): Promise<void> {
    if (apiKey !== undefined && apiKeyFile !== undefined) {
      throw new HooksError(
        "usage",
        "--api-key and --api-key-file cannot be used together: each names the key to send",
        {
          field: "--api-key",
        },
      );
    }
    if (apiKeyFile === "-") {
      const bytes = await this.readStdin("--api-key-file -", KEY_MAX_BYTES);
      this.#key = Buffer.from(bytes).toString("utf8").trim();
      if (this.#key === "")
        throw new HooksError("usage", "--api-key-file -: standard input is empty", { field: "--api-key-file" });
    } else if (apiKey?.startsWith("env:") === true) {
      const { readSecretVariable } = await import("./secret-value.ts");
      this.#key = readSecretVariable(apiKey.slice("env:".length), "--api-key", this);
    } else if (apiKey !== undefined) {
      this.#key = apiKey;
      if (this.#io.stderr.isTTY !== true) return;
      this.out.note(
        "note: a key on the command line can be seen by others on this machine; --api-key env:NAME or --api-key-file keep it private",
      );
    }
  }

  get cwd(): string {
    return this.#io.cwd;
  }

  get out(): Output {
    if (this.#out === undefined) throw new Error("the output is asked for before the command line is parsed");
    return this.#out;
  }

  get #loaded(): typeof import("../config.ts") {
    if (this.#config === undefined) throw new Error("the settings are asked for before the command line is parsed");
    return this.#config;
  }

  settings(own?: SettingSources["flags"], configFile?: string): Settings {
    if (this.#settings !== undefined && own === undefined) return this.#settings;
    const flags = this.#flags;
    const settings = this.#loaded.resolveSettings({
      flags: {
        store: flags.store,
        server: flags.server,
        context: flags.context,
        api_key: this.#key,
        api_key_file: flags.apiKeyFile === "-" ? undefined : flags.apiKeyFile,
        tenant: flags.tenant,
        environment: flags.env,
        ...own,
      },
      env: this.env,
      cwd: this.cwd,
      configFile,
    });
    if (this.#settings === undefined) for (const warning of settings.warnings) this.out.note(`warning: ${warning}`);
    if (this.#settings === undefined) this.#nameProjectServer(settings);
    if (flags.verbose === true && this.#settings === undefined) this.#describe(settings);
    this.#settings = settings;
    return settings;
  }

  scope(): Scope {
    const { tenant, environment } = this.settings();
    return { tenant: tenant ?? DEFAULT_TENANT, environment: environment ?? DEFAULT_ENVIRONMENT };
  }

  service({ reads = false, names = {} }: { reads?: boolean; names?: Partial<Scope> } = {}): Promise<HooksService> {
    this.#service ??= this.#openService(reads, names);
    return this.#service;
  }

  async #openService(reads: boolean, names: Partial<Scope>): Promise<HooksService> {
    const { target } = this.settings();
    const { tenant, environment } = { ...this.settings(), ...names };
    if (target.kind === "local") {
      const readOnly = reads && (await isReadOnly(target.storePath));
      return (await this.local("", { readOnly })).serviceFor({ ...this.scope(), ...names });
    }
    const { RemoteService } = await import("../client/remote.ts");
    const apiKey = await this.apiKey(target);
    const remote = new RemoteService({
      server: target.server,
      apiKey,
      tenant,
      environment,
      userAgent: `hooks/${VERSION}`,
    });
    this.onExit(() => remote.close());
    return remote;
  }

  admin({ reads = false }: { reads?: boolean } = {}): Promise<AdminService> {
    this.#admin ??= this.#openAdmin(reads);
    return this.#admin;
  }

  async #openAdmin(reads: boolean): Promise<AdminService> {
    const { target } = this.settings();
    if (target.kind === "local") {
      const readOnly = reads && (await isReadOnly(target.storePath));
      return (await this.local("", { readOnly })).adminFor();
    }
    const { RemoteAdmin } = await import("../client/remote-admin.ts");
    const apiKey = await this.apiKey(target);
    const remote = new RemoteAdmin({ server: target.server, apiKey, userAgent: `hooks/${VERSION}` });
    this.onExit(() => remote.close());
    return remote;
  }

  async apiKey(target: RemoteTarget): Promise<string | undefined> {
    if (target.withheld !== undefined) {
      const { keyWithheld } = await import("../core/not-signed-in.ts");
      throw keyWithheld(target.server.href, target.withheld);
    }
    if (target.keychain === undefined) return target.apiKey;
    const { readKeychain } = await import("./keychain.ts");
    return readKeychain(target.keychain);
  }

  typedKey(): string | undefined {
    const { apiKeyFile: file } = this.#flags;
    if (this.#key !== undefined || file === undefined) return this.#key;
    return this.#loaded.readApiKey({ text: path.resolve(this.cwd, file), origin: "--api-key-file" });
  }

  localStore(what: string): { storePath: string; dataDirectory: string } {
    const { target, dataDirectory } = this.settings();
    if (target.kind === "remote") {
      throw new HooksError("usage", `${what} works on a local store only, and a server is set: ${target.server.href}`, {
        field: "--server",
        hint: "on the local store all the same: --context local (hooks config shows where the server comes from)",
      });
    }
    return { storePath: target.storePath, dataDirectory };
  }

  local(what: string, { readOnly = false }: { readOnly?: boolean } = {}): Promise<LocalHooks> {
    const { storePath, dataDirectory } = this.localStore(what);
    this.#local ??= this.#openLocal(storePath, dataDirectory, readOnly);
    return this.#local;
  }

  async #openLocal(storePath: string, dataDirectory: string, readOnly: boolean): Promise<LocalHooks> {
    const [{ openLocalService }, { profilesOf }] = await Promise.all([
      import("../service/open-local.ts"),
      import("./own-profiles.ts"),
    ]);
    const settings = this.settings();
    const { health, retention, serve } = settings;
    const local = await openLocalService({
      storePath,
      dataDirectory,
      mode: "inline",
      readOnly,
      healthThresholds: health,
      retention,
      profiles: await profilesOf(settings),
      maxSubscriptions: serve.maxSubscriptions,
      maxBacklog: serve.maxBacklog,
      now: this.#io.now,
      env: this.env,
      version: VERSION,
      send: async (request) => this.#parts.sendOnce(request, await this.egress("stored")),
      egress: async () => {
        const { rules, dns, sources } = await this.egress("stored");
        return { rules, sources, lookUp: (host) => this.#parts.lookUpOnce(host, dns) };
      },
      // The write that met it is refused with the same error, which is where a command hears of it.
      onFatal: () => {},
    });
    this.onExit(() => local.close());
    return local;
  }

  async daemon(): Promise<DaemonInfo | undefined> {
    const { target } = this.settings();
    if (target.kind === "remote") return undefined;
    const { isDaemonLocked, readDaemonFile } = await import("../store/sqlite/daemon-lock.ts");
    // The file may be left over from a daemon that was killed; the lock never is.
    return isDaemonLocked(target.storePath) ? readDaemonFile(target.storePath) : undefined;
  }

  async egress(what: "stored" | "direct"): Promise<LocalEgress> {
    const { directEgress, storeEgress } = await import("./local-egress.ts");
    const { serve } = this.settings();
    return what === "direct" ? directEgress(serve) : storeEgress(serve, await this.daemon());
  }

  async sendOnce(request: OneOffRequest): Promise<SendResult> {
    return this.#parts.sendOnce(request, await this.egress("direct"));
  }

  now(): number {
    return this.#io.now();
  }

  get endSignal(): EndSignal | undefined {
    return this.#signals.endSignal;
  }

  handleSignal(): void {
    this.#signals.isHandled = true;
  }

  endWith(exitCode: number): void {
    this.exitCode = exitCode;
  }

  onReload(reload: () => void): void {
    // A terminal that is closed sends the same signal, and then nobody wants the command any more.
    if (this.#io.stdin.isTTY !== true && this.#io.stderr.isTTY !== true) this.#signals.onHangup = reload;
  }

  onExit(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  /** Last first; all of them, also when one fails. Throws the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (this.#flags.verbose === true) this.#out?.note(`took ${this.#io.now() - this.#startedAt} ms`);
    if (0 < failures.length) throw failures[0];
  }

  async readStdin(what: string, maxBytes = INPUT_MAX_BYTES): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of this.stdinChunks(what)) {
      length += chunk.length;
      if (maxBytes < length) {
        const fault = fileFault(tooLarge(maxBytes));
        throw new HooksError("usage", `${what}: cannot read standard input: ${fault}`, { field: what });
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  async *stdinChunks(what: string): AsyncGenerator<Uint8Array> {
    if (this.#stdinTakenBy !== undefined) {
      throw new HooksError("usage", `${what} and ${this.#stdinTakenBy} cannot both read standard input`, {
        field: what,
      });
    }
    if (this.#io.stdin.isTTY === true) {
      throw new HooksError("usage", `${what} reads standard input, and that is a terminal`, {
        field: what,
        hint: "pipe something into it, or name a file",
      });
    }
    this.#stdinTakenBy = what;
    for await (const chunk of this.#io.stdin as AsyncIterable<Uint8Array | string>) {
      yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    }
  }

  get canPrompt(): boolean {
    const { stdin, stdout, env } = this.#io;
    const forbidden = this.#flags.input === false || isOn(env["HOOKS_NO_INPUT"]) || isOn(env["CI"]);
    return !forbidden && this.out.mode === "human" && stdin.isTTY === true && stdout.isTTY === true;
  }

  get ask(): Prompts {
    return terminalPrompts({ input: this.#io.stdin, output: process.stderr }, this.signal);
  }

  get yes(): boolean {
    return this.#flags.yes === true;
  }

  /** A folder that was cloned may name a server that the user's key is then sent to: a person should see that. */
  #nameProjectServer({ target, values }: Settings): void {
    const origin = values.find(({ key }) => key === "server")?.origin ?? "";
    if (target.kind !== "remote" || !origin.endsWith("hooks.config.json") || this.#io.stderr.isTTY !== true) return;
    this.out.note(`note: working on ${escapeLine(target.server.href)}, named by ${escapeLine(origin)}`);
  }

  #describe(settings: Settings): void {
    for (const { key, value, origin } of settings.values) {
      if (origin !== "default" || key === "store") this.out.note(`${key}: ${value ?? "-"} (${origin})`);
    }
  }
}

/** One that is not there is no such store: it is made. */
async function isReadOnly(storePath: string): Promise<boolean> {
  const { mayWriteStore } = await import("../store/sqlite/store-file.ts");
  return existsSync(storePath) && !mayWriteStore(storePath);
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}
