import { execFileSync } from "node:child_process";
import dns from "node:dns";
import { readdirSync } from "node:fs";
import { open, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { NameAnswer } from "../../src/core/name-answer.ts";
import { NameResolver, type NameResolverOptions } from "../../src/deliver/dns/name-resolver.ts";
import { tempFolder } from "../store/temp-folder.ts";
import { type StubDns, startStubDns } from "../support/stub-dns.ts";

/** Far beyond what a busy machine needs: where a test counts on a name being answered, or not, before something else. */
const LONG_MS = 60_000;

async function stub(answer: Parameters<typeof startStubDns>[0]): Promise<StubDns> {
  const made = await startStubDns(answer);
  onTestFinished(() => made.close());
  return made;
}

function resolver(server: StubDns, options: NameResolverOptions = {}): NameResolver {
  const made = new NameResolver({ dns: server.server, hostsFile: "/none", lookupMs: LONG_MS, ...options });
  onTestFinished(() => made.close());
  return made;
}

/** As a dial does it. */
function resolve(from: NameResolver, name: string): Promise<NameAnswer> {
  const answer = from.atHand(name);
  return answer === undefined
    ? new Promise((done) => {
        from.lookUp(name, done);
      })
    : Promise.resolve(answer);
}

/** Lets the clock that the cache goes by jump; timers go on as they are. */
function jumpingClock(): { ahead: number } {
  const clock = { ahead: 0 };
  const real = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => real() + clock.ahead);
  onTestFinished(() => void vi.restoreAllMocks());
  return clock;
}

describe("a name", () => {
  it("is asked for as it is, both families, and both count", async () => {
    const server = await stub(() => ({ a: ["10.0.0.1"], aaaa: ["fd00::1"], ttl: 30 }));
    expect(await resolve(resolver(server), "one.example")).toEqual({
      kind: "addresses",
      addresses: ["10.0.0.1", "fd00::1"],
      keepMs: 30_000,
    });
    // No search domain was added.
    expect([...server.questions].sort()).toEqual(["one.example A", "one.example AAAA"]);
  });

  it("without a dot, with one at the end, or in capitals is asked for once", async () => {
    const server = await stub(() => ({ a: ["10.0.0.1"] }));
    const from = resolver(server);
    await resolve(from, "intranet");
    await resolve(from, "INTRANET.");
    expect([...server.questions].sort()).toEqual(["intranet A", "intranet AAAA"]);
  });

  it("with AAAA only has these", async () => {
    const server = await stub(() => ({ aaaa: ["fd00::1", "fd00::2"] }));
    expect(await resolve(resolver(server), "six.example")).toMatchObject({ addresses: ["fd00::1", "fd00::2"] });
  });

  it("whose server never answers for AAAA has its A, without waiting for the whole budget", async () => {
    const server = await stub((_name, type) => (type === "A" ? { a: ["10.0.0.1"] } : "silent"));
    // LONG_MS has not passed when this is answered: the test would have timed out.
    expect(await resolve(resolver(server), "half.example")).toMatchObject({ addresses: ["10.0.0.1"] });
  });

  it.each([
    ["does not exist", "nxdomain", "ENOTFOUND"],
    ["has no address", {}, "ENODATA"],
    ["has a server that fails", "servfail", "ESERVFAIL"],
    ["has a server that refuses", "refused", "EREFUSED"],
  ] as const)("that %s fails as such", async (_how, answer, code) => {
    const server = await stub(() => answer);
    expect(await resolve(resolver(server), "bad.example")).toMatchObject({ kind: "failed", code });
  });

  it("that nobody answers for fails when its time is up", async () => {
    const server = await stub(() => "silent");
    const from = resolver(server, { lookupMs: 200 });
    expect(await resolve(from, "dead.example")).toMatchObject({ kind: "failed", code: "ETIMEOUT" });
    expect(from.size.lookups).toBe(0);
  });

  it("fails when there is no name server, and when the name is none", async () => {
    const server = await startStubDns(() => ({}));
    await server.close();
    const from = resolver(server);
    expect(await resolve(from, "any.example")).toMatchObject({ kind: "failed", code: "ECONNREFUSED" });
    expect(await resolve(from, `${"x".repeat(64)}.example`)).toMatchObject({ kind: "failed", code: "EBADNAME" });
  });

  it("is looked up once for all who wait, and again only when its TTL is over", async () => {
    const clock = jumpingClock();
    const server = await stub((_name, _type, n) => ({ a: [n <= 2 ? "10.0.0.1" : "10.0.0.2"], ttl: 20 }));
    const from = resolver(server);
    const answers = await Promise.all(Array.from({ length: 50 }, () => resolve(from, "one.example")));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(server.questions).toHaveLength(2);

    clock.ahead = 19_000;
    expect(await resolve(from, "one.example")).toMatchObject({ addresses: ["10.0.0.1"] });
    expect(server.questions).toHaveLength(2);

    clock.ahead = 21_000;
    expect(await resolve(from, "one.example")).toMatchObject({ addresses: ["10.0.0.2"] });
    expect(server.questions).toHaveLength(4);
  });

  it("that failed is not asked for again for 5 s, and then it is", async () => {
    const clock = jumpingClock();
    const server = await stub((_name, _type, n) => (n <= 2 ? "servfail" : { a: ["10.0.0.1"] }));
    const from = resolver(server);
    await resolve(from, "late.example");
    clock.ahead = 4_000;
    expect(await resolve(from, "late.example")).toMatchObject({ code: "ESERVFAIL" });
    expect(server.questions).toHaveLength(2);
    clock.ahead = 6_000;
    expect(await resolve(from, "late.example")).toMatchObject({ addresses: ["10.0.0.1"] });
  });
});

describe("the hosts file", () => {
  it("wins, is read again when it changes, and leaves other names to the name server", async () => {
    const clock = jumpingClock();
    const server = await stub(() => ({ a: ["10.0.0.1"] }));
    const hostsFile = path.join(tempFolder(), "hosts");
    await writeFile(hostsFile, "10.9.9.9 one.example\n10.9.9.8 app.localhost\n");
    const from = resolver(server, { hostsFile });
    expect(await resolve(from, "One.Example")).toMatchObject({ addresses: ["10.9.9.9"] });
    expect(await resolve(from, "app.localhost")).toMatchObject({ addresses: ["10.9.9.8"] });
    expect(await resolve(from, "two.example")).toMatchObject({ addresses: ["10.0.0.1"] });
    expect(server.questions).toHaveLength(2);

    await writeFile(hostsFile, "10.9.9.7 one.example\n10.9.9.6 two.example\n");
    await utimes(hostsFile, new Date(), new Date(Date.now() + 5_000));
    clock.ahead = 1_500;
    expect(await resolve(from, "one.example")).toMatchObject({ addresses: ["10.9.9.7"] });
    expect(await resolve(from, "two.example")).toMatchObject({ addresses: ["10.9.9.6"] });
    expect(server.questions).toHaveLength(2);
  });

  it("need not be there", async () => {
    const server = await stub(() => ({ a: ["10.0.0.1"] }));
    expect(await resolve(resolver(server, { hostsFile: "/none/at/all" }), "one.example")).toMatchObject({
      addresses: ["10.0.0.1"],
    });
  });

  it("nobody is asked for localhost, or what is below it", async () => {
    const server = await stub(() => ({ a: ["10.0.0.1"] }));
    const from = resolver(server);
    for (const name of ["localhost", "LOCALHOST.", "app.localhost", "a.b.localhost"]) {
      expect(await resolve(from, name)).toMatchObject({ addresses: ["127.0.0.1", "::1"] });
    }
    expect(server.questions).toHaveLength(0);
  });
});

// Measured with ten names whose server fails after 10 s, and fifty others on the same server: `dns.lookup` answers those
// after 50 s, ours within 10 ms.
describe("slow names", () => {
  it("ten whose servers answer nothing do not keep fifty others waiting", async () => {
    const server = await stub((name) => (name.startsWith("slow") ? "held" : { a: ["10.0.0.1"] }));
    const from = resolver(server);
    const ended: string[] = [];
    const slow = Array.from({ length: 100 }, (_, n) =>
      resolve(from, `slow${n % 10}.example`).then(() => ended.push("slow")),
    );
    await server.asked(20);
    const healthy = Array.from({ length: 50 }, (_, n) => resolve(from, `healthy${n}.example`));
    for (const answer of await Promise.all(healthy)) expect(answer.kind).toBe("addresses");
    expect(ended).toEqual([]);
    server.release();
    await Promise.all(slow);
  });

  it("a thousand that nobody knows take only some of the turns: a name known to be quick does not wait", async () => {
    const clock = jumpingClock();
    const server = await stub((name) => (name.startsWith("slow") ? "held" : { a: ["10.0.0.1"], ttl: 5 }));
    const from = resolver(server);
    await resolve(from, "known.example");
    const ended: string[] = [];
    const slow = Array.from({ length: 1_000 }, (_, n) =>
      resolve(from, `slow${n}.example`).then(() => ended.push("slow")),
    );
    await server.asked(2 + 2 * 16);
    clock.ahead = 6_000;
    expect(await resolve(from, "known.example")).toMatchObject({ kind: "addresses" });
    expect(server.questions.filter((question) => question.startsWith("known"))).toHaveLength(4);

    // One that nobody knows waits with the others, though its server is quick.
    const stranger = resolve(from, "new.example");
    await resolve(from, "localhost");
    expect(server.questions).not.toContain("new.example A");
    expect(ended).toEqual([]);
    server.release();
    await Promise.all(slow);
    expect(await stranger).toMatchObject({ kind: "addresses" });
    expect(from.size.lookups).toBe(0);
  });

  it("that were slow lately share a few turns, so that new names have theirs", async () => {
    const clock = jumpingClock();
    const server = await stub((name) => (name.startsWith("slow") ? "held" : { a: ["10.0.0.1"] }));
    const from = resolver(server);
    const askAll = () => Array.from({ length: 16 }, (_, n) => resolve(from, `slow${n}.example`));
    const first = askAll();
    await server.asked(32);
    clock.ahead = 1_000;
    // They end having taken a second.
    from.close();
    await Promise.all(first);
    clock.ahead = 7_000;
    const again = askAll();
    await server.asked(32 + 16);
    expect(await resolve(from, "new.example")).toMatchObject({ kind: "addresses" });
    server.release();
    await Promise.all(again);
  });

  it.skipIf(process.platform === "win32")("hold no thread of Node's pool, which dns.lookup waits for", async () => {
    const server = await stub(() => ({ a: ["10.0.0.1"] }));
    const from = resolver(server);
    // Opening a pipe that nobody writes to holds a thread, as a slow name does in dns.lookup: one for each thread.
    const folder = tempFolder();
    const threads = Number(process.env["UV_THREADPOOL_SIZE"] ?? 4);
    const pipes = Array.from({ length: threads }, (_, n) => path.join(folder, `pipe${n}`));
    execFileSync("mkfifo", pipes);
    const release = () => execFileSync("sh", ["-c", pipes.map((pipe) => `: <> "${pipe}"`).join("; ")]);
    onTestFinished(() => void release());
    const held = pipes.map((pipe) => open(pipe, "r"));
    let isLookedUp = false;
    const lookup = dns.promises.lookup("localhost").then(() => {
      isLookedUp = true;
    });
    for (let n = 0; n < 100; n++) expect(await resolve(from, `a${n}.example`)).toMatchObject({ kind: "addresses" });
    expect(isLookedUp).toBe(false);
    release();
    for (const handle of await Promise.all(held)) await handle.close();
    await lookup;
  });
});

describe("what is not wanted any more", () => {
  it("is never asked for when it had not begun", async () => {
    const server = await stub((name) => (name.startsWith("held") ? "held" : { a: ["10.0.0.1"] }));
    const from = resolver(server);
    const held = Array.from({ length: 16 }, (_, n) => resolve(from, `held${n}.example`));
    await server.asked(32);
    const answered: string[] = [];
    const leave = from.lookUp("left.example", () => answered.push("left"));
    from.lookUp("shared.example", () => answered.push("left shared"))();
    const shared = resolve(from, "shared.example");
    leave();
    server.release();
    await Promise.all([...held, shared]);
    await resolve(from, "last.example");
    expect(answered).toEqual([]);
    expect(server.questions).not.toContain("left.example A");
    expect(server.questions.filter((question) => question === "shared.example A")).toHaveLength(1);
    expect(from.size.lookups).toBe(0);
  });

  it("does not stay: after thousands of dead names nothing is open, and what is remembered is bounded", async () => {
    const server = await stub((name) => (name.startsWith("dead") ? "nxdomain" : "silent"));
    const from = resolver(server, { lookupMs: 100 });
    const before = openFiles();
    const dead = Array.from({ length: 11_000 }, (_, n) => resolve(from, `dead${n}.example`));
    const mute = Array.from({ length: 40 }, (_, n) => resolve(from, `mute${n}.example`));
    const answers = await Promise.all([...dead, ...mute]);
    expect(answers.every(({ kind }) => kind === "failed")).toBe(true);
    expect(from.size).toEqual({ known: 10_000, lookups: 0 });
    expect(openFiles()).toBeLessThanOrEqual(before);
  });
});

/** Files and sockets of this process that are open, c-ares' as well. */
function openFiles(): number {
  return readdirSync("/dev/fd").length;
}
