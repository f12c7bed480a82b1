import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { formatCassetteHead, formatExchange } from "../../src/core/cassette/cassette-line.ts";
import type { RecordedExchange } from "../../src/core/cassette/exchange.ts";
import { sendOnce } from "../../src/daemon.ts";
import { verify } from "../../src/index.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { closedPort, type Receiver } from "../support/receiver.ts";
import { type Run, runInProcess } from "../support/run-in-process.ts";

const AT = Date.UTC(2026, 10, 22, 12);
const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const HEAD = formatCassetteHead("hooks/test", AT);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "hooks-cassette-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

interface Change extends Omit<Partial<RecordedExchange>, "request" | "answer"> {
  request?: Partial<RecordedExchange["request"]>;
  answer?: Partial<NonNullable<RecordedExchange["answer"]>> | null;
}

function exchange({ request, answer, ...rest }: Change = {}): RecordedExchange {
  return {
    at: AT,
    eventId: "evt_1",
    eventType: "order.paid",
    attempt: 1,
    durationMs: 5,
    failure: undefined,
    ...rest,
    request: {
      method: "POST",
      path: "/",
      query: "",
      headers: [
        ["content-type", "application/json"],
        ["webhook-id", "evt_1"],
        ["webhook-timestamp", "1760000000"],
        ["webhook-signature", "[redacted]"],
      ],
      body: Buffer.from('{"n":1.0}'),
      ...request,
    },
    answer:
      answer === null ? undefined : { status: 200, headers: [], body: Buffer.from("ok"), truncated: false, ...answer },
  };
}

function cassette(...exchanges: RecordedExchange[]): string {
  return file([HEAD, ...exchanges.map(formatExchange), ""].join("\n"));
}

function file(text: string): string {
  const name = path.join(folder, "a.cassette");
  writeFileSync(name, text);
  return name;
}

function replay(args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  return runInProcess(["replay", ...args], {
    cwd: folder,
    env: { HOOKS_HOME: folder, ...env },
    parts: { sendOnce },
  });
}

const ok = (): Promise<Receiver> => openReceiver({ reply: () => ({ status: 200, body: "ok" }) });
const rows = ({ stdout }: Run) =>
  stdout
    .trim()
    .split("\n")
    .map(
      (line) => JSON.parse(line) as { line: number; event_id: string; ok: boolean; differences: { where: string }[] },
    );

describe("what is sent", () => {
  it("is what was recorded: the same bytes, however they were", async () => {
    const app = await ok();
    const header = fc.tuple(
      fc.stringMatching(/^[Xx]-[A-Za-z0-9-]{1,20}$/),
      fc.stringMatching(/^[\x21-\x7e]([\t\x20-\x7e]{0,20}[\x21-\x7e])?$/),
    ) as fc.Arbitrary<[string, string]>;
    const made = fc.record({
      method: fc.constantFrom("POST", "PUT", "PATCH", "DELETE", "GET", "REPORT"),
      path: fc.stringMatching(/^\/[\w./%-]{0,20}$/).filter((text) => !text.includes("..") && !text.includes("/.")),
      query: fc.stringMatching(/^(\w[\w=&%+-]{0,20})?$/),
      headers: fc.array(header, { maxLength: 5 }),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.string().map((text) => Buffer.from(text)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(made, async (request) => {
        const number = app.requests.length + 1;
        const ran = await replay([cassette(exchange({ request })), "--forward", app.url]);
        expect(ran.code, ran.stderr).toBe(0);
        const got = await app.request(number);
        expect(got.method).toBe(request.method);
        expect(got.path).toBe(request.query === "" ? request.path : `${request.path}?${request.query}`);
        expect(got.body.equals(Buffer.from(request.body))).toBe(true);
        const own = got.rawHeaders.filter(([name]) => /^x-/i.test(name));
        expect(own).toEqual(request.headers.filter(([, value]) => value !== "[redacted]"));
      }),
      { numRuns: 40 },
    );
  });

  it("is signed anew: the same id, a fresh time", async () => {
    const app = await ok();
    const ran = await replay([cassette(exchange()), "--forward", `${app.url}/hook`, "--secret", SECRET]);
    expect(ran.code, ran.stderr).toBe(0);
    const [{ headers, body, path: at }] = app.requests as [Receiver["requests"][0]];
    expect(at).toBe("/hook");
    expect(headers["webhook-id"]).toBe("evt_1");
    expect(verify("standard-webhooks", { headers, body }, SECRET)).toMatchObject({ valid: true });
    expect(headers["webhook-timestamp"]).not.toBe("1760000000");
  });

  it("is signed by $HOOKS_SECRET when no --secret is given, and else not at all", async () => {
    const app = await ok();
    const name = cassette(exchange());
    await replay([name, "--forward", app.url], { HOOKS_SECRET: SECRET });
    await replay([name, "--forward", app.url]);
    const [first, second] = app.requests as [Receiver["requests"][0], Receiver["requests"][0]];
    expect(verify("standard-webhooks", first, SECRET)).toMatchObject({ valid: true });
    expect(second.headers).not.toHaveProperty("webhook-signature");
    expect(second.headers).not.toHaveProperty("webhook-timestamp");
    expect(second.headers["webhook-id"]).toBe("evt_1");
  });

  it("by another scheme, with that scheme's headers", async () => {
    const app = await ok();
    const headers: [string, string][] = [
      ["X-Hub-Signature-256", "sha256=old"],
      ["X-GitHub-Event", "push"],
    ];
    const ran = await replay([
      cassette(exchange({ request: { headers } })),
      "--forward",
      app.url,
      "--secret",
      "hush",
      "--scheme",
      "github",
    ]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(verify("github", app.requests[0]!, "hush")).toMatchObject({ valid: true });
    expect(app.requests[0]?.headers["x-github-event"]).toBe("push");
  });

  it("leaves out what was redacted, and takes --header instead", async () => {
    const app = await ok();
    const headers: [string, string][] = [
      ["Authorization", "[redacted]"],
      ["Host", "example.com"],
      ["X-A", "1"],
    ];
    const name = cassette(exchange({ request: { headers } }));
    await replay([name, "--forward", app.url]);
    await replay([name, "--forward", app.url, "--header", "authorization: Bearer x", "--header", "x-a: 2"]);
    expect(app.requests[0]?.headers).not.toHaveProperty("authorization");
    expect(app.requests[0]?.headers["host"]).toBe(new URL(app.url).host);
    expect(app.requests[1]?.headers).toMatchObject({ authorization: "Bearer x", "x-a": "2" });
  });

  it("goes out in the order in which it was forwarded, with --type of those only", async () => {
    const app = await ok();
    const name = cassette(
      exchange({ at: AT + 2_000, eventId: "evt_3" }),
      exchange({ at: AT, eventId: "evt_1", eventType: "user.created" }),
      exchange({ at: AT + 1_000, eventId: "evt_2" }),
    );
    const ran = await replay([name, "--forward", app.url, "--json"]);
    expect(rows(ran).map(({ event_id: id, line }) => [id, line])).toEqual([
      ["evt_1", 3],
      ["evt_2", 4],
      ["evt_3", 2],
    ]);
    expect(rows(await replay([name, "--forward", app.url, "--type", "user.*", "--json"]))).toHaveLength(1);
    expect((await replay([name, "--forward", app.url, "--type", "nothing"])).stderr).toContain(
      "nothing of that --type",
    );
    expect((await replay([name, "--forward", app.url, "--dry-run"])).stdout).toBe("3\n");
    expect(app.requests).toHaveLength(4);
  });

  it("at recorded speed the pauses are kept", async () => {
    const app = await ok();
    const name = cassette(exchange(), exchange({ at: AT + 400, eventId: "evt_2" }));
    const ran = await replay([name, "--forward", app.url, "--speed", "real"]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(app.requests[1]!.receivedAt - app.requests[0]!.receivedAt).toBeGreaterThanOrEqual(200);
  });
});

describe("what is compared", () => {
  const differing = () =>
    openReceiver({ reply: () => ({ status: 202, headers: { "content-type": "text/plain" }, body: '{"id":2,"n":1}' }) });
  const recorded = () => cassette(exchange({ answer: { body: Buffer.from('{"id":1,"n":1}') } }));

  it("an answer as it was recorded is right", async () => {
    const app = await ok();
    const ran = await replay([cassette(exchange()), "--forward", app.url, "--json"]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(rows(ran)).toEqual([
      {
        line: 2,
        event_id: "evt_1",
        event_type: "order.paid",
        status: 200,
        recorded_status: 200,
        ok: true,
        differences: [],
        error: null,
        duration_ms: expect.any(Number),
      },
    ]);
  });

  it("another is named with its differences, and is a failure", async () => {
    const app = await differing();
    const ran = await replay([recorded(), "--forward", app.url, "--json"]);
    expect(ran.code).toBe(1);
    expect(rows(ran)[0]?.differences).toEqual([
      { where: "status", recorded: "200", now: "202" },
      { where: "header content-type", recorded: null, now: "text/plain" },
      { where: "body.id", recorded: "1", now: "2" },
    ]);
    expect(ran.stderr).toContain("1 of 1 answers were not as expected");
  });

  it("people see what was and what is", async () => {
    const app = await differing();
    const ran = await runInProcess(["replay", recorded(), "--forward", app.url], {
      cwd: folder,
      env: { HOOKS_HOME: folder },
      parts: { sendOnce },
      isTty: true,
      columns: 120,
    });
    expect(ran.stderr).toMatch(/line 2 .*order\.paid[\s\S]*body\.id[\s\S]*- 1[\s\S]*\+ 2/);
    expect(ran.stdout).toMatch(/fails/);
  });

  it("--expect judges the status alone, --ignore leaves places out", async () => {
    const app = await differing();
    expect(await replay([recorded(), "--forward", app.url, "--expect", "2xx"])).toMatchObject({ code: 0 });
    expect(await replay([recorded(), "--forward", app.url, "--expect", "200,404"])).toMatchObject({ code: 1 });
    const ignoring = ["--ignore", "id", "--ignore", "header:content-type"];
    const ran = await replay([recorded(), "--forward", app.url, "--json", ...ignoring]);
    expect(rows(ran)[0]?.differences.map(({ where }) => where)).toEqual(["status"]);
  });

  it("where no answer was recorded any 2xx is right", async () => {
    const app = await ok();
    const name = cassette(exchange({ answer: null, failure: { code: "refused", message: "nobody" } }));
    expect(await replay([name, "--forward", app.url])).toMatchObject({ code: 0 });
    app.reply(() => 500);
    expect(await replay([name, "--forward", app.url])).toMatchObject({ code: 1 });
  });

  it("no answer at all is a failure, whatever is expected", async () => {
    const ran = await replay([cassette(exchange()), "--forward", String(await closedPort()), "--expect", "2xx"]);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain("refused");
    expect(ran.stderr).toContain("does something listen");
  });

  it("a program that verifies, and is sent unsigned requests, is explained", async () => {
    const app = await openReceiver({ reply: () => 401 });
    expect((await replay([cassette(exchange()), "--forward", app.url])).stderr).toContain(
      "they were sent unsigned: --secret",
    );
  });
});

describe("files that are not right", () => {
  const good = formatExchange(exchange());

  it.each([
    ["", /a\.cassette is empty/],
    ["\n\n", /a\.cassette is empty/],
    [`${HEAD}\n`, /nothing was recorded in it/],
    ['{"type":"order.paid"}\n', /a\.cassette line 1: it is no cassette/],
    ['{"hooks_cassette":2}\n', /a\.cassette line 1: .*version 2.*\nhint: a newer hooks wrote it/],
    [`${HEAD}\n${good}\n\n{}\n`, /a\.cassette line 4: at must be/],
    [
      `${HEAD}\n${good}\n${good.slice(0, 50)}`,
      /a\.cassette line 3 is cut off: .*\nhint: remove that line, or go on recording: hooks listen --record/,
    ],
    [`${HEAD.slice(0, 10)}`, /a\.cassette line 1: it is no cassette/],
  ])("%j", async (text, why) => {
    const app = await ok();
    const ran = await replay([file(text), "--forward", app.url]);
    expect([1, 2]).toContain(ran.code);
    expect(ran.stderr).toMatch(why);
    // Nothing of a file that is not right is sent.
    expect(app.requests).toHaveLength(0);
  });

  it("line ends of Windows, and none at the end, are no fault", async () => {
    const app = await ok();
    const ran = await replay([file([HEAD, good, good].join("\r\n")), "--forward", app.url]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(app.requests).toHaveLength(2);
  });

  it("none, and a folder", async () => {
    expect(await replay(["nowhere", "--forward", "3000"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("cannot read nowhere: there is no such file"),
    });
    expect(await replay([folder, "--forward", "3000"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is not a regular file"),
    });
  });
});

describe("flags", () => {
  it.each([
    [[], /--failed or --status/],
    [["x"], /say where to send.*--forward/],
    [["x", "--forward", "not a url"], /--forward/],
    [["x", "--forward", "3000", "--expect", "fine"], /--expect "fine"/],
    [["x", "--forward", "3000", "--ignore", "header:a b"], /--ignore "header:a b"/],
    [["x", "--forward", "3000", "--scheme", "githup"], /did you mean "github"/],
    [["x", "--forward", "3000", "--failed"], /--failed and FILE cannot be used together/],
    [["x", "--list"], /--list and FILE/],
    [["--forward", "3000"], /--forward needs a cassette: hooks replay FILE/],
    [["--failed", "--allow-net", "10.0.0.0/8"], /--allow-net needs a cassette/],
    [["--failed", "--scheme-file", "x"], /--scheme-file needs a cassette/],
    [["x", "--forward", "3000", "--speed", "slow"], /--speed/],
    [["x", "--forward", "3000", "--secret", ""], /--secret is empty/],
  ])("%j", async (args, why) => {
    const ran = await replay(args);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(why);
  });

  it("a secret that is none of the scheme's is the caller's mistake", async () => {
    const app = await ok();
    const ran = await replay([cassette(exchange()), "--forward", app.url, "--secret", "whsec_!"]);
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot be signed as standard-webhooks") });
    expect(app.requests).toHaveLength(0);
  });
});

describe("who may be sent to", () => {
  it.each(["http://169.254.169.254/latest", "http://10.0.0.1/", "http://[fd00::1]/"])("not %s", async (url) => {
    const ran = await replay([cassette(exchange()), "--forward", url]);
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toMatch(/--forward.*(private|link-local|not allowed|refused|address)/i);
  });

  it("a path of the file does not lead to another host", async () => {
    const app = await ok();
    const request = { path: "//169.254.169.254/latest" };
    const ran = await replay([cassette(exchange({ request })), "--forward", app.url]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(app.requests[0]?.path).toBe("//169.254.169.254/latest");
  });
});
