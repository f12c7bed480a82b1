import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import { type Daemon, startDaemon } from "../../../src/daemon.ts";
import { PROGRAM } from "../../support/source-program.ts";
import { Terminal } from "../../support/tmux.ts";

const SCOPE = { tenant: "default", environment: "development" };

interface Seen {
  url: string;
  headers: Record<string, string>;
  body: Buffer;
}

export interface DeskOptions {
  width?: number;
  height?: number;
  flags?: string;
  env?: Record<string, string>;
  /** A shell's line around the command, which it calls `LISTEN`. */
  line?: string;
}

/** A developer's desk: a daemon, a program that answers what the event's data says, and `hooks listen` in a terminal. */
export class Desk {
  readonly home = mkdtempSync(path.join(tmpdir(), "hooks-desk-"));
  readonly seen: Seen[] = [];
  daemon!: Daemon;
  port = 0;
  /** Answers that wait to be released; undefined: none has to. */
  #held: (() => void)[] | undefined;

  static async open(): Promise<Desk> {
    const desk = new Desk();
    onTestFinished(() => rmSync(desk.home, { recursive: true, force: true, maxRetries: 10 }));
    await desk.#startProgram();
    await desk.startDaemon();
    return desk;
  }

  async startDaemon(): Promise<void> {
    const daemon = await startDaemon({
      storePath: path.join(this.home, "hooks.db"),
      dataDirectory: this.home,
      host: "127.0.0.1",
      port: 0,
    });
    this.daemon = daemon;
    onTestFinished(() => daemon.stop({ drainMs: 0 }));
  }

  /** `hooks listen` in a terminal of its own, once it is connected. */
  async listen(options: DeskOptions = {}): Promise<Terminal> {
    const terminal = this.start(options);
    await terminal.sees(/^●/m);
    return terminal;
  }

  start({ width = 100, height = 24, flags = "", env = {}, line = "LISTEN" }: DeskOptions = {}): Terminal {
    return new Terminal(line.replace("LISTEN", `${this.command()} ${flags}`), {
      width,
      height,
      env: { HOOKS_HOME: this.home, NO_COLOR: "1", ...env },
    });
  }

  /** As a shell's line. */
  command(): string {
    return `'${process.execPath}' '${PROGRAM}' listen --forward ${this.port}/hook`;
  }

  publish(type: string, data: unknown = {}): Promise<{ id: string }> {
    const bytes = typeof data === "string" ? data : JSON.stringify(data);
    return this.daemon.serviceFor(SCOPE).publish({ type, data: Buffer.from(bytes) });
  }

  /** While no daemon runs: as a command on the store does. */
  async publishIntoStore(...types: string[]): Promise<void> {
    const { runInProcess } = await import("../../support/run-in-process.ts");
    const ends = { env: { HOOKS_HOME: this.home }, cwd: this.home };
    for (const type of types) {
      const ran = await runInProcess(["publish", type, "--data", "{}"], ends);
      if (ran.code !== 0) throw new Error(ran.stderr);
    }
  }

  /** From now on the program answers when it is told to. */
  hold(): void {
    this.#held ??= [];
  }

  /** So many that it holds are answered, the first ones first; waits until it has them. */
  async release(count: number): Promise<void> {
    const held = this.#held ?? [];
    await expect.poll(() => held.length, { timeout: 45_000 }).toBeGreaterThanOrEqual(count);
    for (const answer of held.splice(0, count)) answer();
  }

  publishMany(count: number, type: string): Promise<unknown> {
    const events = Array.from({ length: count }, (_, n) => ({ type, data: Buffer.from(JSON.stringify({ n })) }));
    return this.daemon.serviceFor(SCOPE).publishBatch(events);
  }

  async attemptsOf(eventId: string): Promise<number> {
    const [delivery] = (await this.daemon.serviceFor(SCOPE).getEvent(eventId)).deliveries;
    return delivery?.attempt_count ?? 0;
  }

  /** The secret that signs what the terminal shows. */
  async secret(terminal: Terminal): Promise<string> {
    const [, session = ""] = /session (\S+)/.exec(await terminal.sees(/session \S+/)) ?? [];
    const { runSource } = await import("../../support/source-program.ts");
    const run = await runSource(["listen", "--print-secret", "--session", session], this.home);
    return run.stdout.trim();
  }

  async #startProgram(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks);
        this.seen.push({ url: request.url ?? "", headers: request.headers as Record<string, string>, body });
        const { status = 200, answer = "thanks", hangs = false } = answerOf(body);
        if (hangs) return;
        const finish = (): unknown => response.writeHead(status, { "x-program": "desk" }).end(answer);
        if (this.#held === undefined) finish();
        else this.#held.push(finish);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    this.port = (server.address() as AddressInfo).port;
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
  }
}

interface Wanted {
  status?: number;
  answer?: string;
  hangs?: boolean;
}

function answerOf(body: Buffer): Wanted {
  try {
    return (JSON.parse(body.toString()) as { data?: Wanted }).data ?? {};
  } catch {
    return {};
  }
}
