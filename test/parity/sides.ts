import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HooksService } from "../../src/core/hooks-service.ts";
import { type Daemon, lookUpOnce, sendOnce, startDaemon } from "../../src/daemon.ts";
import { type Run, runInProcess } from "../support/run-in-process.ts";
import { Blur } from "./blurred.ts";

const SCOPE = { tenant: "default", environment: "development" };
const SETTLES_WITHIN_MS = 30_000;

export interface Call {
  args: readonly string[];
  stdin?: string | undefined;
  /** On a terminal, as people see it. */
  people?: boolean | undefined;
}

/** A store with a daemon on it, and the program that works on it: on the file, or as a client of the daemon. */
export class Side {
  readonly #folder: string;
  readonly #daemon: Daemon;
  readonly #where: readonly string[];
  readonly #home: string;
  readonly #blur = new Blur();

  private constructor(folder: string, daemon: Daemon, home: string, where: readonly string[]) {
    this.#folder = folder;
    this.#daemon = daemon;
    this.#home = home;
    this.#where = where;
  }

  static async open(kind: "local" | "remote"): Promise<Side> {
    const folder = mkdtempSync(path.join(tmpdir(), `hooks-parity-${kind}-`));
    const daemon = await startDaemon({
      storePath: path.join(folder, "hooks.db"),
      dataDirectory: folder,
      host: "127.0.0.1",
      port: 0,
    });
    // A client has a home of its own: what it prints comes over HTTP, or not at all.
    const home = kind === "local" ? folder : path.join(folder, "client");
    const where = kind === "local" ? [] : ["--server", daemon.url, "--api-key", "env:PARITY_KEY"];
    return new Side(folder, daemon, home, where);
  }

  async close(): Promise<void> {
    await this.#daemon.stop({ drainMs: 1_000 });
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The program, and nothing taken from what it prints but what differs between any two stores. */
  async run({ args, stdin = "", people = false }: Call): Promise<Run> {
    const words = await Promise.all(args.map((word) => this.#filled(word)));
    const [first = [], last = []] = splitAtDashes(words);
    const run = await runInProcess([...first, ...this.#where, ...last], {
      stdin: people ? undefined : stdin,
      cwd: this.#folder,
      isTty: people,
      columns: 300,
      env: {
        HOOKS_HOME: this.#home,
        HOME: this.#home,
        NO_COLOR: "1",
        HOOKS_NO_INPUT: "1",
        PARITY_KEY: this.#daemon.token,
        BODY_SECRET: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
      },
      parts: { sendOnce, lookUpOnce },
    });
    await this.#settled();
    return this.#blur.run(run, people ? "people" : "pipe");
  }

  /** `{delivery of one}`: an id that only this side knows. */
  async #filled(word: string): Promise<string> {
    const event = /^\{delivery of ([\w-]+)\}$/.exec(word)?.[1];
    if (event === undefined) return word;
    return (await this.#service.listDeliveries({ event })).data[0]!.id;
  }

  /** Until what can be sent now was sent: what a list shows next does not depend on who was faster. */
  async #settled(): Promise<void> {
    const deadline = performance.now() + SETTLES_WITHIN_MS;
    const paused = new Set<string>();
    for (const one of (await this.#service.listSubscriptions({ limit: 200 })).data) {
      if (one.paused || !one.enabled || one.transport === "tunnel") paused.add(one.id);
    }
    for (;;) {
      const sending = await this.#service.listDeliveries({ status: "sending", limit: 1 });
      const pending = (await this.#service.listDeliveries({ status: "pending", limit: 200 })).data;
      if (sending.data.length === 0 && pending.every((one) => paused.has(one.subscription))) return;
      if (deadline < performance.now())
        throw new Error(`not sent in time: ${JSON.stringify([...sending.data, ...pending])}`);
      await sleep(10);
    }
  }

  get #service(): HooksService {
    return this.#daemon.serviceFor(SCOPE);
  }
}

/** Flags stand before `--`. */
function splitAtDashes(words: readonly string[]): [string[], string[]] {
  const at = words.indexOf("--");
  return at === -1 ? [[...words], []] : [words.slice(0, at), words.slice(at)];
}
