// The library's entry for browsers, built and bundled as a page would have it, in a real browser: every vector must get
// the verdict there that node:crypto gives here.

import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { verify } from "../../src/core/signing/verify.ts";
import { bodyOf, readVectors, resolverOf, type VectorFile } from "../core/signing/support/vectors.ts";
import { Chromium, findChromium, type Page } from "../support/chromium.ts";

const program = findChromium();
const root = path.join(import.meta.dirname, "../..");

let folder: string;
let server: Server;
let browser: Chromium | undefined;
let page: Page | undefined;
let insecure: Page | undefined;

function skipWithout(context: TestContext): void {
  if (program !== undefined) return;
  if (process.env["CI"] !== undefined) throw new Error("Chromium is missing: .ci/run installs it");
  console.warn("SKIPPED: no Chromium on this machine (apt-get install chromium)");
  context.skip("no Chromium");
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "hooks-web-"));
  const code = await bundledForBrowsers();
  server = createServer(({ url }, answer) => {
    const isScript = url === "/hooks.js";
    answer.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    answer.end(isScript ? code : "<!doctype html><title>webhooks</title>");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  if (program === undefined) return;
  browser = await Chromium.start(program, { "plain.example": "127.0.0.1" });
  page = await browser.page();
  await page.open(`http://localhost:${port}/`);
  insecure = await browser.page();
  await insecure.open(`http://plain.example:${port}/`);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The built entry as one module, for an environment that has nothing of Node's. */
async function bundledForBrowsers(): Promise<string> {
  mkdirSync(path.join(folder, "node_modules"));
  symlinkSync(root, path.join(folder, "node_modules/hooks-relay"));
  const input = path.join(folder, "page.mjs");
  writeFileSync(input, 'export * from "hooks-relay/web";');
  const bundle = await rolldown({ input, cwd: folder, platform: "browser", logLevel: "silent" });
  const { output } = await bundle.generate({ format: "esm", codeSplitting: false });
  await bundle.close();
  expect(output[0].imports).toEqual([]);
  return output[0].code;
}

/** What crosses into the page: bytes as base64, and the keys that messages name. */
function vectorsForPage(file: VectorFile) {
  const { certs, jwks, keys } = file.fixtures ?? {};
  return {
    scheme: file.scheme,
    keys: resolverOf(file) === undefined ? null : { ...certs, ...jwks, ...keys },
    vectors: file.vectors.map((vector) => ({
      request: { method: vector.method, url: vector.url, headers: vector.headers },
      body: bodyOf(vector).toString("base64"),
      secrets: vector.secrets,
      now: vector.now,
    })),
  };
}

/** Runs in the page. */
const JUDGE = `async ({ scheme, keys, vectors }) => {
  const { verify } = await import("/hooks.js");
  const resolveKey = keys === null ? undefined : async (name) => (Object.hasOwn(keys, name) ? keys[name] : undefined);
  const results = [];
  for (const { request, body, secrets, now } of vectors) {
    const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
    results.push(await verify(scheme, { ...request, body: bytes }, secrets, { now, resolveKey }));
  }
  return results;
}`;

describe("in Chromium", () => {
  for (const file of readVectors()) {
    it(`the vectors of ${file.scheme} get the verdicts of node:crypto`, async (context) => {
      skipWithout(context);
      const resolveKey = resolverOf(file);
      const byNode = file.vectors.map((vector) => {
        const { headers, method, url, secrets, now } = vector;
        return verify(file.scheme, { headers, method, url, body: bodyOf(vector) }, secrets, { now, resolveKey });
      });

      expect(await page!.run(JUDGE, vectorsForPage(file))).toEqual(byNode);
    });
  }

  it("signs, refuses replays, and knows its own mistakes", async (context) => {
    skipWithout(context);

    const results = await page!.run(`async () => {
      const { createVerifier, MemoryReplays, sign, verify } = await import("/hooks.js");
      const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
      const body = "{}";
      const { headers, id } = await sign("standard-webhooks", { body }, secret);
      const verifier = createVerifier("standard-webhooks", secret, { replays: new MemoryReplays() });
      const request = new Request("/", { method: "POST", headers, body });
      const mistake = await verify("stripe", request, secret).catch((error) => error.name + ": " + error.message);
      const received = { headers: request.headers, body: new Uint8Array(await request.arrayBuffer()) };
      const first = await verifier.verify(received);
      const second = await verifier.verify(received);
      return { id, mistake, first: first.valid, second: second.reason };
    }`);

    expect(results).toEqual({
      id: expect.stringMatching(/^msg_[0-9a-z]{26}$/),
      mistake: expect.stringMatching(/^TypeError: request\.body is a stream/),
      first: true,
      second: "replayed",
    });
  });

  it("says of a page without a secure context why it cannot", async (context) => {
    skipWithout(context);
    const attempt = `async () => {
      const { verify } = await import("/hooks.js");
      return await verify("github", { headers: {}, body: "" }, "s").then(String, (error) => error.name + ": " + error.message);
    }`;

    expect(await insecure!.run(attempt)).toMatch(/^TypeError: this runtime has no Web Crypto; .*https/);
  });
});
