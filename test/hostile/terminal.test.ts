import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { escapeJson, escapeLine } from "../../src/cli/escape.ts";
import { createDaemonLog } from "../../src/daemon-log.ts";
import { HooksHome } from "../support/hooks-program.ts";
import { type Run, runInProcess } from "../support/run-in-process.ts";
import { allLines, commandsWithoutLines } from "./support/command-lines.ts";
import { prepareStore } from "./support/prepared-store.ts";

// Whatever comes from outside (payloads, names, answers of receivers and servers, names of files) is shown and never
// obeyed: no output holds a character that moves a cursor, sets a clipboard or turns the direction of writing.

/** reliability.md R54: C0 but tab and line feed, DEL, C1, overrides, embeddings and isolates of direction. */
const FORBIDDEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
/** The colours of our own. */
const COLORS = /\x1b\[(0|1|2|22|3[0-9]|39|90)m/g;

const HOSTILE = [
  "\x1b[31mred\x1b[2J\x1b[H", // colour, clear, home
  "\x1b]52;c;ZXZpbA==\x07", // sets the clipboard
  "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\", // a link that says something else
  "\x1b]0;title\x07\x1bP1$r0m\x1b\\\x1b[?1049h", // title, device control, other screen
  "\u009b31m\u009d52;c;eA==\u009c", // the same as C1
  "ok 200\rerror", // overwrites
  "rm\b\b\b\x7f\x0b\x0c", // backspaces, DEL, vertical tab, form feed
  "\u202egnp.exe\u202c\u2066\u2067\u2069\u061c\u200e", // turned
  "pay\u200bpal\u00ad\u2060\ufeff", // invisible
  "line\nbreak\u2028\u2029\u0085next",
].join(" ");

/** What a name may hold, and no line of output may. */
const TURNING = "\u202egnp.exe\u202c\u2066\u2067\u2069\u200b";

const LATIN1 = "\u009b31mevil \u00e9";

function expectClean({ stdout, stderr }: Run, hasColor: boolean): void {
  for (const text of [stdout, stderr]) {
    expect(hasColor ? text.replace(COLORS, "") : text).not.toMatch(FORBIDDEN);
  }
}

function answer(status: string): Buffer {
  // What no server library would send: C1 in a header and in the reason.
  return Buffer.from(
    `HTTP/1.1 ${status} ${LATIN1}\r\nX-Evil: ${LATIN1}\r\nConnection: close\r\n\r\n${Buffer.from(HOSTILE).toString("latin1")}`,
    "latin1",
  );
}

const MODES: [name: string, flags: string[], isTty: boolean, env: Record<string, string>][] = [
  ["a terminal", ["--verbose"], true, { TERM: "xterm-256color", HOOKS_DEBUG: "1" }],
  ["a pipe", [], false, {}],
  ["JSON", ["--json"], false, {}],
];

describe("hostile text in a store", () => {
  it("is covered by lines for every command", () => {
    expect(commandsWithoutLines()).toEqual([]);
  });

  it.each(MODES)("reaches no terminal: %s", { timeout: 180_000 }, async (_name, flags, isTty, env) => {
    const text = JSON.stringify(HOSTILE);
    const store = await prepareStore({
      subscription: {
        name: `shop ${TURNING}`,
        metadata: { note: HOSTILE },
        headers: { "x-a": "1" },
      },
      urlSuffix: `?q=${encodeURIComponent(HOSTILE)}`,
      data: `{"note":${text},"raw":"\u009b31m\u202e","${JSON.stringify("\u202ekey\u009b").slice(1, -1)}":1}`,
      metadata: `{"by":${text}}`,
      answers: { good: answer("200"), bad: answer("500") },
    });
    // Names hold no control characters; those of an older store, or one that somebody else wrote, may.
    const database = new Database(path.join(store.folder, "hooks.db"));
    database.prepare("UPDATE subscriptions SET name = ?").run(HOSTILE);
    database.close();
    let shown = "";
    for (const line of allLines(store)) {
      const ran = await runInProcess([...line, ...flags], {
        env: { HOOKS_HOME: store.folder, HOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ...env },
        cwd: store.folder,
        stdin: isTty ? undefined : HOSTILE,
        isTty,
        columns: 200,
      });
      // A request that is asked for as bytes is one, line ends and all, where no terminal reads it.
      const isRaw = line.includes("--dry-run") && !isTty && !flags.includes("--json");
      expectClean(isRaw ? { ...ran, stdout: ran.stdout.replaceAll("\r\n", "\n") } : ran, isTty);
      shown += ran.stdout + ran.stderr;
      if (flags.includes("--json")) {
        for (const each of [
          ...ran.stdout.split("\n"),
          ...ran.stderr.split("\n").filter((one) => one.startsWith("{")),
        ]) {
          // Scripts, and documents of other forms.
          const isNoJson = ["completion", "__complete"].includes(line[0]!) || line[1] === "generate-types";
          if (each !== "" && !isNoJson) expect(() => JSON.parse(each)).not.toThrow();
        }
      }
    }
    // It is there, and shown: else nothing was tested.
    expect(shown).toMatch(flags.includes("--json") ? /\\u001b\[31mred/ : /\\x1b\[31mred/);
  });
});

describe("hostile text from a server", () => {
  it.each(MODES)("reaches no terminal: %s", { timeout: 120_000 }, async (_name, flags, isTty, env) => {
    const page = { data: [{ id: HOSTILE, name: HOSTILE, type: HOSTILE, error: HOSTILE }], next_cursor: null };
    const answers = [
      {
        status: 400,
        body: JSON.stringify({ error: { code: "not_found", message: HOSTILE, field: HOSTILE, hint: HOSTILE } }),
      },
      { status: 200, body: JSON.stringify(page) },
      { status: 302, body: HOSTILE },
      { status: 500, body: `<h1>${HOSTILE}</h1>` },
    ];
    for (const { status, body } of answers) {
      const server = createServer((request, response) => {
        request.resume();
        response.writeHead(status, { "content-type": "application/json", location: `http://evil/${LATIN1}` }).end(body);
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      onTestFinished(() => void server.close());
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const folder = new HooksHome().folder;
      for (const line of [
        ["sub", "list"],
        ["sub", "get", "shop"],
        ["event", "list"],
        ["event", "get", "evt_1"],
        ["delivery", "list"],
        ["delivery", "get", "dlv_1"],
        ["publish", "a", "--data", "{}"],
        ["trigger", "a"],
        ["status"],
        ["doctor"],
        ["sub", "test", "shop"],
      ]) {
        const ran = await runInProcess([...line, "--server", url, "--api-key", "hk_0", ...flags], {
          env: { HOOKS_HOME: folder, ...env },
          cwd: folder,
          isTty,
          columns: 120,
          stdin: "",
        });
        expectClean(ran, isTty);
      }
    }
  });
});

describe("hostile text of the command line itself", () => {
  const evil = "\x1b[31m\u009b\u202e";

  it.each([
    [[evil]],
    [["help", evil]],
    [["sub", evil]],
    [["sub", "list", `--${evil}`]],
    [["sub", "list", `--${evil}=1`]],
    [["sub", "list", "--fields", evil]],
    [["sub", "get", evil]],
    [["event", "get", evil]],
    [["publish", evil, "--data", "{}"]],
    [["publish", "a", "--data", `{${evil}}`]],
    [["publish", "a", "--data", `@${evil}`]],
    [["trigger", "a", "--set", `${evil}=1`]],
    [["sub", "create", "--url", `http://${evil}`, "--event", evil]],
    [["sub", "create", "--url", "http://127.0.0.1:1", "--event", "a", "--header", `${evil}: 1`]],
    [["sub", "list", "--store", `./${evil}.db`]],
    [["sub", "list", "--server", `http://${evil}/`]],
    [["sub", "list", "--tenant", evil]],
    [["serve", "--port", evil]],
    [["serve", "--host", evil]],
    [["serve", "--allow-host", evil]],
    [["serve", "--log-level", evil]],
    [["listen", "--forward", evil]],
    [["listen", "--header", evil]],
    [["verify", "--secret", "whsec_AAAA", "--scheme", evil]],
    [["verify", "--secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "--header", `webhook-id: ${evil}`, "--explain"]],
    [["sign", "--secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "--id", evil]],
    [["backup", `${evil}/x`]],
    [["restore", evil]],
    [["completion", evil]],
  ])("%j is shown, not obeyed", async (argv) => {
    const { folder } = new HooksHome();
    for (const flags of [[], ["--json"], ["--verbose"]]) {
      for (const isTty of [true, false]) {
        const ran = await runInProcess([...argv, ...flags], {
          env: { HOOKS_HOME: folder },
          cwd: folder,
          isTty,
          stdin: "",
        });
        expectClean(ran, isTty);
      }
    }
  });

  it("nor are the names of files and folders that settings are in", async () => {
    const folder = path.join(new HooksHome().folder, evil);
    mkdirSync(folder);
    writeFileSync(path.join(folder, "hooks.config.json"), `{"tenant": "${evil}", "unknown": 1}`);
    for (const argv of [["config"], ["status"], ["sub", "list"], ["doctor"]]) {
      const ran = await runInProcess(argv, {
        env: { HOOKS_HOME: folder, [`HOOKS_STROE${evil}`]: "1" },
        cwd: folder,
        isTty: true,
      });
      expectClean(ran, true);
    }
    writeFileSync(path.join(folder, "hooks.config.json"), "{}");
    for (const argv of [["config", "--verbose"], ["status"], ["doctor"], ["config", "--json"]]) {
      const ran = await runInProcess(argv, { env: { HOOKS_HOME: folder }, cwd: folder, isTty: true });
      expectClean(ran, true);
    }
  });
});

describe("the daemon's log", () => {
  it.each(["pretty", "json"] as const)("is clean: %s", async (format) => {
    const home = new HooksHome();
    const name = `shop ${TURNING}`;
    const program = home.start(["serve", "--port", "0", "--log-format", format, "--log-level", "debug"]);
    const [url] = await program.sees(/http:\/\/[\w.[\]:]+:\d+/);
    const key = await home.token();
    const ask = (target: string, body: object): Promise<Response> =>
      fetch(url + target, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    await ask("/v1/subscriptions", { url: "http://127.0.0.1:1/", events: ["order.*"], name });
    await ask("/v1/events", { type: "order.paid", data: HOSTILE });
    await program.sees(/order\.paid.*refused/);
    await program.kill("SIGTERM");
    const { stdout, stderr } = program.output;
    expectClean({ code: 0, stdout, stderr }, false);
    if (format === "pretty") expect(stderr).toContain("shop \\u202egnp.exe");
    else
      for (const line of stderr
        .trimEnd()
        .split("\n")
        .filter((one) => one.startsWith("{")))
        JSON.parse(line);
  });

  it("would not be clean as the logger writes it, which is why each line is escaped", () => {
    for (const format of ["pretty", "json"] as const) {
      const lines: string[] = [];
      const log = createDaemonLog({ level: "info", format, write: (line) => lines.push(line) });
      log.info("x", { note: HOSTILE });
      expect(lines[0]).toMatch(FORBIDDEN);
      expect(format === "json" ? escapeJson(lines[0]!) : escapeLine(lines[0]!)).not.toMatch(FORBIDDEN);
      if (format === "json") expect(JSON.parse(escapeJson(lines[0]!))).toMatchObject({ note: HOSTILE });
    }
  });
});
