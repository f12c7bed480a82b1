import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type HooksHome as Home, HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { startTcpReceiver } from "../support/receiver.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { type Canary, canary, formsOf, secretCanary, Written } from "./support/canaries.ts";
import { allLines, commandsWithoutLines, type Prepared } from "./support/command-lines.ts";

// Marked secrets go through every command, every route and every way to fail, with the log at its most talkative; then
// everything that was written is searched for them, in every form that a secret is written in.

const CANARIES = {
  signing: secretCanary("signing secret"),
  rotated: secretCanary("signing secret that rotation gave"),
  header: canary("value of a header"),
  query: canary("token in a URL's query"),
  user: canary("password in a URL"),
  key: canary("API key", "hk_test_"),
  wrongKey: canary("API key that is none", "hk_test_"),
  keyInUrl: canary("API key in a URL", "hk_test_"),
  masterKey: { name: "master key", text: Buffer.from(canary("").text.slice(0, 32)).toString("base64") },
  payload: canary("payload"),
  metadata: canary("metadata of an event"),
  answer: canary("answer of a receiver"),
  badJson: canary("payload that is no JSON"),
  collectorKey: canary("key for the collector of traces"),
  badSecret: canary("secret that is none"),
  source: canary("secret of a source"),
  oldSource: canary("old secret of a source"),
  agreed: canary("verify token of a source"),
} satisfies Record<string, Canary>;
const ALL = Object.values(CANARIES);

/** Who is meant to show what. Everything else is a leak. */
const MEANT: Readonly<Record<string, readonly RegExp[]>> = {
  // `hooks sub secret` is for the owner of the store's file; create and rotate show theirs once.
  "signing secret": [/^hooks sub secret /, /^POST \/v1\/subscriptions \(created\)/],
  "signing secret that rotation gave": [/^hooks sub secret /, /^POST .*rotate-secret \(rotated\)/],
  // What an event says is shown where events and deliveries are shown, and is in the store and its backups.
  payload: [
    /^hooks (event get|delivery get|delivery retry) /,
    /^GET \/v1\/(events|deliveries)\/\w+ /,
    /^file .*\.db(-wal)?$/,
  ],
  "metadata of an event": [/^hooks event get /, /^GET \/v1\/events\/\w+ /, /^file .*\.db(-wal)?$/],
  // What somebody typed wrong is repeated to whoever typed it.
  "payload that is no JSON": [/^hooks trigger a /],
  "secret that is none": [/^file secret\.txt$/],
  "local token": [/^file token$/],
  "key for the collector of traces": [/^headers to the collector$/],
  // A request that is printed instead of sent goes where --to says. A set-up file is the user's own.
  "token in a URL's query": [/^hooks trigger github:push /, /^file hooks\.yaml$/],
  "answer of a receiver": [
    /^hooks (event|delivery|sub|dlq) (get|list|test|retry|cancel|replay|health) /,
    /^hooks trigger /,
    /^(GET|POST) \/v1\/(events|deliveries|subscriptions|dead-letters)\b/,
    /^file .*\.db(-wal)?$/,
  ],
};

describe("what is searched for", () => {
  it.each(ALL.map((one) => [one.name, one] as const))("is found in each of its forms: %s", (_name, one) => {
    for (const [form, text] of Object.entries(formsOf(one))) {
      const written = new Written();
      written.add("planted", `{"a":"before ${text} after"}`);
      expect(written.leaks([one], {}), form).toHaveLength(1);
      expect(written.leaks([one], { [one.name]: [/^planted$/] })).toEqual([]);
    }
    for (const before of ["", "a", "ab", "abc"]) {
      const written = new Written();
      written.add(
        "planted",
        Buffer.from(`${before + one.text.replace(/^whsec_|^hk_test_/, "")}tail`).toString("base64"),
      );
      expect(written.leaks([one], {})).toHaveLength(1);
    }
  });

  it("is nowhere by chance", () => {
    const written = new Written();
    written.add("a lot of text", readFileSync(import.meta.filename));
    expect(written.leaks(ALL, {})).toEqual([]);
  });
});

describe("secrets", () => {
  it("are in nothing that is written, but where they are meant to be shown", { timeout: 300_000 }, async () => {
    const written = new Written();
    const all = [...ALL];
    for (const format of ["json", "pretty"] as const) all.push(await everything(format, written));
    expect(written.places.length).toBeGreaterThan(400);
    expect(commandsWithoutLines()).toEqual([]);
    // Each was really there to be leaked.
    const shown = written.leaks(all, {}).join("\n");
    for (const name of Object.keys(MEANT)) expect(shown).toContain(`${name} (`);
    expect(written.leaks(all, MEANT)).toEqual([]);
  });
});

/** A daemon, with what it is told, asked and made to fail at; all that comes of it goes to `written`. Answers its token. */
async function everything(format: "json" | "pretty", written: Written): Promise<Canary> {
  const home = new HooksHome();
  const collector = await openReceiver({ reply: () => 200 });
  const env = {
    HOOKS_MASTER_KEY: CANARIES.masterKey.text,
    HOOKS_DEBUG: "1",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `x-key=${CANARIES.collectorKey.text}`,
  };
  const program = home.start(["serve", "--port", "0", "--log-format", format, "--log-level", "debug"], { env });
  const [url] = await program.sees(/http:\/\/[\w.[\]:]+:\d+/);
  const server = new AskedServer(url, await home.token(), written);
  const prepared = await prepare(server, home);
  await askEverything(server, prepared);
  await runEverything(prepared, { url, home, env }, written);
  await program.kill("SIGTERM");
  await server.addStreams();
  expect(collector.requests.length).toBeGreaterThan(0);
  for (const { text, rawHeaders } of collector.requests) {
    written.add("spans to the collector", text);
    written.add("headers to the collector", JSON.stringify(rawHeaders));
  }
  written.add(`log (${format})`, program.output.stderr + program.output.stdout);
  for (const name of readdirSync(home.folder, { recursive: true, encoding: "utf8" }) as string[]) {
    const file = path.join(home.folder, name);
    if (statSync(file).isFile() && !name.startsWith("cache")) written.add(`file ${name}`, readFileSync(file));
  }
  return { name: "local token", text: server.key };
}

async function allOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk);
  } catch {
    // The server is gone, and with it the rest of it.
  }
  return Buffer.concat(chunks).toString();
}

/** Asks, and keeps what was answered. */
class AskedServer {
  readonly url: string;
  readonly key: string;
  readonly #written: Written;
  /** Of answers that go on until the server ends. */
  readonly #streams: Promise<string>[] = [];

  constructor(url: string, key: string, written: Written) {
    this.url = url;
    this.key = key;
    this.#written = written;
  }

  /** To be called when the server has ended. */
  async addStreams(): Promise<void> {
    for (const text of await Promise.all(this.#streams)) this.#written.add("GET /v1/tail (as it went)", text);
  }

  async ask(
    method: string,
    target: string,
    options: { body?: string | object; headers?: Record<string, string>; note?: string } = {},
  ): Promise<{ status: number; json: Record<string, unknown> }> {
    const { body, headers = {}, note = "" } = options;
    const response = await fetch(this.url + target, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    if (response.headers.get("content-type")?.startsWith("text/event-stream") === true) {
      this.#streams.push(allOf(response.body!));
      return { status: response.status, json: {} };
    }
    const text = await response.text();
    this.#written.add(
      `${method} ${target.split("?")[0]} (${note || response.status})`,
      `${JSON.stringify([...response.headers])}\n${text}`,
    );
    return { status: response.status, json: (text.startsWith("{") ? JSON.parse(text) : {}) as Record<string, unknown> };
  }
}

async function prepare(server: AskedServer, home: Home): Promise<Prepared> {
  const receiver = await openReceiver({
    reply: ({ path: asked }) => ({
      status: asked.startsWith("/bad") ? 500 : 200,
      headers: { "x-answer": CANARIES.answer.text, "set-cookie": CANARIES.answer.text },
      body: CANARIES.answer.text,
    }),
  });
  const garbage = await startTcpReceiver((socket) => socket.end(`${CANARIES.answer.text}\r\n\r\n`));
  const make = async (url: string): Promise<string> => {
    const { json } = await server.ask("POST", "/v1/subscriptions", {
      body: {
        url: `${url}?token=${CANARIES.query.text}&x=1`,
        events: ["order.*"],
        secret: CANARIES.signing.text,
        headers: { authorization: `Bearer ${CANARIES.header.text}`, "x-own": CANARIES.header.text },
        retry: { strategy: "list", delays: [], jitter: 0 },
        breaker: false,
      },
      note: "created",
    });
    return String(json["id"]);
  };
  const good = await make(`${receiver.url}/good`);
  await make(`${receiver.url}/bad`);
  await make("http://127.0.0.1:1/refused");
  await make("http://localhost:1/");
  await make(garbage.url);
  const { json } = await server.ask("POST", "/v1/events", {
    body: {
      type: "order.paid",
      id: `evt_${Date.now()}`,
      data: { card: CANARIES.payload.text },
      metadata: { by: CANARIES.metadata.text },
    },
  });
  const event = String(json["id"]);
  type Deliveries = { id: string; status: string; subscription: string }[];
  let deliveries: Deliveries = [];
  await expect
    .poll(
      async () => {
        deliveries = (await server.ask("GET", `/v1/events/${event}`)).json["deliveries"] as Deliveries;
        return deliveries.filter(({ status }) => status === "failed").length;
      },
      { timeout: 45_000 },
    )
    .toBe(4);
  await garbage.close();
  await server.ask("POST", `/v1/subscriptions/${good}/rotate-secret`, {
    body: { grace: "1h", secret: CANARIES.rotated.text },
    note: "rotated",
  });
  await prepareSource(server);
  return {
    folder: home.folder,
    subscription: good,
    event,
    delivery: deliveries.find(({ status }) => status === "succeeded")!.id,
    failed: deliveries.find(({ status }) => status === "failed")!.id,
    receiver: `${receiver.url}/good?token=${CANARIES.query.text}`,
    secret: "env:HOOK_SECRET",
  };
}

/** Senders that write the secret itself into a header, rightly, wrongly, and into places where it does not belong. */
async function prepareSource(server: AskedServer): Promise<void> {
  const { agreed, oldSource, source } = CANARIES;
  const fields = { name: "gitlab", scheme: "gitlab", verify_token: agreed.text, handshake: "meta" };
  await server.ask("POST", "/v1/sources", { body: { ...fields, secret: oldSource.text } });
  await server.ask("POST", "/v1/sources/gitlab/rotate-secret", { body: { secret: source.text, grace: "1h" } });
  for (const token of [source.text, oldSource.text, `${source.text} `, "wrong"]) {
    const headers = { authorization: "", "x-gitlab-token": token, "x-gitlab-event": "Push Hook" };
    await server.ask("POST", `/in/gitlab?token=${token.trim()}`, { headers, body: "{}" });
    await server.ask("POST", "/in/gitlab", {
      headers: { ...headers, "x-gitlab-token": "none", "x-a": token },
      body: "{}",
    });
  }
  await server.ask("GET", `/in/gitlab?hub.mode=subscribe&hub.challenge=1&hub.verify_token=${agreed.text}`);
  await expect
    .poll(async () => (await server.ask("GET", "/v1/sources/gitlab/requests")).json["data"], { timeout: 45_000 })
    .toHaveLength(9);
  const { json } = await server.ask("GET", "/v1/sources/gitlab/requests");
  for (const { id } of json["data"] as { id: string }[]) await server.ask("GET", `/v1/sources/gitlab/requests/${id}`);
}

/** Every route as it is meant, and every route with each mistake that somebody with a secret in hand can make. */
async function askEverything(server: AskedServer, prepared: Prepared): Promise<void> {
  const { json } = await server.ask("GET", "/openapi.json");
  const paths = Object.entries(json["paths"] as Record<string, Record<string, unknown>>);
  expect(paths.length).toBeGreaterThan(15);
  const { badJson, badSecret, header, keyInUrl, query, user, wrongKey } = CANARIES;
  for (const [pattern, methods] of paths) {
    for (const method of Object.keys(methods).map((name) => name.toUpperCase())) {
      const ids = [prepared.subscription, prepared.event, prepared.delivery, prepared.failed, "nothing"];
      for (const id of pattern.includes("{") ? ids : [""]) {
        const target = pattern.replace(/\{\w+\}/, id);
        const withBody = method === "GET" || method === "DELETE" ? {} : { body: {} };
        // What deletes or changes keys comes last, or never: the others need them.
        if (method !== "DELETE" || id === "nothing") await server.ask(method, target, withBody);
        await server.ask(method, target, { headers: { authorization: `Bearer ${wrongKey.text}` } });
        await server.ask(method, target, { headers: { authorization: `Basic ${btoa(`a:${wrongKey.text}`)}` } });
        await server.ask(method, `${target}?api_key=${keyInUrl.text}`, { headers: { authorization: "" } });
        await server.ask(method, `${target}?token=${keyInUrl.text}&cursor=${keyInUrl.text}`);
        await server.ask(method, `${target}?%zz${keyInUrl.text}`);
        await server.ask(method, target, { headers: { "hooks-environment": "other", "x-api-key": wrongKey.text } });
      }
    }
  }
  const create = { url: "http://127.0.0.1:1/", events: ["a"] };
  for (const body of [
    `{"type":"order.paid","data":{"card":"${badJson.text}"`,
    `{"type":"order.paid","data":${badJson.text}}`,
    `{"type":"order.paid","data":1}${badJson.text}`,
    { type: "order.paid", data: { card: badJson.text }, unknown: badJson.text },
    { type: badJson.text.repeat(10), data: 1 },
    { type: "order.paid", data: 1, metadata: badJson.text },
    { type: "order.paid", data: 1, timestamp: badJson.text },
    { type: "order.paid", data: 1, id: `not an id ${badJson.text}` },
    { type: "order.paid", data: { card: badJson.text }, id: prepared.event },
  ]) {
    await server.ask("POST", "/v1/events", { body });
    await server.ask("POST", "/v1/events/batch", { body: typeof body === "string" ? body : { events: [body] } });
    await server.ask("POST", "/v1/events/batch?atomic=true", { body: { events: [body] } });
  }
  for (const body of [
    { ...create, secret: badSecret.text },
    { ...create, secret: `whsec_${badSecret.text}!` },
    { ...create, secret: [badSecret.text] },
    { ...create, url: `http://user:${user.text}@127.0.0.1/` },
    { ...create, url: `ftp://127.0.0.1/?token=${query.text}` },
    { ...create, url: `http://127.0.0.1:99999/?token=${query.text}` },
    { ...create, headers: { "x-a": `${header.text}\r\nx-b: 1` } },
    { ...create, headers: { "x-a": [header.text] } },
    { ...create, headers: { host: header.text } },
    { ...create, headers: { "x-a": `${header.text}\u0100` } },
    { ...create, headers: `authorization: ${header.text}` },
    { ...create, header: { authorization: header.text } },
    `{"url":"http://127.0.0.1","events":["a"],"secret":${badSecret.text}}`,
  ]) {
    await server.ask("POST", "/v1/subscriptions", { body });
    await server.ask("PATCH", `/v1/subscriptions/${prepared.subscription}`, { body });
    await server.ask("PUT", `/v1/subscriptions/${prepared.subscription}`, { body });
    await server.ask("POST", `/v1/subscriptions/${prepared.subscription}/rotate-secret`, { body });
  }
}

interface Surroundings {
  url: string;
  home: Home;
  env: Record<string, string>;
}

/** Every command on the store and against the daemon, and command lines with a mistake beside a secret. */
async function runEverything(prepared: Prepared, { url, home, env }: Surroundings, written: Written): Promise<void> {
  const { badJson, badSecret, header, key, query, rotated, user, wrongKey } = CANARIES;
  const run = async (line: readonly string[], more: Record<string, string> = {}, isTty = false): Promise<void> => {
    const ran = await runInProcess(line, {
      env: { HOOKS_HOME: home.folder, HOOK_SECRET: rotated.text, ...env, ...more },
      cwd: home.folder,
      isTty,
      stdin: isTty ? undefined : "{}",
    });
    // Flags hold secrets here, and are no place where one is written.
    written.add(`hooks ${line.slice(0, 2).join(" ")} (${ran.code})`, `${ran.stdout}\n${ran.stderr}`);
  };
  const remote = ["--server", url, "--api-key-file", path.join(home.folder, "token")];
  for (const flags of [["--verbose"], ["--json"], ["--quiet"], remote]) {
    for (const line of allLines(prepared)) await run([...line, ...flags], {}, flags[0] === "--verbose");
  }
  const dead = ["--server", "http://127.0.0.1:1"];
  const create = ["sub", "create", "--event", "a"];
  const toReceiver = ["--url", "http://127.0.0.1:1/"];
  writeFileSync(path.join(home.folder, "secret.txt"), `${badSecret.text}\n`, { mode: 0o600 });
  for (const line of [
    ["sub", "list", ...dead, "--api-key", key.text],
    ["sub", "list", "--server", url, "--api-key", wrongKey.text],
    ["sub", "list", "--server", url, "--api-kye", wrongKey.text],
    ["sub", "list", "--server", url, `--api-kye=${wrongKey.text}`],
    ["sub", "list", "--server", `http://user:${user.text}@127.0.0.1/`],
    ["sub", "list", "--server", `http://user:${user.text}@127.0.0.1:99999/`],
    ["sub", "list", "--server", `user:${user.text}@127.0.0.1`],
    ["sub", "list", "--server", `http://127.0.0.1/?token=${query.text}`],
    ["config", ...dead, "--api-key", key.text],
    ["doctor", ...dead, "--api-key", key.text],
    ["doctor", "--server", url, "--api-key", wrongKey.text],
    [...create, ...toReceiver, "--secret", badSecret.text],
    [...create, ...toReceiver, "--secret", `whsec_${badSecret.text}!`],
    [...create, ...toReceiver, "--secret", "@secret.txt"],
    [...create, ...toReceiver, "--secrte", badSecret.text],
    [...create, ...toReceiver, `--secrte=${badSecret.text}`],
    [...create, ...toReceiver, "--header", `authorization ${header.text}`],
    [...create, ...toReceiver, "--header", `ho st: ${header.text}`],
    [...create, ...toReceiver, "--header", `host: ${header.text}`],
    [...create, ...toReceiver, "--header", `x-a: ${header.text}\u0100`],
    [...create, "--url", `http://user:${user.text}@127.0.0.1/`],
    [...create, "--url", `http://user:${user.text}@127.0.0.1:99999/`],
    [...create, "--url", `ftp://127.0.0.1/?token=${query.text}`],
    ["publish", "a", "--data", `{"card":${badJson.text}}`],
    ["publish", "a", "--data", `{"card":"${badJson.text}"`],
    ["publish", "a", "--data", "{}", "--metadata", `["${badJson.text}"]`],
    ["publish", "a", "--data", `{"card":"${badJson.text}"}`, ...dead, "--api-key", key.text],
    ["trigger", "a", "--data", `{"card":"${badJson.text}"}`, "--set", `=${badJson.text}`],
    ["trigger", "a", "--set", `a[x]=${badJson.text}`],
    ["trigger", "a", "--to", `http://127.0.0.1:1/?token=${query.text}`, "--secret", badSecret.text],
    ["trigger", "a", "--to", `ftp://user:${user.text}@127.0.0.1/`, "--secret", rotated.text],
    ["verify", "--secret", badSecret.text, "--header", "webhook-id: 1"],
    ["verify", "--secret", `whsec_${badSecret.text}`, "--header", "webhook-id: 1", "--explain"],
    ["verify", "--secret", rotated.text, "--header", "webhook-id: 1", "--explain", "--json"],
    ["sign", "--secret", `whsec_${badSecret.text}`],
    ["sign", "--secret", "@secret.txt"],
    ["listen", "--forward", `http://user:${user.text}@127.0.0.1:1/`],
    ["listen", "--forward", `user:${user.text}@127.0.0.1:99999`],
    ["listen", "--forward", "1", "--header", `authorization ${header.text}`],
    ["listen", "--forward", "1", "--server", url, "--api-key", wrongKey.text],
    ["serve", "--port", "0"],
  ]) {
    for (const form of [[], ["--json"]]) await run([...line, ...form]);
    await run(line, {}, true);
  }
  await run(["sub", "list"], { HOOKS_SERVER: "http://127.0.0.1:1", HOOKS_API_KEY: key.text });
  await run(["sub", "list"], { HOOKS_SERVER: `http://u:${user.text}@h`, HOOKS_API_KEY: `${key.text} x` });
  await run(["sub", "list"], { HOOKS_MASTER_KEY: badSecret.text });
  await run(["sub", "secret", prepared.subscription], {
    HOOKS_MASTER_KEY: Buffer.alloc(32, badSecret.text).toString("base64"),
  });
  // A file of settings with a key in it, and a slip beside it.
  for (const text of [
    `{"api_key": "${key.text}", "tenant": x}`,
    `{"api_key": "${key.text}" "tenant": "x"}`,
    `{"api_key": "${key.text}"`,
    `{"api_key": ["${key.text}"]}`,
    `{"api_key": "${key.text} "}`,
    `{"api_kye": "${key.text}"}`,
  ]) {
    for (const name of ["config.json", "hooks.config.json"]) {
      const file = path.join(home.folder, name);
      writeFileSync(file, text);
      for (const line of [["config"], ["status"], ["doctor"], ["sub", "list"]]) await run(line);
      writeFileSync(file, "{}");
    }
  }
}
