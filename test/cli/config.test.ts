import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { resolveSettings, type SettingSources, type Settings } from "../../src/config.ts";
import { HooksError } from "../../src/core/errors.ts";
import { SETTING_RULES } from "../../src/core/setting-rules.ts";

interface Given {
  flags?: SettingSources["flags"];
  env?: Record<string, string>;
  /** Text of hooks.config.json, in the folder above the working directory. */
  project?: string;
  /** Text of the user's config.json. */
  user?: string;
  /** Text of a file that --config names, in the working directory: `named.json`. */
  named?: string;
}

function folderFor({ project, user, named }: Given): { home: string; cwd: string } {
  const root = mkdtempSync(path.join(tmpdir(), "hooks-config-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [home, cwd] = [path.join(root, "home"), path.join(root, "project/deep/er")];
  mkdirSync(home, { recursive: true });
  mkdirSync(cwd, { recursive: true });
  if (project !== undefined) writeFileSync(path.join(root, "project/hooks.config.json"), project);
  if (user !== undefined) writeFileSync(path.join(home, "config.json"), user, { mode: 0o600 });
  if (named !== undefined) writeFileSync(path.join(cwd, "named.json"), named, { mode: 0o600 });
  return { home, cwd };
}

function resolve(given: Given): Settings & { home: string; cwd: string } {
  const { home, cwd } = folderFor(given);
  const settings = resolveSettings({
    flags: given.flags ?? {},
    env: { HOOKS_HOME: home, ...given.env },
    cwd,
    configFile: given.named === undefined ? undefined : "./named.json",
  });
  return { ...settings, home, cwd };
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

describe("precedence", () => {
  const all = {
    flags: { tenant: "flag" },
    env: { HOOKS_TENANT: "env" },
    named: '{"tenant":"named"}',
    project: '{"tenant":"project"}',
    user: '{"tenant":"user"}',
  };

  it.each([
    ["flag", all],
    ["env", { ...all, flags: {} }],
    ["named", { ...all, flags: {}, env: {} }],
    ["project", { project: all.project, user: all.user }],
    ["user", { user: all.user }],
    [undefined, {}],
  ])("the strongest source is %s", (tenant, given) => {
    expect(resolve(given).tenant).toBe(tenant);
  });

  it("is shown with each value: origin, and what it overrides", () => {
    const { values, home, cwd } = resolve(all);
    const projectFile = path.join(cwd, "../../hooks.config.json");
    expect(values.find(({ key }) => key === "tenant")).toEqual({
      key: "tenant",
      value: "flag",
      origin: "--tenant",
      overridden: ["HOOKS_TENANT", path.join(cwd, "named.json"), projectFile, path.join(home, "config.json")],
    });
    expect(values.find(({ key }) => key === "port")).toEqual({
      key: "port",
      value: "4680",
      origin: "default",
      overridden: [],
    });
  });

  it.each(["STORE", "SERVER", "CONTEXT", "API_KEY", "API_KEY_FILE", "TENANT", "ENV"])(
    "an empty HOOKS_%s is an unset one",
    (name) => {
      const given = resolve({ env: { [`HOOKS_${name}`]: "" }, user: '{"tenant":"user"}' });
      expect(given.tenant).toBe("user");
      expect(given.values.map(({ origin }) => origin)).not.toContain(`HOOKS_${name}`);
    },
  );

  const OTHERS = Object.values(SETTING_RULES).map(({ variable }) => variable);
  it.each(OTHERS.filter((name) => !/_(STORE|SERVER|CONTEXT|API_KEY|API_KEY_FILE|TENANT|ENV)$/.test(name)))(
    "an empty %s is refused",
    (name) => {
      expect(refusal({ env: { [name]: "" } })).toMatchObject({
        code: "usage",
        field: name,
        message: `${name} must not be empty`,
        hint: `give it a value, or: unset ${name}`,
      });
    },
  );
});

describe("where it works", () => {
  it("is hooks.db in the data directory when nobody says otherwise", () => {
    const { target, dataDirectory, home } = resolve({});
    expect(dataDirectory).toBe(home);
    expect(target).toEqual({ kind: "local", storePath: path.join(home, "hooks.db") });
  });

  it("is a path relative to who names it: the working directory, or the file", () => {
    const byFlag = resolve({ flags: { store: "a.db" } });
    expect(byFlag.target).toEqual({ kind: "local", storePath: path.join(byFlag.cwd, "a.db") });
    const byFile = resolve({ project: '{"store":"b.db"}' });
    expect(byFile.target).toEqual({ kind: "local", storePath: path.join(byFile.cwd, "../../b.db") });
  });

  it("is decided by the stronger of store and server", () => {
    expect(resolve({ flags: { server: "http://h:1" }, env: { HOOKS_STORE: "x.db" } }).target.kind).toBe("remote");
    expect(resolve({ env: { HOOKS_STORE: "x.db" }, project: '{"server":"http://h:1"}' }).target.kind).toBe("local");
  });

  it("cannot be both at once", () => {
    expect(refusal({ flags: { store: "a", server: "http://h" } }).message).toMatch(/--store and --server/);
    expect(refusal({ env: { HOOKS_STORE: "a", HOOKS_SERVER: "http://h" } }).message).toMatch(
      /HOOKS_STORE and HOOKS_SERVER/,
    );
    expect(refusal({ project: '{"store":"a","server":"http://h"}' }).message).toMatch(
      /hooks\.config\.json: store and .*: server cannot/,
    );
  });

  it("uses XDG directories without HOOKS_HOME, absolute ones only", () => {
    const { cwd } = folderFor({});
    const at = (env: Record<string, string>): string => resolveSettings({ flags: {}, env, cwd }).dataDirectory;
    expect(at({ HOME: "/h", XDG_DATA_HOME: "/data" })).toBe("/data/hooks");
    expect(at({ HOME: "/h", XDG_DATA_HOME: "relative" })).toBe("/h/.local/share/hooks");
    expect(at({ HOME: "/h" })).toBe("/h/.local/share/hooks");
    expect(at({ HOME: "/h", HOOKS_HOME: "here" })).toBe(path.join(cwd, "here"));
  });
});

describe("the API key", () => {
  const server = { server: "https://hooks.example" };

  it("comes from flag, variable, file or the user's config, and is never shown", () => {
    const { home } = folderFor({});
    const file = path.join(home, "key");
    writeFileSync(file, "hk_file\n");
    const key = (given: Given): unknown => {
      const { target, values } = resolve(given);
      expect(JSON.stringify(values)).not.toContain("hk_");
      return target.kind === "remote" ? target.apiKey : undefined;
    };
    expect(key({ flags: { ...server, api_key: "hk_flag" } })).toBe("hk_flag");
    expect(key({ flags: server, env: { HOOKS_API_KEY: "hk_env" } })).toBe("hk_env");
    expect(key({ flags: { ...server, api_key_file: file } })).toBe("hk_file");
    expect(key({ flags: server, user: '{"api_key":"hk_user"}' })).toBe("hk_user");
  });

  it("does not belong into a project's file", () => {
    const error = refusal({ project: '{"api_key":"hk_1"}' });
    expect(error.message).toMatch(/api_key does not belong/);
    expect(error.message).not.toContain("hk_1");
  });

  it("that cannot be one is refused without being repeated", () => {
    const error = refusal({ flags: { ...server, api_key: "hk\r\nx: y" } });
    expect(error.message).toMatch(/--api-key must be/);
    expect(error.message).not.toContain("x: y");
  });
});

describe("a project's file, which works for whoever clones it", () => {
  const USERS: Record<string, string | string[]> = {
    host: "0.0.0.0",
    public_url: "https://attacker.example",
    allow_host: "attacker.example",
    trust_proxy: "1",
    tls_cert: "cert.pem",
    tls_key: "key.pem",
    dns: "203.0.113.1",
    local_address: "203.0.113.1",
    allow_net: ["169.254.169.254"],
    deny_net: ["203.0.113.1"],
    otlp_endpoint: "https://attacker.example",
    retention: ["events=1h"],
  };

  it("decides nothing that opens a door, loosens a guard, sends what is the user's elsewhere or deletes", () => {
    for (const [key, value] of Object.entries(USERS)) {
      const { flag, variable } = SETTING_RULES[key]!;
      const error = refusal({ project: JSON.stringify({ [key]: value }) });
      expect(error).toMatchObject({ code: "usage", field: key });
      expect(error.message).toMatch(new RegExp(`hooks\\.config\\.json: ${key} is not taken from a project's file`));
      expect(error.hint).toContain(`${flag} or ${variable}, your own config.json, or hooks serve --config FILE`);
      if (key.startsWith("tls")) continue;
      const file = JSON.stringify({ [key]: value });
      for (const given of [{ user: file }, { named: file }]) {
        expect(resolve(given).values.find((one) => one.key === key)?.value).toBe([value].flat().join(","));
      }
    }
  });

  it("says where and how its commands work: whatever else it may say is listed here, and was thought about", () => {
    const refused = new Set(["context", "api_key", "api_key_file", ...Object.keys(USERS)]);
    for (const [key, { inProject }] of Object.entries(SETTING_RULES))
      expect([key, inProject]).toEqual([key, !refused.has(key)]);
  });
});

describe("what is refused, naming where it stands", () => {
  it.each<[string, Given, RegExp]>([
    ["PostgreSQL", { flags: { store: "postgres://h/db" } }, /^--store: this build supports SQLite files only$/],
    ["a URL as store", { flags: { store: "file:///x.db" } }, /^--store must be the path of a file/],
    ["memory", { env: { HOOKS_STORE: ":memory:" } }, /^HOOKS_STORE must be the path of a file/],
    ["an empty flag", { flags: { store: "" } }, /^--store must not be empty/],
    ["a server without scheme", { flags: { server: "h:4680" } }, /^--server must be a URL/],
    ["a server with a password", { flags: { server: "http://a:b@h" } }, /^--server must not hold a name or password/],
    ["a tenant", { flags: { tenant: "A b" } }, /^--tenant must be 1 to 32/],
    ["an environment", { env: { HOOKS_ENV: "Prod" } }, /^HOOKS_ENV must be 1 to 32/],
    ["a port", { flags: { port: "65536" } }, /^--port must be a whole number from 0 to 65535, got "65536"/],
    ["a port in a file", { project: '{"port":"x"}' }, /hooks\.config\.json: port must be a whole number/],
    ["a duration", { flags: { drain: "10 seconds" } }, /^--drain must be a duration/],
    ["a choice", { flags: { log_level: "wran" } }, /^--log-level must be one of .*\n {2}did you mean "warn"/],
    ["an overridden value", { flags: { port: "1" }, env: { HOOKS_PORT: "x" } }, /^HOOKS_PORT must be/],
    ["an unknown key", { project: '{"tenent":"x"}' }, /unknown key "tenent"\n {2}did you mean "tenant"/],
    [
      "a user's unknown key",
      { user: '{"servre":"x"}' },
      /config\.json: unknown key "servre"\n {2}did you mean "server"/,
    ],
    ["no JSON", { user: '{"tenant": "a",\n}' }, /config\.json is not valid JSON.*line 2/],
    ["no object", { user: "[]" }, /must hold a JSON object/],
    ["a wrong type", { user: '{"tenant":true}' }, /config\.json: tenant must be a string/],
    [
      "a key file that is not there",
      { flags: { server: "http://h", api_key_file: "/no/such" } },
      /--api-key-file: cannot read \/no\/such/,
    ],
  ])("%s", (_, given, message) => {
    const error = refusal(given);
    expect(error.code).toBe("usage");
    expect(error.message).toMatch(message);
  });
});

describe("misspelt variables", () => {
  it("are warned of with the nearest name; other people's are not", () => {
    const { warnings } = resolve({ env: { HOOKS_STROE: "x", HOOKS_SOMETHING_ELSE: "1", HOOKS_MASTER_KEY: "k" } });
    expect(warnings).toEqual(["HOOKS_STROE means nothing to hooks; did you mean HOOKS_STORE?"]);
  });
});

describe("thresholds of health", () => {
  it("are those of delivery.md until they are set, in a file or the environment", () => {
    expect(resolve({}).health).toEqual({ degraded: 0.95, unhealthy: 0.5, failures: 5 });
    const given = { project: '{"health_degraded":0.9,"health_failures":3}', env: { HOOKS_HEALTH_UNHEALTHY: "0.25" } };
    expect(resolve(given).health).toEqual({ degraded: 0.9, unhealthy: 0.25, failures: 3 });
  });

  it.each([
    [{ env: { HOOKS_HEALTH_DEGRADED: "1.1" } }, "HOOKS_HEALTH_DEGRADED", 'must be a number from 0 to 1, got "1.1"'],
    [{ env: { HOOKS_HEALTH_DEGRADED: "95%" } }, "HOOKS_HEALTH_DEGRADED", 'must be a number from 0 to 1, got "95%"'],
    [{ env: { HOOKS_HEALTH_UNHEALTHY: "-0.5" } }, "HOOKS_HEALTH_UNHEALTHY", "must be a number from 0 to 1"],
    [{ env: { HOOKS_HEALTH_FAILURES: "0" } }, "HOOKS_HEALTH_FAILURES", "must be a whole number from 1 to 1000"],
    [{ env: { HOOKS_HEALTH_UNHEALTHY: "0.99" } }, "HOOKS_HEALTH_UNHEALTHY", "must not be above health_degraded"],
    [{ env: { HOOKS_HEALTH_DEGRADED: "0.4" } }, "HOOKS_HEALTH_DEGRADED", "must not be above health_degraded"],
  ])("%j is refused", (given, field, message) => {
    expect(refusal(given)).toMatchObject({ code: "usage", field, message: expect.stringContaining(message) });
  });
});

describe("limits of the store", () => {
  it("are 10,000 subscriptions and no backlog's until they are set", () => {
    expect(resolve({}).serve).toMatchObject({ maxSubscriptions: 10_000, maxBacklog: undefined });
    const given = { flags: { max_backlog: "500" }, user: '{"max_subscriptions":3,"max_backlog":9}' };
    expect(resolve(given).serve).toMatchObject({ maxSubscriptions: 3, maxBacklog: 500 });
  });

  it.each([
    [{ flags: { max_subscriptions: "0" } }, "--max-subscriptions must be a whole number from 1 to 1000000"],
    [{ env: { HOOKS_MAX_BACKLOG: "1e6" } }, "HOOKS_MAX_BACKLOG must be a whole number from 1 to 100000000"],
  ])("%j is refused", (given, message) => {
    expect(refusal(given)).toMatchObject({ code: "usage", message: expect.stringContaining(message) });
  });
});

describe("a file that --config names", () => {
  it("may say what the user's own may, and each value says where it came from", () => {
    const { cwd, values, target, serve } = resolve({
      flags: { port: "1" },
      env: { HOOKS_DRAIN: "3s" },
      named: '{"port":2,"drain":"5s","concurrency":7,"store":"n.db"}',
      project: '{"concurrency":8,"log_level":"warn"}',
      user: '{"log_level":"error","retry_rate":"5/s"}',
    });
    const file = path.join(cwd, "named.json");
    const originOf = (key: string) => values.find((value) => value.key === key)?.origin;
    expect(serve).toMatchObject({ port: 1, drainMs: 3_000, concurrency: 7, logLevel: "warn" });
    expect(target).toEqual({ kind: "local", storePath: path.join(cwd, "n.db") });
    expect(["port", "drain", "concurrency", "store"].map(originOf)).toEqual(["--port", "HOOKS_DRAIN", file, file]);
    expect(values.find(({ key }) => key === "port")?.overridden).toEqual([file]);
    expect(originOf("log_level")).toBe(path.join(cwd, "../../hooks.config.json"));
    expect(originOf("retry_rate")).toMatch(/config\.json$/);
  });

  it("may hold a key, which a server that only a project names does not get", () => {
    const named = '{"api_key":"hk_1"}';
    expect(resolve({ named, user: '{"server":"https://h.example"}' }).target).toMatchObject({ apiKey: "hk_1" });
    const { target } = resolve({ named, project: '{"server":"https://h.example"}' });
    expect(target).toMatchObject({ apiKey: undefined, withheld: { namedBy: expect.stringMatching(/config\.json$/) } });
  });

  it("gives way to --context local where it names a server", () => {
    const named = '{"server":"https://h.example"}';
    expect(resolve({ named }).target.kind).toBe("remote");
    expect(resolve({ named, flags: { context: "local" } }).target.kind).toBe("local");
  });

  it.each([
    ["{", /named\.json is not valid JSON/],
    ["[]", /named\.json must hold a JSON object/],
    ["", /named\.json is not valid JSON/],
    ['{"prot":1}', /named\.json: unknown key "prot"\n {2}did you mean "port"/],
    ['{"context":"prod"}', /named\.json: a context is chosen by a person/],
    ['{"port":"x"}', /named\.json: port must be a whole number/],
    ['{"port":[1]}', /named\.json: port must be a string/],
  ])("is refused when it holds %s", (named, message) => {
    expect(refusal({ named })).toMatchObject({ code: "usage", message: expect.stringMatching(message) });
  });

  it("is refused when it holds a key that others may read", () => {
    const { home, cwd } = folderFor({ named: '{"api_key":"hk_1"}' });
    chmodSync(path.join(cwd, "named.json"), 0o644);
    const read = () => resolveSettings({ flags: {}, env: { HOOKS_HOME: home }, cwd, configFile: "named.json" });
    expect(read).toThrow(/others on this machine may read it/);
  });

  it.each([
    ["./nope.json", "--config: cannot read ./nope.json: there is no such file"],
    [".", "--config: cannot read .: it is a folder"],
    ["/dev/zero", "--config: cannot read /dev/zero: it is not a regular file"],
    ["", "--config must not be empty"],
  ])("is refused as %j", (configFile, message) => {
    const { home, cwd } = folderFor({});
    const read = () => resolveSettings({ flags: {}, env: { HOOKS_HOME: home }, cwd, configFile });
    expect(read).toThrow(expect.objectContaining({ code: "usage", field: "--config", message }));
  });
});

describe("addresses to send from", () => {
  it("are given by flags, a variable or a file, one of each family", () => {
    expect(resolve({}).serve.sources).toBeUndefined();
    expect(resolve({ flags: { local_address: "2001:DB8::7" } }).serve.sources).toEqual({ v6: "2001:db8::7" });
    const both = { v4: "203.0.113.7", v6: "2001:db8::7" };
    expect(resolve({ env: { HOOKS_LOCAL_ADDRESS: "2001:db8::7, 203.0.113.7" } }).serve.sources).toEqual(both);
    expect(resolve({ user: '{"local_address":["203.0.113.7","2001:db8::7"]}' }).serve.sources).toEqual(both);
  });

  it.each([
    [{ flags: { local_address: "eth0" } }, "--local-address must be an address of this machine"],
    [
      { env: { HOOKS_LOCAL_ADDRESS: "203.0.113.7,203.0.113.8" } },
      "HOOKS_LOCAL_ADDRESS takes one address of each family",
    ],
    [{ env: { HOOKS_LOCAL_ADDRESS: "::" } }, "HOOKS_LOCAL_ADDRESS must be one address"],
    [{ user: '{"local_address":["ff02::1"]}' }, "local_address must be one address"],
  ])("are refused where they stand: %j", (given, message) => {
    expect(refusal(given)).toMatchObject({ code: "usage", message: expect.stringContaining(message) });
  });
});

describe("lists of networks", () => {
  const texts = (given: Given) => resolve(given).serve.allowNet.map(({ text }) => text);

  it("are given by flags, a variable or a file", () => {
    const list = ["10.0.0.0/8", "billing.internal:8443"];
    expect(texts({})).toEqual([]);
    expect(texts({ flags: { allow_net: list.join() } })).toEqual(list);
    expect(texts({ env: { HOOKS_ALLOW_NET: "10.0.0.0/8, billing.internal:8443" } })).toEqual(list);
    expect(texts({ user: JSON.stringify({ allow_net: list }) })).toEqual(list);
    expect(texts({ user: '{"allow_net":[]}' })).toEqual([]);
    expect(texts({ env: { HOOKS_ALLOW_NET: "10.1.0.0/16" }, user: JSON.stringify({ allow_net: list }) })).toEqual([
      "10.1.0.0/16",
    ]);
  });

  it.each([
    [{ flags: { allow_net: "0.0.0.0/0" } }, /^--allow-net: 0\.0\.0\.0\/0 is too wide/],
    [{ env: { HOOKS_DENY_NET: "10.0.0.1/8" } }, /^HOOKS_DENY_NET: 10\.0\.0\.1\/8 has bits behind its prefix/],
    [{ env: { HOOKS_DENY_NET: "10.0.0.0/8,,a" } }, /^HOOKS_DENY_NET: "" is no network/],
    [{ user: '{"deny_net":[7]}' }, /deny_net must be a list of strings$/],
    [{ user: '{"deny_net":["a b"]}' }, /deny_net: "a b" is no network/],
  ])("are refused where they stand: %j", (given, message) => {
    expect(refusal(given).message).toMatch(message);
    expect(refusal(given).code).toBe("usage");
  });
});
