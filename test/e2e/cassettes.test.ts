import { appendFileSync, chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { formatCassetteHead, formatExchange } from "../../src/core/cassette/cassette-line.ts";
import { verify } from "../../src/index.ts";
import { smallDisk } from "../store/small-disk.ts";
import { HooksHome, type RunningProgram } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

async function recording(home: HooksHome, ...flags: string[]): Promise<RunningProgram> {
  const running = home.start(["listen", "--record", "a.cassette", ...flags]);
  await running.sees(/● connected/);
  return running;
}

const linesOf = (home: HooksHome): Record<string, unknown>[] =>
  readFileSync(path.join(home.folder, "a.cassette"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("hooks listen --record, hooks replay FILE", () => {
  it.each(["max", "real"])("Ctrl-C shows what was sent so far, and waits for no answer (--speed %s)", async (speed) => {
    const home = new HooksHome();
    const app = await openReceiver({ reply: ({ number }) => (number <= 2 ? 204 : "hang") });
    const exchange = (n: number) => ({
      at: Date.UTC(2026, 10, 22) + n * 300,
      eventId: `evt_${n}`,
      eventType: "order.paid",
      attempt: 1,
      durationMs: 1,
      failure: undefined,
      request: { method: "POST", path: "/", query: "", headers: [], body: Buffer.from("{}") },
      answer: undefined,
    });
    const lines = [formatCassetteHead("hooks/test", 0), ...[1, 2, 3].map((n) => formatExchange(exchange(n))), ""];
    writeFileSync(path.join(home.folder, "a.cassette"), lines.join("\n"));
    const running = home.start(["replay", "a.cassette", "--forward", app.url, "--speed", speed, "--json"]);
    await app.request(3);
    expect(await running.kill("SIGINT")).toMatchObject({ code: 130 });
    const rows = running.output.stdout.trim().split("\n");
    expect(rows.map((row) => (JSON.parse(row) as { status: number }).status)).toEqual([204, 204]);
    expect(running.output.stderr).toContain("interrupted after 2 of 3");
  });

  it("what came is sent again: the same bytes, signed anew, and what is answered is compared", async () => {
    const home = new HooksHome();
    const app = await openReceiver({
      reply: ({ text }) => ({
        status: 200,
        headers: { "content-type": "application/json", "set-cookie": "sid=hush" },
        body: text.includes('"n":1.0') ? '{"ok":true}' : '{"ok":false}',
      }),
    });
    await home.serve();
    const running = await recording(
      home,
      "--forward",
      `${app.url}/hook`,
      "--redact",
      "data.user.email",
      "--max-events",
      "2",
    );
    await home.ok("publish", "order.paid", "--data", '{"n":1.0,"user":{"email":"a@example.com","name":"Zoë"}}');
    await running.sees(/order\.paid/);
    await home.ok("publish", "order.refunded", "--data", '{"n":2}');
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(running.output.stderr).toContain("recorded 2 deliveries to a.cassette");

    const file = path.join(home.folder, "a.cassette");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, "utf8");
    for (const secret of ["a@example.com", "hush", "v1,"]) expect(text).not.toContain(secret);
    const [head, first, second] = linesOf(home);
    expect(head).toMatchObject({ hooks_cassette: 1 });
    expect(first).toMatchObject({
      event_type: "order.paid",
      response: { status: 200, body: '{"ok":true}' },
      error: null,
    });
    expect(second).toMatchObject({ event_type: "order.refunded" });

    const secret = `whsec_${Buffer.alloc(32, 6).toString("base64")}`;
    const ran = await home.run(["replay", "a.cassette", "--forward", `${app.url}/hook`, "--secret", secret, "--json"]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(
      ran.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject([
      { event_type: "order.paid", ok: true, differences: [] },
      { event_type: "order.refunded", ok: true, differences: [] },
    ]);
    const [one, two, again, last] = app.requests;
    expect(again?.text).toBe(one?.text.replace("a@example.com", "[redacted]"));
    expect(last?.body.equals(two!.body)).toBe(true);
    expect(last?.headers["webhook-id"]).toBe(two?.headers["webhook-id"]);
    for (const request of [again, last]) {
      expect(verify("standard-webhooks", request!, secret)).toMatchObject({ valid: true });
      expect(request?.path).toBe("/hook");
    }

    app.reply(() => ({ status: 200, headers: { "content-type": "application/json" }, body: '{"ok":1}' }));
    const differs = await home.run(["replay", "a.cassette", "--forward", `${app.url}/hook`]);
    expect(differs.code).toBe(1);
    expect(differs.stdout).toContain("body.ok");
    expect(differs.stderr).toContain("2 of 2 answers were not as expected");
    const status = await home.run(["replay", "a.cassette", "--forward", `${app.url}/hook`, "--expect", "2xx"]);
    expect(status.code, status.stderr).toBe(0);
  });

  it("with --record-secrets nothing is left out", async () => {
    const home = new HooksHome();
    await home.serve();
    const running = await recording(home, "--record-secrets", "--max-events", "1");
    await home.ok("publish", "order.paid", "--data", "{}");
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(readFileSync(path.join(home.folder, "a.cassette"), "utf8")).toMatch(/"webhook-signature","v1,[^"]+"/);
  });

  it("what was forwarded is there after kill -9, and a line that was cut off is said and mended", async () => {
    const home = new HooksHome();
    await home.serve();
    const running = await recording(home);
    await home.ok("publish", "order.paid", "--data", "{}");
    await running.sees(/order\.paid/);
    await expect.poll(() => linesOf(home).length, { timeout: 30_000 }).toBe(2);
    await running.kill("SIGKILL");
    const file = path.join(home.folder, "a.cassette");
    appendFileSync(file, '{"at":"2026-');

    const torn = await home.run(["replay", "a.cassette", "--forward", "1"]);
    expect(torn.code).toBe(2);
    expect(torn.stderr).toContain("a.cassette line 3 is cut off");

    const second = await recording(home, "--max-events", "1");
    await home.ok("publish", "order.refunded", "--data", "{}");
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(second.output.stderr).toContain("ended in the middle of a line");
    expect(linesOf(home).slice(1)).toMatchObject([{ event_type: "order.paid" }, { event_type: "order.refunded" }]);
  });

  it("no other file is written to, and nothing is begun", async () => {
    const home = new HooksHome();
    const file = path.join(home.folder, "a.cassette");
    for (const text of ["notes of mine\n", '{"hooks_cassette":2}\n', "no end of line"]) {
      writeFileSync(file, text);
      const ran = await home.run(["listen", "--record", "a.cassette"]);
      expect(ran.code).toBe(2);
      expect(ran.stderr).toMatch(/--record: a\.cassette line 1: it is (no cassette|a cassette of version 2)/);
      expect(readFileSync(file, "utf8")).toBe(text);
    }
    for (const [args, why] of [
      [["--record", "nowhere/a"], '--record "nowhere/a" cannot be written: there is no such file'],
      [["--record", "."], "it is a folder"],
      [["--record", "/dev/null"], "is not a regular file"],
      [["--record", "b", "--redact", "header:"], '--redact "header:"'],
      [["--redact", "data.a"], "--redact needs --record"],
      [["--record-secrets"], "--record-secrets needs --record"],
      [["--record", "b", "--print-secret"], "--record does nothing with --print-secret"],
    ] as const) {
      const ran = await home.run(["listen", ...args]);
      expect(ran.code).toBe(2);
      expect(ran.stderr).toContain(why);
    }
  });

  it("a full disk ends it with what is wrong, and what was written before is whole", async (context) => {
    const folder = smallDisk(context);
    const home = new HooksHome();
    await home.serve();
    const file = path.join(folder, "a.cassette");
    writeFileSync(path.join(folder, "filler"), Buffer.alloc(5 * 1024 * 1024));
    const running = home.start(["listen", "--record", file]);
    await running.sees(/● connected/);
    const data = JSON.stringify({ text: "x".repeat(200_000) });
    for (let n = 0; n < 10; n++) await home.run(["publish", "order.paid", "--data", "-"], { input: data });
    expect(await running.ended).toMatchObject({ code: 1 });
    expect(running.output.stderr).toContain("cannot be written: no space left on the disk");
    const lines = readFileSync(file, "utf8").split("\n");
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines.slice(0, -1)) JSON.parse(line);
  });

  it("a file of the user's keeps its mode", async () => {
    const home = new HooksHome();
    await home.serve();
    const file = path.join(home.folder, "a.cassette");
    writeFileSync(file, "");
    chmodSync(file, 0o644);
    const running = await recording(home, "--max-events", "1");
    await home.ok("publish", "order.paid", "--data", "{}");
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(linesOf(home)).toHaveLength(2);
  });
});
