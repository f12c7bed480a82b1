import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type RemoteTarget, resolveSettings, type SettingSources, type Settings } from "../../src/config.ts";
import { HooksError } from "../../src/core/errors.ts";

const PROD = { server: "https://prod.example/", api_key: "hk_prod", tenant: "acme", environment: "production" };
const STAGING = { server: "https://staging.example/hooks/", api_key: "hk_staging" };
const EVIL = "https://evil.example";

interface Given {
  flags?: SettingSources["flags"];
  env?: Record<string, string>;
  /** hooks.config.json above the working directory. */
  project?: object;
  /** The user's config.json. */
  user?: object;
  current?: string | null;
  contexts?: Record<string, object>;
  /** Instead of the two above. */
  text?: string;
}

function resolve(given: Given): Settings {
  const root = mkdtempSync(path.join(tmpdir(), "hooks-contexts-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [home, cwd] = [path.join(root, "home"), path.join(root, "project/deep")];
  mkdirSync(home, { recursive: true });
  mkdirSync(cwd, { recursive: true });
  const write = (file: string, content: unknown, mode = 0o600): void =>
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content), { mode });
  const { current = null, contexts = { prod: PROD, staging: STAGING } } = given;
  write(path.join(home, "contexts.json"), given.text ?? { current, contexts });
  if (given.user !== undefined) write(path.join(home, "config.json"), given.user);
  if (given.project !== undefined) write(path.join(root, "project/hooks.config.json"), given.project, 0o644);
  return resolveSettings({ flags: given.flags ?? {}, env: { HOOKS_HOME: home, ...given.env }, cwd });
}

function refusal(given: Given): HooksError {
  try {
    resolve(given);
  } catch (error) {
    if (error instanceof HooksError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

/** Where it works and with which key; "" for the local store. */
function place(given: Given): { server: string; key: string | undefined; as: string; withheld: string | undefined } {
  const { target, tenant = "-", environment = "-" } = resolve(given);
  const as = `${tenant}/${environment}`;
  if (target.kind === "local") return { server: "", key: undefined, as, withheld: undefined };
  return { server: target.server.href, key: target.apiKey, as, withheld: target.withheld?.origin };
}

const IN_PROD = { server: PROD.server, key: "hk_prod", as: "acme/production", withheld: undefined };
const IN_STAGING = { server: STAGING.server, key: "hk_staging", as: "-/-", withheld: undefined };
const LOCAL = { server: "", key: undefined, as: "-/-", withheld: undefined };

describe("which context is in force", () => {
  it.each<[string, Given, object]>([
    ["none: the local store", {}, LOCAL],
    ["the current one", { current: "prod" }, IN_PROD],
    ["HOOKS_CONTEXT before the current one", { current: "prod", env: { HOOKS_CONTEXT: "staging" } }, IN_STAGING],
    [
      "--context before both",
      { flags: { context: "prod" }, current: "staging", env: { HOOKS_CONTEXT: "staging" } },
      IN_PROD,
    ],
    [
      "--context before a server in the environment",
      { flags: { context: "prod" }, env: { HOOKS_SERVER: EVIL } },
      IN_PROD,
    ],
    [
      "HOOKS_CONTEXT before a server in the project",
      { env: { HOOKS_CONTEXT: "prod" }, project: { server: EVIL } },
      IN_PROD,
    ],
    ["a store in the project before the current one", { current: "prod", project: { store: "a.db" } }, LOCAL],
    ["--store before the current one", { current: "prod", flags: { store: "a.db" } }, LOCAL],
    ["local", { flags: { context: "local" }, current: "prod" }, LOCAL],
    [
      "local, against servers of every weaker source",
      { flags: { context: "local" }, env: { HOOKS_SERVER: EVIL }, project: { server: EVIL }, user: { server: EVIL } },
      LOCAL,
    ],
    [
      "the current one before the user's own file",
      { current: "prod", user: { server: "https://user.example" } },
      IN_PROD,
    ],
  ])("%s", (_, given, expected) => {
    expect(place(given)).toEqual(expected);
  });

  it("gives way, tenant by tenant, to what is stronger, and not to what is weaker", () => {
    const current = "prod";
    expect(place({ current, flags: { tenant: "b" } }).as).toBe("b/production");
    expect(place({ current, env: { HOOKS_ENV: "staging" } }).as).toBe("acme/staging");
    expect(place({ current, project: { environment: "staging" } }).as).toBe("acme/staging");
    expect(place({ flags: { context: "prod" }, project: { environment: "staging" } }).as).toBe("acme/production");
    expect(place({ current, user: { tenant: "mine", environment: "mine" } }).as).toBe("acme/production");
  });

  it("is not half in force: where another place is worked on, its tenant and environment are not", () => {
    expect(place({ current: "prod", flags: { store: "x.db" } }).as).toBe("-/-");
    expect(place({ current: "prod", flags: { server: "https://other.example" } })).toEqual({
      server: "https://other.example/",
      key: undefined,
      as: "-/-",
      withheld: undefined,
    });
  });

  it("is shown with where it comes from", () => {
    const row = (given: Given, key: string) => resolve(given).values.find((value) => value.key === key);
    expect(row({ current: "prod" }, "server")).toMatchObject({ value: PROD.server, origin: "context prod" });
    expect(row({ current: "prod" }, "api_key")).toMatchObject({ value: "***", origin: "context prod" });
    expect(row({ current: "prod" }, "context")).toMatchObject({
      value: "prod",
      origin: expect.stringMatching(/contexts\.json$/),
    });
    expect(row({ flags: { context: "local" } }, "context")).toMatchObject({ value: "local", origin: "--context" });
    expect(row({ current: "prod", flags: { store: "x.db" } }, "context")).toMatchObject({
      value: undefined,
      origin: "--store",
      overridden: [expect.stringMatching(/contexts\.json$/)],
    });
    expect(row({ flags: { server: PROD.server } }, "context")).toMatchObject({ value: "prod", origin: "--server" });
    expect(JSON.stringify(resolve({ current: "prod" }).values)).not.toContain("hk_");
  });

  it("must exist, and be named once", () => {
    expect(refusal({ flags: { context: "prdo" } }).message).toMatch(
      /^--context: there is no context "prdo"\n {2}did you mean "prod"\?$/,
    );
    expect(refusal({ env: { HOOKS_CONTEXT: "x" } })).toMatchObject({ code: "usage", field: "HOOKS_CONTEXT" });
    expect(refusal({ flags: { context: "a b" } }).message).toMatch(/^--context must be 1 to 64 characters/);
    expect(refusal({ flags: { context: "prod", server: "https://x.example" } }).message).toMatch(
      /--context and --server/,
    );
    expect(refusal({ flags: { context: "prod", store: "x" } }).message).toMatch(/--context and --store/);
    expect(refusal({ env: { HOOKS_CONTEXT: "prod", HOOKS_SERVER: EVIL } }).message).toMatch(
      /HOOKS_CONTEXT and HOOKS_SERVER/,
    );
    expect(refusal({ project: { context: "prod" } }).message).toMatch(/chosen by a person/);
    expect(refusal({ user: { context: "prod" } }).message).toMatch(/chosen by a person/);
  });
});

describe("a key goes to the server that it is for", () => {
  it.each<[string, Given]>([
    ["the key of the environment", { env: { HOOKS_API_KEY: "hk_mine" } }],
    ["the key of a file that the environment names", { env: { HOOKS_API_KEY_FILE: "/dev/null" } }],
    ["the key of the command line", { flags: { api_key: "hk_mine" } }],
    ["the key of the current context", { current: "prod" }],
    ["the key of the user's own file", { user: { api_key: "hk_mine" } }],
    [
      "all of them",
      { current: "prod", flags: { api_key: "hk_a" }, env: { HOOKS_API_KEY: "hk_b" }, user: { api_key: "hk_c" } },
    ],
  ])("%s does not go to a server that only the project's file names", (_, given) => {
    expect(place({ ...given, project: { server: EVIL } })).toMatchObject({
      server: `${EVIL}/`,
      key: undefined,
      as: "-/-",
    });
  });

  it("which is told, with where the key is", () => {
    const withheld = (given: Given) => (resolve(given).target as RemoteTarget).withheld;
    expect(withheld({ env: { HOOKS_API_KEY: "hk_mine" }, project: { server: EVIL } })).toEqual({
      origin: "HOOKS_API_KEY",
      namedBy: expect.stringMatching(/hooks\.config\.json$/),
    });
    expect(withheld({ project: { server: EVIL } })).toBeUndefined();
    const { values } = resolve({ env: { HOOKS_API_KEY: "hk_mine" }, project: { server: EVIL } });
    expect(values.find(({ key }) => key === "api_key")).toMatchObject({
      value: undefined,
      overridden: ["HOOKS_API_KEY"],
    });
  });

  it.each<[string, Given, string]>([
    [
      "the environment's, to the environment's server",
      { env: { HOOKS_API_KEY: "hk_e", HOOKS_SERVER: "https://e.example" } },
      "hk_e",
    ],
    [
      "the environment's, to a server on the command line",
      { env: { HOOKS_API_KEY: "hk_e" }, flags: { server: "https://e.example" } },
      "hk_e",
    ],
    [
      "the environment's, to the current context's server: it is stronger",
      { env: { HOOKS_API_KEY: "hk_e" }, current: "prod" },
      "hk_e",
    ],
    [
      "the command line's before the environment's",
      { flags: { api_key: "hk_f", server: EVIL }, env: { HOOKS_API_KEY: "hk_e" } },
      "hk_f",
    ],
    [
      "the environment's, where the user's file names the server",
      { env: { HOOKS_API_KEY: "hk_e" }, user: { server: EVIL } },
      "hk_e",
    ],
    [
      "the project's server named again by the user",
      { env: { HOOKS_API_KEY: "hk_e", HOOKS_SERVER: EVIL }, project: { server: EVIL } },
      "hk_e",
    ],
  ])("%s", (_, given, key) => {
    expect(place(given)).toMatchObject({ key, withheld: undefined });
  });

  it.each(["https://staging.example/hooks", "https://STAGING.example/hooks/", "https://staging.example:443/hooks"])(
    "a context's key goes to its server, whoever names it: %s",
    (server) => {
      for (const given of [
        { flags: { server } },
        { env: { HOOKS_SERVER: server } },
        { project: { server } },
        { user: { server } },
      ]) {
        expect(place(given)).toMatchObject({ key: "hk_staging", withheld: undefined });
      }
      // A key of the environment is not for it, and does not stand in the way of the one that is.
      expect(place({ project: { server }, env: { HOOKS_API_KEY: "hk_e" } })).toMatchObject({ key: "hk_staging" });
      // One that is typed is meant: then none goes.
      expect(place({ project: { server }, flags: { api_key: "hk_f" } })).toMatchObject({
        key: undefined,
        withheld: "--api-key",
      });
    },
  );

  it.each([
    "http://staging.example/hooks",
    "https://staging.example",
    "https://staging.example/hooks/v2",
    "https://staging.example:8443/hooks",
    "https://staging.example.evil.example/hooks",
  ])("and to no other: %s", (server) => {
    for (const given of [{ flags: { server } }, { project: { server } }, { project: { server }, current: "staging" }]) {
      expect(place(given).key).toBeUndefined();
    }
  });

  it("of two contexts of one server neither is guessed; the chosen one is taken", () => {
    const contexts = { a: { ...PROD, api_key: "hk_a" }, b: { ...PROD, api_key: "hk_b" } };
    expect(place({ contexts, flags: { server: PROD.server } }).key).toBeUndefined();
    expect(place({ contexts, current: "b", flags: { server: PROD.server } }).key).toBe("hk_b");
  });

  it("a key and the file that holds one: the stronger source decides", () => {
    const refused = refusal({ flags: { server: EVIL, api_key_file: "/no/such/key" }, env: { HOOKS_API_KEY: "hk_e" } });
    expect(refused.message).toMatch(/^--api-key-file: cannot read/);
    expect(place({ flags: { server: EVIL, api_key: "hk_f" }, env: { HOOKS_API_KEY_FILE: "/no/such/key" } }).key).toBe(
      "hk_f",
    );
    expect(refusal({ flags: { api_key: "hk", api_key_file: "f" } }).message).toMatch(/--api-key and --api-key-file/);
  });

  it("one in the keychain is named, not read", () => {
    const contexts = { mac: { server: PROD.server, keychain: true } };
    const { target, values } = resolve({ contexts, current: "mac" });
    expect(target).toMatchObject({ apiKey: undefined, keychain: `mac ${PROD.server}` });
    expect(values.find(({ key }) => key === "api_key")).toMatchObject({
      value: "***",
      origin: "context mac (keychain)",
    });
  });
});

describe("contexts.json", () => {
  it.each([
    ["no JSON", '{"current": hk_leak}', /contexts\.json is not JSON$/],
    ["a list", "[]", /must be an object/],
    ["an unknown key", '{"curent":"a"}', /unknown key "curent"\n {2}did you mean "current"/],
    ["a current one that is none", '{"current":"a","contexts":{}}', /current names no context: "a"/],
    ["no server", '{"contexts":{"a":{}}}', /contexts\.a\.server is missing/],
    ["a server that is none", '{"contexts":{"a":{"server":"ftp://x"}}}', /contexts\.a\.server must be a URL/],
    ["a server with a password", '{"contexts":{"a":{"server":"https://u:pw@x"}}}', /must not hold a name or password/],
    [
      "a key that can be none",
      '{"contexts":{"a":{"server":"https://x","api_key":"hk leak"}}}',
      /api_key must be 1 to 512/,
    ],
    ["a tenant that can be none", '{"contexts":{"a":{"server":"https://x","tenant":"A B"}}}', /tenant must be 1 to 32/],
    ["a number", '{"contexts":{"a":{"server":"https://x","api_key":7}}}', /api_key must be a string/],
    [
      "a name that can be none",
      '{"contexts":{"__proto__":{"server":"https://x"}}}',
      /contexts\.__proto__ must be 1 to 64/,
    ],
    ["the name of the local store", '{"contexts":{"local":{"server":"https://x"}}}', /contexts\.local/],
    ["an unknown key of one", '{"contexts":{"a":{"server":"https://x","key":"hk_leak"}}}', /unknown key "key"/],
  ])("%s is refused, naming the place and no key", (_, text, message) => {
    const error = refusal({ text });
    expect(error.code).toBe("usage");
    expect(error.message).toMatch(message);
    expect(error.message + error.hint).not.toContain("leak");
    expect(error.message).not.toContain("pw@");
  });
});
