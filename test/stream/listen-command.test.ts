import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { listenCommand } from "../../commands/listen.ts";
import type { ListenOptions } from "../../commands/listen-flags.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { type Daemon, findDaemon } from "../../src/daemon.ts";
import { verify } from "../../src/index.ts";
import { SESSION_CONCURRENCY } from "../../src/stream/protocol.ts";
import { startDaemonIn } from "../support/daemon-in.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { Cable } from "./support/cable.ts";
import { RunningCommand } from "./support/running-listen.ts";

const WAIT = { timeout: 30_000 };
const SCOPE = { tenant: "default", environment: "development" };
let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "hooks-listen-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
});

async function daemon(): Promise<Daemon> {
  const started = await startDaemonIn(home, {
    // Under any port: some tests come through a cable.
    allowedHosts: ["127.0.0.1"],
  });
  onTestFinished(() => started.stop({ drainMs: 0 }));
  return started;
}

/** `hooks listen …`; interrupted at the end of the test if it still runs. */
function listen(
  args: readonly string[],
  options: { isTty?: boolean; env?: Record<string, string> } = {},
): RunningCommand {
  const running = new RunningCommand(["listen", ...args], { home, ...options });
  onTestFinished(async () => {
    running.interrupt();
    await running.ended;
  });
  return running;
}

async function connected(args: readonly string[], options: { isTty?: boolean; env?: Record<string, string> } = {}) {
  const running = listen(args, options);
  await running.sees("stderr", /● connected/);
  return running;
}

/** The developer's program. Answers its port. */
async function program(handler: RequestListener): Promise<number> {
  const server = createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

function publish(to: Daemon, type = "order.created", data = "{}"): Promise<{ id: string; deliveries: number }> {
  return to.serviceFor(SCOPE).publish({ type, data: Buffer.from(data) });
}

async function delivered(to: Daemon, eventId: string) {
  const service = to.serviceFor(SCOPE);
  await expect
    .poll(async () => (await service.getEvent(eventId)).deliveries[0]?.completed_at, WAIT)
    .toEqual(expect.any(String));
  const [delivery] = (await service.getEvent(eventId)).deliveries;
  return service.getDelivery(delivery!.id);
}

describe("hooks listen", () => {
  it("forwards to the local program, signed, and its answer is the delivery's result", async () => {
    const to = await daemon();
    const seen: { body: string; headers: Record<string, string>; url: string | undefined }[] = [];
    const port = await program((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      request.on("end", () => {
        seen.push({ body, headers: request.headers as Record<string, string>, url: request.url });
        response.writeHead(202, { "x-mine": "1" }).end("got it");
      });
    });
    const readyFile = path.join(home, "ready.json");
    const running = await connected(["--forward", `localhost:${port}/webhooks`, "--ready-file", readyFile]);
    const { id } = await publish(to, "order.created", '{"n":1.0}');
    const detail = await delivered(to, id);
    expect(detail).toMatchObject({
      status: "succeeded",
      response_status: 202,
      response_excerpt: "got it",
      attempt_count: 1,
    });
    expect(detail.attempts[0]?.response_headers).toContainEqual(["x-mine", "1"]);
    expect(seen[0]?.url).toBe("/webhooks");
    expect(seen[0]?.body).toContain('"data":{"n":1.0}');
    expect(seen[0]?.headers["host"]).toBe(`localhost:${port}`);
    const { secret } = JSON.parse(readFileSync(readyFile, "utf8")) as { secret: string };
    const { headers, body } = seen[0]!;
    expect(verify("standard-webhooks", { headers, body }, secret).valid).toBe(true);
    await running.sees("stdout", /\n/);
    expect(running.lines).toEqual([
      expect.stringMatching(new RegExp(`^\\S+Z\t202\t\\d+\torder.created\t${id}\tdlv_\\w+\t1\t$`)),
    ]);
    running.interrupt();
    expect(await running.ended).toBe(0);
    expect(running.stderr).toContain("1 event, 1 ok, 0 failed");
    expect(existsSync(readyFile)).toBe(false);
  });

  it("records a failure once and says in words what to do; the next one comes all the same", async () => {
    const to = await daemon();
    const port = await program(() => {});
    const dead = port === 1 ? 2 : 1;
    const running = await connected(["--forward", String(dead)], { isTty: true });
    const { id } = await publish(to);
    const detail = await delivered(to, id);
    expect(detail).toMatchObject({ status: "failed", reason: "exhausted", attempt_count: 1 });
    expect(detail.error).toContain("local_error");
    await running.sees("stdout", /\n/);
    expect(running.stdout).toMatch(
      new RegExp(
        `^ \\d\\d:\\d\\d:\\d\\d  ERR +\\d+ ms  order.created +${id}  ECONNREFUSED 127.0.0.1:${dead}: nothing listens there. Start your server, then: hooks delivery retry ${detail.id}\n$`,
      ),
    );
    running.interrupt();
    expect(await running.ended).toBe(0);
    expect(running.stderr).toContain("1 event, 0 ok, 1 failed");
  });

  it("with --retry a failed delivery stays on the schedule", async () => {
    const to = await daemon();
    await connected(["--forward", "1", "--retry"]);
    const { id } = await publish(to);
    const service = to.serviceFor(SCOPE);
    await expect.poll(async () => (await service.getEvent(id)).deliveries[0]?.status, WAIT).toBe("retrying");
  });

  it("without --forward answers 200; --print shows the whole delivery as JSON", async () => {
    const to = await daemon();
    const running = await connected(["--print", "--max-events", "2", "--session", "mine"]);
    const first = await publish(to, "order.created", '{"text":"\\u001b]0;x\\u0007 \u202e"}');
    await publish(to, "order.paid");
    expect(await running.ended).toBe(0);
    const printed = running.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(printed.map((line) => line["event_type"])).toEqual(["order.created", "order.paid"]);
    expect(printed[0]).toMatchObject({
      type: "delivery",
      event_id: first.id,
      attempt: 1,
      replay: false,
      method: "POST",
      path: "/",
      result: { status: 200, headers: [], body: "", truncated: false },
      error: null,
    });
    expect(printed[0]?.["headers"]).toContainEqual(["webhook-id", first.id]);
    expect(JSON.parse(String(printed[0]?.["body"]))).toMatchObject({
      type: "order.created",
      data: { text: "\u001b]0;x\u0007 \u202e" },
    });
    expect(running.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  });

  it("--json prints what happens as lines with a type", async () => {
    const to = await daemon();
    const running = listen(["--json", "--max-events", "1"]);
    await running.sees("stdout", /"ready"/);
    await publish(to);
    expect(await running.ended).toBe(0);
    const types = running.lines.map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(["ready", "delivery", "end"]);
    expect(running.stdout).not.toContain("whsec_");
  });

  it("takes only the events that were asked for", async () => {
    const to = await daemon();
    const running = await connected(["--events", "order.*", "--events", "invoice.paid", "--max-events", "2"]);
    expect((await publish(to, "customer.created")).deliveries).toBe(0);
    await publish(to, "invoice.paid");
    await publish(to, "order.created");
    expect(await running.ended).toBe(0);
    expect(running.lines.length).toBe(2);
  });

  it("--concurrency 1 hands out one at a time, 3 three", async () => {
    const to = await daemon();
    for (const most of [1, 3]) {
      let atOnce = 0;
      let peak = 0;
      const port = await program((_request, response) => {
        atOnce += 1;
        peak = Math.max(peak, atOnce);
        setTimeout(() => {
          atOnce -= 1;
          response.end();
        }, 20);
      });
      const running = await connected(["--forward", String(port), "--concurrency", String(most), "--max-events", "9"]);
      await Promise.all(Array.from({ length: 9 }, () => publish(to)));
      expect(await running.ended).toBe(0);
      expect(peak).toBe(most);
    }
  });

  it("--timeout bounds the local program", async () => {
    const to = await daemon();
    const port = await program(() => {});
    await connected(["--forward", String(port), "--timeout", "1s"]);
    const { id } = await publish(to);
    expect(await delivered(to, id)).toMatchObject({ status: "failed", error: expect.stringContaining("timeout") });
  });
});

describe("what happens while nobody listens", () => {
  it("after Ctrl-C nothing is collected", async () => {
    const to = await daemon();
    const running = await connected([]);
    running.interrupt();
    await running.ended;
    expect((await publish(to)).deliveries).toBe(0);
  });

  it("after a quit what nobody took is cancelled, and does not come up in a later run", async () => {
    const to = await daemon();
    const service = to.serviceFor(SCOPE);
    const running = await connected(["--max-events", "3", "--concurrency", "5"]);
    await service.publishBatch(Array.from({ length: 40 }, () => ({ type: "order.created", data: Buffer.from("{}") })));
    expect(await running.ended).toBe(0);
    const states = async (): Promise<Record<string, number>> => {
      const { data } = await service.listDeliveries({ limit: 200 });
      return Object.fromEntries(
        ["succeeded", "cancelled"].map((state) => [state, data.filter(({ status }) => status === state).length]),
      );
    };
    await expect.poll(states, WAIT).toEqual({ succeeded: 3, cancelled: 37 });
  });

  it("after Ctrl-C with --keep it waits, and the next run says what was missed and gets it", async () => {
    const to = await daemon();
    const running = await connected(["--keep"]);
    running.interrupt();
    await running.ended;
    for (let count = 0; count < 3; count++) expect((await publish(to)).deliveries).toBe(1);
    const again = await connected(["--max-events", "3"]);
    expect(await again.ended).toBe(0);
    expect(again.stderr).toMatch(/missed \d\d:\d\d–\d\d:\d\d, 3 events, replaying/);
    expect(again.lines.length).toBe(3);
  });

  it("after a lost connection it waits, in the order of the events, and the program gets nothing twice", async () => {
    const to = await daemon();
    const cable = await Cable.to(Number(new URL(to.url).port));
    onTestFinished(() => cable.close());
    const bodies: string[] = [];
    const port = await program((request, response) => {
      bodies.push(String(request.headers["webhook-id"]));
      response.end();
    });
    const remote = ["--server", cable.url, "--api-key", to.token];
    const running = await connected([...remote, "--forward", String(port), "--concurrency", "1", "--max-events", "21"]);
    const ids = [(await publish(to)).id];
    await running.sees("stdout", /\n/);
    cable.cut();
    for (let count = 0; count < 20; count++) ids.push((await publish(to)).id);
    expect(await running.ended).toBe(0);
    expect(bodies).toEqual(ids);
    expect(running.stderr).toContain("not connected:");
    expect(running.stderr).toContain("● connected again");
  });

  it("the daemon restarts: it is found again on its new port", async () => {
    const first = await daemon();
    const running = await connected([]);
    await first.stop();
    await running.sees("stderr", /not connected: no daemon runs on this store/);
    const second = await daemon();
    expect(second.url).not.toBe(first.url);
    await running.sees("stderr", /connected again/);
    await publish(second);
    await running.sees("stdout", /order\.created/);
  });
});

describe("without a daemon", () => {
  it("runs its parts itself, and they end with it", async () => {
    const running = await connected(["--max-events", "1"]);
    expect(running.stderr).toContain("no daemon is running: its parts run here");
    const storePath = path.join(home, "hooks.db");
    expect(await findDaemon(storePath, home)).toBeDefined();
    const sent = await runInProcess(["trigger", "order.created", "--data", "{}"], {
      env: { HOOKS_HOME: home },
      cwd: home,
    });
    expect(sent.code).toBe(0);
    expect(await running.ended).toBe(0);
    expect(running.stdout).toContain("order.created");
    expect(await findDaemon(storePath, home)).toBeUndefined();
  });

  it("two at once: one runs the parts, the other finds them", async () => {
    const both = [listen(["--session", "a"]), listen(["--session", "b"])];
    for (const one of both) await one.sees("stderr", /● connected/);
    const starters = both.filter(({ stderr }) => stderr.includes("its parts run here"));
    expect(starters.length).toBe(1);
  });

  it("of two, the one that is left runs the parts when the first one ends, and misses nothing", async () => {
    const first = await connected(["--session", "a"]);
    const second = await connected(["--session", "b"]);
    expect(second.stderr).not.toContain("its parts run here");
    first.interrupt();
    expect(await first.ended).toBe(0);
    const sent = await runInProcess(["trigger", "order.created", "--data", "{}"], {
      env: { HOOKS_HOME: home },
      cwd: home,
    });
    expect(sent.code).toBe(0);
    await second.sees("stderr", /its parts run here[\s\S]*connected again/);
    await second.sees("stdout", /order\.created/);
  });
});

describe("flags", () => {
  it("--print-secret prints the secret that signs and ends, and it stays the same", async () => {
    await daemon();
    const first = listen(["--print-secret"]);
    expect(await first.ended).toBe(0);
    expect(first.stdout).toMatch(/^whsec_[\w+/=]+\n$/);
    const second = listen(["--print-secret"]);
    await second.ended;
    expect(second.stdout).toBe(first.stdout);
  });

  it("--print-secret is the hint of who listens, and works whatever the events are", async () => {
    const to = await daemon();
    const readyFile = path.join(home, "ready.json");
    const running = await connected(["--events", "order.*", "--keep", "--ready-file", readyFile]);
    const [, flags = ""] = /^hint: the whole secret: hooks listen (.+)$/m.exec(running.stderr) ?? [];
    expect(flags).toMatch(/^--print-secret --session \S+$/);
    await expect.poll(() => existsSync(readyFile), WAIT).toBe(true);
    const { secret } = JSON.parse(readFileSync(readyFile, "utf8")) as { secret: string };
    const printed = listen(flags.split(" "));
    expect(await printed.ended).toBe(0);
    expect(printed.stdout).toBe(`${secret}\n`);
    // Nor does it change what the session takes, while somebody listens or after.
    running.interrupt();
    await running.ended;
    expect(await listen(flags.split(" ")).ended).toBe(0);
    expect((await publish(to, "invoice.paid")).deliveries).toBe(0);
    expect((await publish(to, "order.paid")).deliveries).toBe(1);
  });

  it("--print-secret of a session that is new or has stopped collects nothing", async () => {
    const to = await daemon();
    expect(await listen(["--print-secret"]).ended).toBe(0);
    expect((await publish(to)).deliveries).toBe(0);
    expect(
      await (await connected(["--max-events", "1"]).then((running) => publish(to).then(() => running))).ended,
    ).toBe(0);
    expect(await listen(["--print-secret"]).ended).toBe(0);
    expect((await publish(to)).deliveries).toBe(0);
  });

  it("--print-secret takes nothing away from who listens, nor from what waits", async () => {
    const to = await daemon();
    const running = await connected([]);
    await listen(["--print-secret"]).ended;
    await publish(to);
    await running.sees("stdout", /order\.created/);
  });

  it("--ready-file is written at once, for the user alone, in place of an old one", async () => {
    await daemon();
    const file = path.join(home, "ready.json");
    const old = { session: "old", subscription_id: "sub_0", secret: "whsec_b2xk" };
    writeFileSync(file, `${JSON.stringify(old)}\n`);
    const running = listen(["--ready-file", "ready.json"]);
    await expect
      .poll(() => existsSync(file) && readFileSync(file, "utf8"), WAIT)
      .toMatch(/"subscription_id":"sub_\w{5}/);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
      session: expect.any(String),
      subscription_id: expect.stringMatching(/^sub_/),
      secret: expect.stringMatching(/^whsec_/),
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    running.interrupt();
    await running.ended;
  });

  it.each([["{}"], ['{"name":"mine"}\n'], ['{"session":"a","subscription_id":"sub_0"}\nmore'], ["a".repeat(5_000)]])(
    "--ready-file replaces nothing that is no ready file (%s)",
    async (text) => {
      const file = path.join(home, "package.json");
      writeFileSync(file, text);
      const ends = { env: { HOOKS_HOME: home }, cwd: home };
      const ran = await runInProcess(["listen", "--forward", "3000", "--ready-file", "package.json"], ends);
      expect(ran).toMatchObject({ code: 2, stdout: "" });
      expect(ran.stderr).toContain("package.json exists and is no ready file");
      expect(readFileSync(file, "utf8")).toBe(text);
    },
  );

  it("--ephemeral gives a session of its own", async () => {
    const to = await daemon();
    const [one, two] = [await connected(["--ephemeral"]), await connected(["--ephemeral"])];
    expect((await publish(to)).deliveries).toBe(2);
    for (const each of [one, two]) await each.sees("stdout", /order\.created/);
  });

  it("--header is set on the forwarded request", async () => {
    const to = await daemon();
    const header = Promise.withResolvers<unknown>();
    const port = await program((request, response) => {
      header.resolve(request.headers["x-team"]);
      response.end();
    });
    await connected(["--forward", String(port), "--header", "X-Team: mine"]);
    await publish(to);
    expect(await header.promise).toBe("mine");
  });

  it.each([
    [["--forward", "example.com"], "--forward", "--forward-allow-remote"],
    [["--forward", "70000"], "--forward", "localhost:3000/webhooks"],
    [["--events", "a..b"], "--events", "invoice.*"],
    [["--session", "a b"], "--session", ""],
    [["--header", "x: y"], "--header", "--forward"],
    [["--forward", "1", "--header", "xy"], "--header", "name: value"],
    [["--forward", "1", "--header", "x: a\u0000b"], "--header", ""],
    [["--forward", "1", "--header", "Content-Length: 5"], "--header", ""],
    [["--forward-allow-remote"], "--forward-allow-remote", "--forward"],
    [["--timeout", "0s"], "--timeout", "1s"],
    [["--timeout", "10"], "--timeout", ""],
    [["--concurrency", "0"], "--concurrency", "1"],
    [["--concurrency", String(SESSION_CONCURRENCY + 1)], "--concurrency", String(SESSION_CONCURRENCY)],
    [["--max-events", "-1"], "--max-events", ""],
    [["--keep", "soon"], "--keep", ""],
    [["--keep", "--ephemeral"], "--keep", "--ephemeral"],
    [["--print-secret", "--forward", "1"], "--forward", "--print-secret"],
    [["--ready-file", "no/such/folder/x"], "--ready-file", ""],
    [["--session", "a", "--session", "b"], "--session", "twice"],
    [["--forwrad", "1"], "--forwrad", "--forward"],
  ])("%j is refused before anything is opened", async (args, flag, says) => {
    const ran = await runInProcess(["listen", ...args], { env: { HOOKS_HOME: home }, cwd: home });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(flag);
    expect(ran.stderr).toContain(says);
    expect(ran.stdout).toBe("");
    expect(existsSync(path.join(home, "hooks.db"))).toBe(false);
  });

  it("are parsed as they are named", async () => {
    let parsed: ListenOptions | undefined;
    const command = listenCommand({} as CliContext, async (options) => {
      parsed = options;
    });
    await command.parseAsync(
      ["--forward", "3000", "--keep", "7d", "--timeout", "2m", "--events", "a", "--events", "b.*"],
      { from: "user" },
    );
    const none = { view: true, redact: [], source: [], header: [], route: [], envName: [], expect: [], fault: [] };
    expect(parsed).toEqual({ forward: "3000", keep: 604_800_000, timeout: 120_000, events: ["a", "b.*"], ...none });
    await listenCommand({} as CliContext, async (options) => {
      parsed = options;
    }).parseAsync(["--keep"], { from: "user" });
    expect(parsed?.keep).toBe(true);
  });
});

describe("a server", () => {
  it("that refuses the key ends it with 4", async () => {
    const to = await daemon();
    const running = listen(["--server", to.url, "--api-key", "hk_wrong"]);
    expect(await running.ended).toBe(4);
    expect(running.stderr).toMatch(
      /^error: the key is not known\nhint: hooks login http:.* or give a key: --api-key-file/m,
    );
  });

  it("that is named without a key ends it with 4, dialling nobody", async () => {
    const running = listen(["--server", "http://127.0.0.1:1"]);
    expect(await running.ended).toBe(4);
    expect(running.stderr).toBe(
      "error: not signed in at http://127.0.0.1:1\nhint: hooks login http://127.0.0.1:1, or give a key: --api-key-file FILE, HOOKS_API_KEY or --api-key KEY\n",
    );
  });

  it("that is not there is dialled once by --print-secret: 5", async () => {
    const running = listen(["--print-secret", "--server", "http://127.0.0.1:1", "--api-key", "hk_x"]);
    expect(await running.ended).toBe(5);
    expect(running.stdout).toBe("");
    expect(running.stderr).toMatch(/^error: the server cannot be reached: .*ECONNREFUSED/m);
  });

  it("that is not there is dialled until Ctrl-C, which then is 130", async () => {
    const running = listen(["--server", "http://127.0.0.1:1", "--api-key", "hk_x"]);
    await running.sees("stderr", /not connected: .*ECONNREFUSED/);
    running.interrupt();
    expect(await running.ended).toBe(130);
  });

  it("whose session another listener has with other events: 6", async () => {
    await daemon();
    await connected(["--session", "mine", "--events", "a"]);
    const second = listen(["--session", "mine", "--events", "b"]);
    expect(await second.ended).toBe(6);
    expect(second.stderr).toContain("--session NAME");
  });
});

describe("Ctrl-C", () => {
  it("lets the local program finish what it has in hand", async () => {
    const to = await daemon();
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const port = await program((_request, response) => {
      begun.resolve();
      void finish.promise.then(() => response.end("done"));
    });
    const running = await connected(["--forward", String(port)]);
    const { id } = await publish(to);
    await begun.promise;
    running.interrupt();
    await running.sees("stderr", /finishing 1 in hand; Ctrl-C again ends at once/);
    finish.resolve();
    expect(await running.ended).toBe(0);
    expect(await delivered(to, id)).toMatchObject({ status: "succeeded", response_excerpt: "done" });
  });

  it("while the daemon is away lets it finish, too, and says that the event comes again", async () => {
    const to = await daemon();
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const seen: (string | undefined)[] = [];
    const port = await program((request, response) => {
      seen.push(request.headers["webhook-id"] as string | undefined);
      begun.resolve();
      void finish.promise.then(() => response.end("done"));
    });
    const running = await connected(["--forward", String(port)]);
    const { id } = await publish(to);
    await begun.promise;
    await to.stop({ drainMs: 0 });
    await running.sees("stderr", /not connected/);
    running.interrupt();
    await running.sees("stderr", /finishing 1 in hand/);
    await running.sees("stderr", /the connection is gone/);
    finish.resolve();
    expect(await running.ended).toBe(0);
    expect(running.stderr).toContain("1 event, 1 ok, 0 failed");
    const again = await daemon();
    await connected(["--forward", String(port)]);
    expect(await delivered(again, id)).toMatchObject({ status: "succeeded", response_excerpt: "done" });
    expect(seen).toEqual([id, id]);
  });
});

describe("a reader that goes away", () => {
  it("ends it silently and with 0, as `head` expects", async () => {
    const to = await daemon();
    const running = await connected(["--print"]);
    await publish(to);
    await running.sees("stdout", /\n/);
    running.readerGoes();
    await publish(to);
    expect(await running.ended).toBe(0);
    expect(running.stderr).not.toContain("error");
  });
});

describe("kill -9", () => {
  it("of the listener: what it had in hand and what came since is delivered to the next one", async () => {
    const to = await daemon();
    const begun = Promise.withResolvers<void>();
    const seen: string[] = [];
    let holds = true;
    const port = await program((request, response) => {
      begun.resolve();
      if (holds) return;
      seen.push(String(request.headers["webhook-id"]));
      response.end();
    });
    const main = path.join(import.meta.dirname, "../../commands/main.ts");
    const child = spawn(process.execPath, [main, "listen", "--forward", String(port), "--ready-file", "ready.json"], {
      cwd: home,
      env: { PATH: process.env["PATH"] ?? "", HOOKS_HOME: home },
      stdio: "ignore",
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await expect.poll(() => existsSync(path.join(home, "ready.json")), WAIT).toBe(true);
    const ids = [(await publish(to)).id];
    await begun.promise;
    child.kill("SIGKILL");
    await once(child, "close");
    ids.push((await publish(to)).id);
    holds = false;
    const next = await connected(["--forward", String(port), "--max-events", "2", "--concurrency", "1"]);
    expect(await next.ended).toBe(0);
    expect(seen.toSorted()).toEqual(ids.toSorted());
    for (const id of ids) expect(await delivered(to, id)).toMatchObject({ status: "succeeded", attempt_count: 1 });
  });
});
