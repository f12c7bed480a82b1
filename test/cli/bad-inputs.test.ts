import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { SETTING_RULES } from "../../src/core/setting-rules.ts";
import { startDaemon } from "../../src/daemon.ts";
import { RunningCommand } from "../stream/support/running-listen.ts";
import { type BadInput, badInputsOf } from "../support/bad-inputs.ts";
import { openTestHooks } from "../support/local-hooks.ts";
import { runAsNobody } from "../support/run-as-nobody.ts";
import { type Run, runInProcess } from "../support/run-in-process.ts";

// The command lines, files of settings and stores of the corpus: exit codes, and what is left behind.

interface Input {
  argv?: string[];
  /** Content of the file of settings. */
  config?: unknown;
  /** Of a file of settings that cannot be read. */
  path?: string;
  env?: Record<string, string>;
  /** Of the store. */
  store?: string;
}

/** The corpus' commands → ours. */
const COMMANDS: Record<string, string> = { send: "publish" };

/** The corpus' settings → ours. What is not here is written as it stands: an unknown key. */
const CONFIGS: Record<string, unknown> = {
  "concurrency 1e9": { concurrency: 1_000_000_000 },
  "CIDR that is a name": { allow_net: ["not a name"] },
  "allow everything": { allow_net: ["0.0.0.0/0"] },
  "bind 0.0.0.0 without keys": { host: "0.0.0.0", port: 8787 },
  "log level loud": { log_level: "loud" },
  "two stores": { store: "a.db", server: "https://hooks.example" },
  "tls cert missing": { tls_cert: "/nope.pem", tls_key: "/nope.key" },
};
/** The names that the corpus expects → ours. */
const NAMES: Record<string, string> = {
  "delivery.concurrency": "concurrency",
  "delivery.lease": "delivery",
  "egress.allow[0]": "allow_net",
  listen: "host",
  "log.level": "log_level",
  "tls.cert": "--tls-cert",
};

/** Surfaces that do not exist yet, with what brings them, and a setting that would show that they do. */
const NOT_YET: Record<string, { until: string; setting: RegExp }> = {
  BP226: { until: "a lease is no setting: it is as long as the time-out asks for", setting: /lease/ },
};

const cli = badInputsOf<Input>("cli");
const config = badInputsOf<Input>("config");

function home(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-bad-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Holds a run to an entry of outcome `exit`. */
async function exits(
  { expect: { code, stderr_names } }: BadInput<Input>,
  folder: string,
  run: () => Promise<Run>,
): Promise<Run> {
  const [files, servers] = [filesIn(folder), listening()];
  const ran = await run();
  expect(ran.stdout).toBe("");
  if (typeof code === "number") expect(ran.code).toBe(code);
  else expect(ran.code).toBeGreaterThan(0);
  expect(ran.code).not.toBe(70);
  if (stderr_names !== null && stderr_names !== undefined)
    expect(ran.stderr).toContain(NAMES[stderr_names] ?? stderr_names);
  expect(ran.stderr).toMatch(/^error: /);
  expect(ran.stderr).not.toMatch(/^ +at /m);
  expect(ran.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(3);
  expect(filesIn(folder)).toEqual(files);
  expect(listening()).toBe(servers);
  return ran;
}

describe("bad command lines", () => {
  it.each(
    cli.filter(({ expect: { outcome } }) => outcome === "exit").map((entry) => [entry.id, entry.name, entry] as const),
  )("%s %s", async (id, _name, entry) => {
    const folder = home();
    const [command = "", ...rest] = entry.input.argv ?? [];
    const dead = id === "BP219" ? ["--server", "http://127.0.0.1:1", "--api-key", "hk_0"] : [];
    const argv = [COMMANDS[command] ?? command, ...rest, ...dead];
    await exits(entry, folder, () => runInProcess(argv, { env: { HOOKS_HOME: folder }, cwd: folder, stdin: "" }));
  });

  it("BP212 listen --forward to a dead port", async () => {
    const { expect: expected, input } = cli.find(({ id }) => id === "BP212")!;
    expect(expected.outcome).toBe("run");
    const folder = home();
    const daemon = await startDaemon({
      storePath: path.join(folder, "hooks.db"),
      dataDirectory: folder,
      host: "127.0.0.1",
      port: 0,
    });
    onTestFinished(() => daemon.stop({ drainMs: 0 }));
    const listening = new RunningCommand(input.argv!, { home: folder });
    await listening.sees("stderr", /● connected/);
    const service = daemon.serviceFor({ tenant: "default", environment: "development" });
    for (const round of [1, 2]) {
      const { id } = await service.publish({ type: "order.created", data: Buffer.from("{}") });
      await listening.sees("stdout", new RegExp(`(.*${expected.stdout_names}.*\n){${round}}`));
      await expect
        .poll(async () => (await service.getEvent(id)).deliveries[0]?.status, { timeout: 30_000 })
        .toBe("failed");
    }
    listening.interrupt();
    expect(await listening.ended).toBe(0);
  });
});

describe("bad settings", () => {
  const contents = config.filter(({ input }) => input.config !== undefined);
  it.each(contents.map((entry) => [entry.id, entry.name, entry] as const))("%s %s", async (_id, name, entry) => {
    for (const [fileName, flags] of [
      ["config.json", []],
      ["named.json", ["--config", "named.json"]],
    ] as const) {
      const folder = home();
      const file = path.join(folder, fileName);
      writeFileSync(file, JSON.stringify(CONFIGS[name] ?? entry.input.config));
      const ran = await exits(entry, folder, () => serve(folder, flags));
      // What is only refused once the flags are known is named by its flag.
      if (!["tls cert missing"].includes(name)) expect(ran.stderr).toContain(fileName);
    }
  });

  it("BP230 is about the keys: with one it starts", async () => {
    const folder = home();
    // The user's own, as HOOKS_HOME is this folder.
    writeFileSync(path.join(folder, "config.json"), '{"host":"0.0.0.0"}');
    const refused = await serve(folder);
    expect(refused.stderr.split("\n")[0]).toBe(
      `error: ${path.join(folder, "config.json")}: host 0.0.0.0 can be reached by others, and there is no API key yet`,
    );
    expect(readdirSync(folder)).toEqual(["config.json"]);
    // As the hint says.
    expect(refused.stderr).toContain("hooks key create ops --role admin");
    const made = await runInProcess(["key", "create", "ops", "--role", "admin"], {
      env: { HOOKS_HOME: folder },
      cwd: folder,
    });
    expect(made.code).toBe(0);
    const serving = new RunningCommand(["serve", "--port", "0"], { home: folder });
    await serving.sees("stdout", /http/);
    serving.interrupt();
    expect(await serving.ended).toBe(0);
  });

  it("BP237 the named file does not exist", async () => {
    const folder = home();
    const { path: file } = of("BP237").input;
    await exits(of("BP237"), folder, () => serve(folder, ["--config", file!]));
  });

  it("BP238 the named file is a FIFO", async () => {
    const folder = home();
    const { path: file } = of("BP238").input;
    expect(spawnSync("mkfifo", [path.join(folder, file!)]).status).toBe(0);
    await exits(of("BP238"), folder, () => serve(folder, ["--config", file!]));
  });

  it("BP240 the named file is YAML with aliases: no JSON, and nothing is expanded", async () => {
    const folder = home();
    const { path: file } = of("BP240").input;
    const aliases = Array.from({ length: 20 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`);
    writeFileSync(path.join(folder, file!), `a0: &a0 [x]\n${aliases.join("\n")}\n`);
    await exits(of("BP240"), folder, () => serve(folder, ["--config", file!]));
  });

  it("BP239 the named file may not be read", async () => {
    const folder = home();
    const { path: file } = of("BP239").input;
    writeFileSync(path.join(folder, file!), "{}", { mode: 0o000 });
    chmodSync(folder, 0o777);
    await exits(of("BP239"), folder, async () => {
      const [ran] = runAsNobody(folder, [["serve", "--port", "0", "--config", file!]]);
      return ran!;
    });
  });

  const inEnvironment = config.filter(({ input }) => input.env !== undefined);
  it.each(inEnvironment.map((entry) => [entry.id, entry.name, entry] as const))("%s %s", async (_id, _name, entry) => {
    const folder = home();
    await exits(entry, folder, () => serve(folder, [], entry.input.env));
  });
});

describe("bad stores", () => {
  it.each(["BP244", "BP251"])("%s", async (id) => {
    const folder = home();
    await exits(of(id), folder, () => serve(folder, ["--store", of(id).input.store!]));
  });

  it("BP243 database path is a directory", async () => {
    const folder = home();
    mkdirSync(path.join(folder, "sub"));
    await exits(of("BP243"), folder, () => serve(folder, ["--store", "sub"]));
  });

  it("BP245 database path leads out of the data directory, to where one may not write", async () => {
    const root = home();
    chmodSync(root, 0o755);
    const [cwd, outside] = [path.join(root, "lib/hooks"), path.join(root, "of-others")];
    mkdirSync(cwd, { recursive: true });
    chmodSync(cwd, 0o777);
    mkdirSync(outside, { mode: 0o555 });
    const expected = { outcome: "exit", code: "non-zero", stderr_names: outside } as const;
    await exits({ ...of("BP245"), expect: expected }, root, async () => {
      // The first loads what the second needs, and starts nothing.
      const serving = ["serve", "--port", "0"];
      const runs = runAsNobody(cwd, [
        [...serving, "--host", "0.0.0.0"],
        [...serving, "--store", "../../of-others/hooks.db"],
      ]);
      return runs[1]!;
    });
    expect(readdirSync(outside)).toEqual([]);
  });

  it("BP252 PostgreSQL, of whatever version", async () => {
    const folder = home();
    await exits(of("BP252"), folder, () => serve(folder, ["--store", "postgres://db.example/hooks"]));
  });

  it("BP246 file is not a database", async () => {
    const folder = home();
    writeFileSync(path.join(folder, "text.db"), "hello\n");
    await exits(of("BP246"), folder, () => serve(folder, ["--store", "text.db"]));
  });

  it("BP247 database from a newer version", async () => {
    const folder = await storeIn();
    const database = new Database(path.join(folder, "hooks.db"));
    database.pragma("wal_checkpoint(TRUNCATE)");
    database.pragma("user_version = 999");
    database.close();
    await exits(of("BP247"), folder, () => serve(folder));
  });

  it("BP248 second daemon on the same database", async () => {
    const folder = home();
    const storePath = path.join(folder, "hooks.db");
    const first = await startDaemon({ storePath, dataDirectory: folder, host: "127.0.0.1", port: 0 });
    onTestFinished(() => first.stop({ drainMs: 0 }));
    const ran = await exits(
      { ...of("BP248"), expect: { outcome: "exit", code: 6, stderr_names: "hooks.db" } },
      folder,
      () => serve(folder),
    );
    expect(ran.stderr).toContain(String(process.pid));
  });

  it("BP249 WAL present, database file missing", async () => {
    const folder = await storeIn();
    expect(statSync(path.join(folder, "hooks.db-wal")).size).toBeGreaterThan(0);
    rmSync(path.join(folder, "hooks.db"));
    await exits(of("BP249"), folder, () => serve(folder));
  });

  it("BP250 WAL shorter than the recorded high-water mark", async () => {
    const folder = await storeIn();
    const log = path.join(folder, "hooks.db-wal");
    truncateSync(log, Math.floor(statSync(log).size * 0.7));
    await exits(of("BP250"), folder, () => serve(folder));
  });
});

describe("the corpus", () => {
  const RUN = [
    "BP237",
    "BP238",
    "BP239",
    "BP240",
    "BP245",
    "BP252",
    "BP243",
    "BP244",
    "BP246",
    "BP247",
    "BP248",
    "BP249",
    "BP250",
    "BP251",
  ];

  it("is run whole, but for surfaces that do not exist", () => {
    const left = config.filter(
      ({ id, input }) => input.config === undefined && input.env === undefined && !RUN.includes(id),
    );
    expect(left.map(({ id }) => id)).toEqual([]);
  });

  it.each(Object.entries(NOT_YET))("%s is about something that is not there", (_id, { setting }) => {
    expect(Object.keys(SETTING_RULES).filter((key) => setting.test(key))).toEqual([]);
  });
});

function of(id: string): BadInput<Input> {
  return config.find((entry) => entry.id === id)!;
}

function serve(folder: string, flags: readonly string[] = [], env: Record<string, string> = {}): Promise<Run> {
  return runInProcess(["serve", "--port", "0", ...flags], {
    env: { HOOKS_HOME: folder, ...env },
    cwd: folder,
    stdin: "",
  });
}

/** A copy of a store with commits that are only in its log yet, as a crash leaves it. */
async function storeIn(): Promise<string> {
  const hooks = await openTestHooks();
  for (let n = 0; n < 40; n++) await hooks.service.publish({ type: "order.created", data: Buffer.from(`{"n":${n}}`) });
  const folder = home();
  for (const name of ["hooks.db", "hooks.db-wal", "hooks.db-hwm"]) {
    cpSync(path.join(hooks.folder, name), path.join(folder, name));
  }
  return folder;
}

/** Name, size and time of everything below. */
function filesIn(folder: string): string[] {
  return (
    (readdirSync(folder, { recursive: true, encoding: "utf8" }) as string[])
      // Empty, and made before the store is looked at.
      .filter((name) => name !== "hooks.lock")
      .sort()
      .map((name) => {
        const { size, mtimeMs } = statSync(path.join(folder, name));
        return `${name} ${size} ${mtimeMs}`;
      })
  );
}

function listening(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
}
