import type { RemoteTarget, SettingSources, Settings } from "../config.ts";
import type { AdminService } from "../core/admin-service.ts";
import type { SendResult } from "../core/attempt.ts";
import type { HooksService } from "../core/hooks-service.ts";
import type { Scope } from "../core/scope.ts";
import type { LocalHooks } from "../service/open-local.ts";
import type { OneOffRequest } from "../service/service-parts.ts";
import type { DaemonInfo } from "../store/sqlite/daemon-lock.ts";
import type { EndSignal } from "./io.ts";
import type { LocalEgress } from "./local-egress.ts";

/** Of standard input and of a file that a flag names: more than any receiver takes, and little enough for the memory. */
export const INPUT_MAX_BYTES = 64 * 1024 * 1024;

/**
 * What every command is given. All of it is lazy: nothing connects, opens or reads before a command asks, so `--help`
 * always works. Commands touch no process, clock or network but through this.
 */
export interface CliContext {
  readonly out: Output;
  /** Flags over environment over the file of --config over project file over user file over default. Throws `usage` naming what is wrong.
   * `flags`: a command's own flags that are settings too (`serve --port`). `configFile`: what its --config names. */
  settings(flags?: SettingSources["flags"], configFile?: string): Settings;
  /** The service that the settings name: over the local store file, or over HTTP. Closed when the command ends.
   * `reads`: nothing is changed, so a store file that this user may only read will do. `names`: a tenant and an
   * environment that something else than the settings names. */
  service(options?: { reads?: boolean; names?: Partial<Scope> }): Promise<HooksService>;
  /** The same for keys, tenants and the audit, whose methods are given tenant and environment where somebody named them. */
  admin(options?: { reads?: boolean }): Promise<AdminService>;
  /** The store file that the settings name, with everything of the service on it. Throws `usage` (naming `what`) when
   * they name a server. `readOnly` never creates or migrates it. Closed when the command ends. */
  local(what: string, options?: { readOnly?: boolean }): Promise<LocalHooks>;
  /** Where the store file is, for what works on it as a whole. Throws `usage` like `local`. */
  localStore(what: string): { storePath: string; dataDirectory: string };
  /** The key to send to the server that the settings name; undefined: there is none. Throws `unauthenticated` when there
   * is one that this server must not get, `usage` when the keychain cannot be asked. */
  apiKey(target: RemoteTarget): Promise<string | undefined>;
  /** The key that this command line itself gives: --api-key, --api-key-file. Throws `usage` when it cannot be read. */
  typedKey(): string | undefined;
  /** The daemon that runs on the store file that the settings name; undefined when none does, or with a server. */
  daemon(): Promise<DaemonInfo | undefined>;
  /** What is worked on: defaults filled in. */
  scope(): Scope;
  /** How this process sends: for what is stored, as the daemon that runs on the store; or straight to a URL. */
  egress(what: "stored" | "direct"): Promise<LocalEgress>;
  /** One signed request straight to a URL, with no store. */
  sendOnce(request: OneOffRequest): Promise<SendResult>;
  /** Unix ms. */
  now(): number;
  /** This command line, as it is to be pasted with one more flag. Without a key. */
  typedWith(flag: string): string;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** From now on the command is not cut off by the first Ctrl-C: it ends soon after `signal`, and says what was done. */
  handleSignal(): void;
  /** What aborted `signal`. */
  readonly endSignal: EndSignal | undefined;
  /** Of a command that goes well: with another code than 0, because a program that it ran said so. */
  endWith(exitCode: number): void;
  /** SIGHUP calls this from now on instead of ending the command, but not where a terminal could have sent it. */
  onReload(reload: () => void): void;
  /** Registers what must be closed when the command ends, last first. */
  onExit(close: () => Promise<void> | void): void;
  /** Whole standard input, as bytes. Throws `usage` (naming `what`) when it is a terminal, or larger than `maxBytes`
   * (default: 64 MiB). */
  readStdin(what: string, maxBytes?: number): Promise<Uint8Array>;
  /** The same as it arrives. */
  stdinChunks(what: string): AsyncIterable<Uint8Array>;
  /** True when questions may be asked: both ends are a terminal, and neither --no-input, --json nor CI forbids it. */
  readonly canPrompt: boolean;
  /** Questions, on stderr. Only when `canPrompt`. */
  readonly ask: Prompts;
  /** --yes: no question before destructive changes. */
  readonly yes: boolean;
  /** Where relative paths begin. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Each resolves to the answer, and rejects with `interrupted` on Ctrl-C. */
export interface Prompts {
  /** `check` answers what is wrong with the text, or undefined. */
  text(
    question: string,
    options?: { check?: (text: string) => string | undefined; fallback?: string },
  ): Promise<string>;
  /** Nothing of what is typed is shown. */
  secret(question: string, options?: { check?: (text: string) => string | undefined }): Promise<string>;
  confirm(question: string): Promise<boolean>;
}

/** Where output goes. `print` is data (stdout), `note` is for people (stderr). */
export interface Output {
  /** How data is to look: people's tables, tab-separated columns, JSON, or ids only. */
  readonly mode: "human" | "plain" | "json" | "quiet";
  /** A line of data. */
  print(line: string): void;
  /** Bytes of data as they are. */
  write(bytes: Uint8Array | string): void;
  /** A line for people, on stderr. Left out with --quiet. */
  note(line: string): void;
  /** Bytes of notes that whoever should read them has not read yet. */
  readonly notesWaiting: number;
  /** `hint: …` on stderr, left out with --quiet and --json. */
  hint(line: string): void;
  /** While something fills the terminal: notes and hints are given to `sink`, a plain line each; undefined: to stderr
   * again. Where stderr is no terminal they go there all the same. */
  divertNotes(sink: ((line: string) => void) | undefined): void;
  /** Colours for stdout and for stderr, each decided by itself. Identity functions when colour is off. */
  readonly colors: Colors;
  readonly noteColors: Colors;
  /** Columns of the terminal on stdout; undefined when it is none. */
  readonly columns: number | undefined;
  readonly isTty: boolean;
}

export type Paint = (text: string) => string;
export interface Colors {
  bold: Paint;
  dim: Paint;
  red: Paint;
  green: Paint;
  yellow: Paint;
  cyan: Paint;
}
