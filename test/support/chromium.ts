import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { WebSocket } from "ws";

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Undefined: there is none on this machine. */
export function findChromium(): string | undefined {
  return PROGRAMS.find((file) => existsSync(file));
}

/** Everything by which it would keep pages from this machine by itself: what is tested is our own refusal. */
const OWN_BLOCKS = [
  "LocalNetworkAccessChecks",
  "LocalNetworkAccessChecksWebSockets",
  "LocalNetworkAccessChecksWebTransport",
  "LocalNetworkAccessForWorkers",
  "LocalNetworkAccessForNavigations",
  "LocalNetworkAccessForSubframeNavigations",
  "BlockInsecurePrivateNetworkRequests",
  "BlockInsecurePrivateNetworkRequestsFromPrivate",
  "BlockInsecurePrivateNetworkRequestsForNavigations",
  "PrivateNetworkAccessSendPreflights",
  "PrivateNetworkAccessRespectPreflightResults",
  "PrivateNetworkAccessForNavigations",
  "PrivateNetworkAccessForWorkers",
  "HttpsFirstBalancedModeAutoEnable",
  "HttpsUpgrades",
].join(",");

interface Message {
  id?: number;
  method?: string;
  sessionId?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** A headless browser, driven over the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/). */
export class Chromium {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #listeners = new Set<(message: Message) => void>();
  #lastId = 0;

  private constructor(child: ChildProcess, folder: string, socket: WebSocket) {
    this.#child = child;
    this.#folder = folder;
    this.#socket = socket;
    socket.on("message", (data) => {
      const message = JSON.parse((data as Buffer).toString()) as Message;
      if (message.id === undefined) for (const listener of this.#listeners) listener(message);
      else this.#answers.get(message.id)?.(message);
    });
  }

  /** @param names host → address, for all of its look-ups */
  static async start(program: string, names: Readonly<Record<string, string>>): Promise<Chromium> {
    const folder = mkdtempSync(path.join(tmpdir(), "hooks-chromium-"));
    const rules = Object.entries(names).map(([name, address]) => `MAP ${name} ${address}`);
    const child = spawn(
      program,
      [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-popup-blocking",
        "--no-proxy-server",
        "--remote-debugging-port=0",
        `--user-data-dir=${folder}`,
        `--host-resolver-rules=${rules.join(",")}`,
        `--disable-features=${OWN_BLOCKS}`,
        "about:blank",
      ],
      { stdio: ["ignore", "ignore", "pipe"], env: { PATH: process.env["PATH"] ?? "", HOME: folder } },
    );
    let said = "";
    const url = await new Promise<string>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`Chromium ended with ${code}:\n${said}`)));
      child.once("error", reject);
      child.stderr.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, "open");
    return new Chromium(child, folder, socket);
  }

  async page(): Promise<Page> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, String(sessionId));
    await page.send("Page.enable");
    return page;
  }

  async close(): Promise<void> {
    const ended = this.#child.exitCode === null ? once(this.#child, "exit") : undefined;
    this.#socket.terminate();
    this.#child.kill("SIGKILL");
    await ended;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }

  send(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ error, result }) => {
        this.#answers.delete(id);
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      });
    });
  }

  /** The parameters of the next event of this name in this session. */
  event(name: string, sessionId: string): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
      const listener = (message: Message): void => {
        if (message.method !== name || message.sessionId !== sessionId) return;
        this.#listeners.delete(listener);
        resolve(message.params ?? {});
      };
      this.#listeners.add(listener);
    });
  }
}

export class Page {
  readonly #browser: Chromium;
  readonly #sessionId: string;

  constructor(browser: Chromium, sessionId: string) {
    this.#browser = browser;
    this.#sessionId = sessionId;
  }

  send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    return this.#browser.send(method, params, this.#sessionId);
  }

  async open(url: string): Promise<void> {
    const loaded = this.#browser.event("Page.loadEventFired", this.#sessionId);
    await this.send("Page.navigate", { url });
    await loaded;
  }

  /**
   * Opens a page of this address that no server gave: what a browser has of a site whose name has been bound to another
   * machine since.
   */
  async openRebound(url: string): Promise<void> {
    await this.send("Fetch.enable", { patterns: [{ urlPattern: url }] });
    const paused = this.#browser.event("Fetch.requestPaused", this.#sessionId);
    const loaded = this.#browser.event("Page.loadEventFired", this.#sessionId);
    const navigated = this.send("Page.navigate", { url });
    const { requestId } = await paused;
    const body = Buffer.from("<!doctype html><title>rebound</title>").toString("base64");
    const responseHeaders = [{ name: "content-type", value: "text/html" }];
    await this.send("Fetch.fulfillRequest", { requestId, responseCode: 200, responseHeaders, body });
    await Promise.all([navigated, loaded]);
    await this.send("Fetch.disable");
  }

  /** Runs a function of the page's own world with these arguments, as after a click; answers what it resolves with. */
  async run<T>(source: string, ...args: readonly unknown[]): Promise<T> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression: `(${source})(...${JSON.stringify(args)})`,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }
}
