import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/** The built program, started as a user starts it. */
const PROGRAM = path.join(import.meta.dirname, "../../bin/hooks.js");

const SEES_LIMIT_MS = 45_000;

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  input?: string;
  /** The test itself waits until the daemon has noticed what this command changes. */
  isAwaited?: boolean;
}

/** What changes set-up: a daemon on the same store notices it a moment later, when another process does it. */
const CHANGE =
  /^(?:(?:sub|env|key|tenant|source|event-type) (?!list|get|health|test|secret |filter-test|export|generate|infer|rotate-master)|apply)/;

/** A place of its own for one test: HOOKS_HOME, and commands that use it. */
export class HooksHome {
  readonly folder = mkdtempSync(path.join(tmpdir(), "hooks-test-"));
  #daemons = 0;
  #unseen: string | undefined;

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  get storePath(): string {
    return path.join(this.folder, "hooks.db");
  }

  /** The local key, once a daemon has made it. */
  async token(): Promise<string> {
    return (await readFile(path.join(this.folder, "token"), "utf8")).trim();
  }

  /** The JSON of a file in this folder, as soon as it is there (whoever writes it renames it into place). */
  async appears(name: string): Promise<Record<string, unknown>> {
    const file = path.join(this.folder, name);
    const changes = watch(this.folder);
    try {
      while (!existsSync(file)) await once(changes, "change");
      return JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    } finally {
      changes.close();
    }
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const child = this.#spawn(args, options);
    const output = collect(child);
    child.stdin.end(options.input ?? "");
    const [code] = (await once(child, "close")) as [number | null];
    const words = args.join(" ");
    if (code === 0 && 0 < this.#daemons && options.isAwaited !== true && CHANGE.test(words) && !isRemote(args))
      this.#unseen = words;
    // Whoever waited for a delivery has seen the daemon take notice.
    if (args.includes("--wait")) this.#unseen = undefined;
    return { code, ...output };
  }

  /** @throws Error when a command changed something that the running daemon may not have noticed yet. */
  mustBeSeen(): void {
    if (this.#unseen === undefined) return;
    throw new Error(
      `"hooks ${this.#unseen}" came a moment ago: ask the daemon itself (...daemon.asked), or wait for it`,
    );
  }

  /** Runs a command that must succeed; answers its standard output without the last line break. */
  async ok(...args: string[]): Promise<string> {
    const ran = await this.run(args);
    if (ran.code !== 0) throw new Error(`hooks ${args.join(" ")} ended with ${ran.code}:\n${ran.stderr}${ran.stdout}`);
    return ran.stdout.replace(/\n$/, "");
  }

  /** Starts a command that goes on; it is killed at the end of the test if it still runs. */
  start(args: readonly string[], options: RunOptions = {}): RunningProgram {
    return new RunningProgram(this.#spawn(args, options));
  }

  /** Starts a daemon on a free port, and waits until it is ready. */
  async serve(...args: string[]): Promise<RunningDaemon> {
    const program = this.start(["serve", "--port", "0", "--log-format", "json", ...args]);
    const [url] = await program.sees(/https?:\/\/[\w.[\]:]+:\d+/);
    this.#daemons += 1;
    this.#unseen = undefined;
    void program.ended.then(() => {
      this.#daemons -= 1;
      this.#unseen = undefined;
    });
    return new RunningDaemon(program, url, this);
  }

  #spawn(args: readonly string[], options: RunOptions): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, [PROGRAM, ...args], {
      cwd: this.folder,
      env: { PATH: process.env["PATH"] ?? "", HOME: this.folder, HOOKS_HOME: this.folder, ...options.env },
    });
  }
}

/** A program that runs: its output as it comes, and its end. */
export class RunningProgram {
  readonly child: ChildProcessWithoutNullStreams;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    this.output = collect(child);
    this.ended = once(child, "close").then(([code, signal]) => ({ code, signal }) as never);
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
  }

  /** Waits until the output (of both streams) matches; fails when the program ends before. */
  sees(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        const match = pattern.exec(this.output.stdout) ?? pattern.exec(this.output.stderr);
        if (match === null) return false;
        resolve(match);
        return true;
      };
      if (look()) return;
      const onData = (): void => {
        if (!look()) return;
        this.child.stdout.off("data", onData);
        this.child.stderr.off("data", onData);
      };
      this.child.stdout.on("data", onData);
      this.child.stderr.on("data", onData);
      // Far longer than anything takes: what was seen instead says more than the test's own limit would.
      setTimeout(
        () => reject(new Error(`never saw ${pattern}:\n${this.output.stderr}${this.output.stdout}`)),
        SEES_LIMIT_MS,
      ).unref();
      void this.ended.then(({ code }) => {
        if (!look())
          reject(new Error(`ended with ${code} before ${pattern}:\n${this.output.stderr}${this.output.stdout}`));
      });
    });
  }

  async kill(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.child.kill(signal);
    return this.ended;
  }
}

export class RunningDaemon {
  readonly program: RunningProgram;
  readonly home: HooksHome;
  readonly #url: string;

  constructor(program: RunningProgram, url: string, home: HooksHome) {
    this.program = program;
    this.#url = url;
    this.home = home;
  }

  /** @throws Error after a change by a command on the store: what is asked over HTTP now may not know of it. */
  get url(): string {
    this.home.mustBeSeen();
    return this.#url;
  }

  /** Flags with which a command asks the daemon itself: what another process changes, it sees a moment later only. */
  get asked(): string[] {
    return ["--server", this.#url, "--api-key-file", path.join(this.home.folder, "token")];
  }
}

const isRemote = (args: readonly string[]): boolean => args.some((arg) => /^--server\b/.test(arg));

function collect(child: ChildProcessWithoutNullStreams): { stdout: string; stderr: string } {
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  return output;
}
