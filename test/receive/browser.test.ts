// reliability.md R51: a page of somebody else, in a real browser that would let it, changes nothing and reads nothing.
// Everything here has a key by itself, as if a browser sent one along like a cookie: what refuses are the doors alone.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, type TestContext, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { Doors } from "../../src/receive/doors.ts";
import { Chromium, findChromium } from "../support/chromium.ts";
import { keyOf, startTestServer, type TestServer } from "./support/test-server.ts";

const program = findChromium();
const SECRET = "for listeners only";
/** What a page tries, each with a subscription of its own that it wants to disable or an event that it wants to publish. */
const DISABLING = ["fetch", "form", "beacon", "zero", "navigation", "rebound"] as const;

let browser: Chromium;
let attacker: Server;

function skipWithout(context: TestContext): void {
  if (program !== undefined) return;
  if (process.env["CI"] !== undefined) throw new Error("Chromium is missing: .ci/run installs it");
  console.warn("SKIPPED: no Chromium on this machine (apt-get install chromium)");
  context.skip("no Chromium");
}

beforeAll(async () => {
  attacker = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<!doctype html>"));
  await once(attacker.listen(0, "127.0.0.1"), "listening");
  if (program === undefined) return;
  browser = await Chromium.start(program, { "*.example": "127.0.0.1" });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  attacker.close();
});

interface Target {
  server: TestServer;
  /** By what is tried. */
  subscriptions: Record<string, string>;
  /** Status lines of what pages asked for, with method and path. */
  answered: string[];
  close(): Promise<void>;
}

async function startTarget(): Promise<Target> {
  const server = await startTestServer();
  const answered: string[] = [];
  const withKey = (request: IncomingMessage): void => {
    if (request.headers.authorization !== undefined) return;
    request.headers.authorization = `Bearer ${keyOf("admin")}`;
    request.rawHeaders.push("authorization", request.headers.authorization);
  };
  const http = server.receive.app.server;
  http.prependListener("request", (request: IncomingMessage, answer) => {
    const isOfPage = request.headers["user-agent"]?.includes("Chrome") === true;
    withKey(request);
    answer.on("finish", () => {
      // Asked for by the browser itself, for the page that it shows when a navigation was refused.
      if (isOfPage && request.url !== "/favicon.ico")
        answered.push(`${answer.statusCode} ${request.method} ${request.url}`);
    });
  });
  const webSockets = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, socket, head) => {
    withKey(request);
    server.receive.admitUpgrade(request).then(
      () => {
        answered.push(`101 GET ${request.url}`);
        webSockets.handleUpgrade(request, socket, head, (webSocket: WebSocket) => webSocket.send(SECRET));
      },
      (error: unknown) => {
        answered.push(`refused GET ${request.url}`);
        server.receive.refuseUpgrade(socket, error, request);
      },
    );
  });
  const subscriptions: Record<string, string> = {};
  for (const name of DISABLING) {
    const json = { url: "https://example.com/", events: ["*"], name };
    subscriptions[name] = (await server.ask("POST", "/v1/subscriptions", { json })).json.id;
  }
  return {
    server,
    subscriptions,
    answered,
    async close() {
      webSockets.close();
      for (const client of webSockets.clients) client.terminate();
      await server.close();
    },
  };
}

/** In a page of another site. Answers what it could read, by what it tried. */
const CROSS_SITE = `async (port, subscriptions) => {
  const read = {};
  const base = "http://127.0.0.1:" + port;
  const disable = (name) => "/v1/subscriptions/" + subscriptions[name] + "/disable";
  const attempt = async (name, act) => {
    try { read[name] = String((await act()) ?? ""); } catch { read[name] = ""; }
  };
  const frame = (name) => {
    const one = document.createElement("iframe");
    one.name = name;
    document.body.append(one);
    return one;
  };
  const loaded = (element) => new Promise((resolve) => {
    element.addEventListener("load", resolve, { once: true });
    element.addEventListener("error", resolve, { once: true });
  });
  const event = (type) => JSON.stringify({ type, data: 1 });
  const text = { "content-type": "text/plain" };
  await attempt("fetch", async () => (await fetch(base + disable("fetch"), { method: "POST", mode: "no-cors" })).text());
  await attempt("text", async () =>
    (await fetch(base + "/v1/events", { method: "POST", mode: "no-cors", headers: text, body: event("by.text") })).text());
  await attempt("cors", async () => (await fetch(base + "/v1/events")).text());
  await attempt("preflighted", async () =>
    (await fetch(base + "/v1/events", { method: "POST", headers: { "content-type": "application/json" }, body: event("by.cors") })).text());
  await attempt("beacon", () => { navigator.sendBeacon(base + disable("beacon")); });
  await attempt("form", async () => {
    const target = frame("form-target");
    const form = document.createElement("form");
    Object.assign(form, { method: "POST", action: base + disable("form"), target: "form-target" });
    document.body.append(form);
    await new Promise((resolve) => setTimeout(resolve, 0));
    const done = loaded(target);
    form.submit();
    await done;
    return target.contentDocument?.body.textContent;
  });
  await attempt("iframe", async () => {
    const one = frame("reader");
    const done = loaded(one);
    one.src = base + "/v1/events";
    await done;
    return one.contentDocument?.body.textContent;
  });
  await attempt("script", async () => {
    const script = document.createElement("script");
    const done = loaded(script);
    script.src = base + "/openapi.json";
    document.body.append(script);
    await done;
  });
  await attempt("socket", () => new Promise((resolve) => {
    const socket = new WebSocket("ws://127.0.0.1:" + port + "/v1/listen", "hooks.listen.v1");
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = () => resolve("");
  }));
  await attempt("stream", () => new Promise((resolve) => {
    const source = new EventSource(base + "/v1/events");
    source.onmessage = ({ data }) => resolve(data);
    source.onerror = () => { source.close(); resolve(""); };
  }));
  await attempt("zero", async () =>
    (await fetch("http://0.0.0.0:" + port + disable("zero"), { method: "POST", mode: "no-cors" })).text());
  await attempt("navigation", async () => {
    const form = document.createElement("form");
    Object.assign(form, { method: "POST", action: base + disable("navigation"), target: "opened" });
    document.body.append(form);
    const opened = window.open("about:blank", "opened");
    form.submit();
    for (let tries = 0; tries < 200; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      try { opened.document.body; } catch { break; } // it has become another site's
    }
    return opened.document.body.textContent;
  });
  return read;
}`;

/** In a page whose name is bound to this machine now: the browser takes the server for the page's own. */
const REBOUND = `async (subscription) => {
  const read = {};
  const attempt = async (name, act) => {
    try { read[name] = String((await act()) ?? ""); } catch { read[name] = ""; }
  };
  const textIfDone = async (answer) => (answer.ok ? answer.text() : "");
  const headers = { "content-type": "application/json", "x-forwarded-host": "localhost", forwarded: "host=localhost" };
  await attempt("list", async () => textIfDone(await fetch("/v1/events", { headers })));
  await attempt("open", async () => textIfDone(await fetch("/openapi.json")));
  await attempt("health", async () => textIfDone(await fetch("/healthz")));
  await attempt("publish", async () =>
    textIfDone(await fetch("/v1/events", { method: "POST", headers, body: '{"type":"by.rebound","data":1}' })));
  await attempt("disable", async () => textIfDone(await fetch("/v1/subscriptions/" + subscription + "/disable", { method: "POST" })));
  await attempt("socket", () => new Promise((resolve) => {
    const socket = new WebSocket("ws://" + location.host + "/v1/listen", "hooks.listen.v1");
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = () => resolve("");
  }));
  return read;
}`;

interface Outcome {
  /** Names of what was read, and of what was changed. */
  read: string[];
  changed: string[];
  answered: string[];
}

async function attack({ server, subscriptions, answered }: Target): Promise<Outcome> {
  const page = await browser.page();
  await page.open(`http://attacker.example:${(attacker.address() as AddressInfo).port}/`);
  const crossSite = await page.run<Record<string, string>>(CROSS_SITE, server.port, subscriptions);
  const rebound = await browser.page();
  await rebound.openRebound(`http://rebound.example:${server.port}/page`);
  const asOwn = await rebound.run<Record<string, string>>(REBOUND, subscriptions["rebound"]);

  const changed: string[] = [];
  for (const name of DISABLING) {
    const { json } = await server.ask("GET", `/v1/subscriptions/${subscriptions[name]}`);
    if (json.enabled === false) changed.push(name);
  }
  const { json } = await server.ask("GET", "/v1/events");
  changed.push(...json.data.map(({ type }: { type: string }) => type));
  const read = Object.entries({ ...crossSite, ...prefixed(asOwn) })
    .filter(([, text]) => text !== "")
    .map(([name]) => name);
  return { read, changed: changed.toSorted(), answered };
}

function prefixed(read: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(read).map(([name, text]) => [`rebound ${name}`, text]));
}

describe("a web page of somebody else", () => {
  it("changes nothing and reads nothing, whatever it tries", async (context) => {
    skipWithout(context);
    const target = await startTarget();
    try {
      const { read, changed, answered } = await attack(target);
      expect({ read, changed }).toEqual({ read: [], changed: [] });
      // All of it came here, and was refused here: nothing was the browser's doing.
      expect(answered.length).toBeGreaterThan(12);
      expect(answered.filter((line) => !/^(403|421|refused) /.test(line))).toEqual([]);
    } finally {
      await target.close();
    }
  }, 120_000);

  it("would, were it not for the checks of Host and Origin", async (context) => {
    skipWithout(context);
    const target = await startTarget();
    const check = vi.spyOn(Doors.prototype, "check").mockImplementation(() => {});
    const checkUpgrade = vi.spyOn(Doors.prototype, "checkUpgrade").mockImplementation(() => {});
    try {
      const { read, changed } = await attack(target);
      expect(read).toEqual(
        expect.arrayContaining(["socket", "rebound list", "rebound open", "rebound publish", "rebound socket"]),
      );
      expect(changed).toEqual(
        expect.arrayContaining(["fetch", "form", "beacon", "navigation", "rebound", "by.rebound"]),
      );
      // The kind of a body is a check of its own: what a page may send unasked is no JSON.
      expect(changed).not.toContain("by.text");
      expect(changed).not.toContain("by.cors");
    } finally {
      check.mockRestore();
      checkUpgrade.mockRestore();
      await target.close();
    }
  }, 120_000);
});
