import { writeFileSync } from "node:fs";
import { request as ask, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { publishProgressText } from "../../commands/publish-file.ts";
import type { BatchReceipt } from "../../src/core/event.ts";
import { keyOf, startTestServer } from "../receive/support/test-server.ts";
import { LiveTerminal } from "../support/live-terminal.ts";
import { openTestHooks } from "../support/local-hooks.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { plainEnv, SOURCE_PROGRAM, testHome } from "../support/source-program.ts";

const GATE_MS = 60_000;

describe("publish --file --dry-run", () => {
  const doubtful = [
    '{"type":"order.paid","data":{"n":1}}',
    '{"type":"order.paid","data":{"n":1}}',
    "{oops",
    '{"type":"order.paid","data":{"n":"1"},"id":"known"}',
    '{"type":"order.paid","data":{"n":2},"id":"known"}',
    '{"type":"nowhere","data":{"n":1}}',
    '{"type":"order.paid","data":{"n":"no"}}',
    '{"type":"order.paid","data":{"n":3}}',
  ].join("\n");

  async function strictShop() {
    const hooks = await openTestHooks();
    const { service } = hooks;
    await service.createSubscription({ url: "https://example.com/in", events: ["order.*"] });
    await service.createEventType({
      name: "order.paid",
      schema: { type: "object", properties: { n: { type: "integer" } } },
    });
    await service.publish({ type: "order.paid", data: Buffer.from('{"n":2}'), id: "known" });
    await service.updateEnvironment({ strict_types: true });
    writeFileSync(path.join(hooks.folder, "events.ndjson"), doubtful);
    const run = (argv: string[], isTty = false) =>
      runInProcess(["publish", "--file", "events.ndjson", ...argv], {
        env: { HOOKS_HOME: hooks.folder, NO_COLOR: "1", HOOKS_NO_INPUT: "1" },
        cwd: hooks.folder,
        isTty,
      });
    return { service, run };
  }

  it("says how many would be stored and what is wrong with which line, as publishing then does, and stores nothing", async () => {
    const { service, run } = await strictShop();
    const before = await service.listEvents();
    const dry = await run(["--dry-run"]);
    expect(dry).toMatchObject({ code: 1, stdout: "3\n" });
    expect(dry.stderr).toContain("error: 4 lines would be refused, 3 events stored");
    const people = await run(["--dry-run"], true);
    expect(people.stdout).toBe("3 events would be stored, 3 deliveries\n");
    expect(people.stderr).toContain("1 line stored already");
    const lines = (await run(["--dry-run", "--json"])).stdout.trim().split("\n");
    const answers = lines.map((line) => JSON.parse(line) as { line: number; error?: { code: string; field: string } });
    expect(await service.listEvents()).toEqual(before);

    expect(answers[0]).toEqual({ line: 1, id: expect.stringMatching(/^line_/), deliveries: 1, dry_run: true });
    expect(answers.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const real = (await run(["--json"])).stdout.trim().split("\n");
    const became = real.map((line) => JSON.parse(line) as (typeof answers)[number]);
    expect(answers.map(({ error }) => error)).toEqual(became.map(({ error }) => error));
    expect(dry.stderr.match(/^line \d+: .*/gm)).toEqual((await run([])).stderr.match(/^line \d+: .*/gm));
    expect((await service.listEvents()).data).toHaveLength(before.data.length + 3);
    // And after that there is nothing left to store.
    expect((await run(["--dry-run"])).stdout).toBe("0\n");
  });

  it("knows an id again that came in an earlier batch", async () => {
    const hooks = await openTestHooks();
    const lines = Array.from({ length: 1_100 }, (_, n) => `{"type":"a.b","data":${n},"id":"e${n % 600}"}`);
    lines[1_099] = lines[499]!;
    writeFileSync(path.join(hooks.folder, "events.ndjson"), lines.join("\n"));
    const run = (...flags: string[]) =>
      runInProcess(["publish", "--file", "events.ndjson", ...flags], {
        env: { HOOKS_HOME: hooks.folder },
        cwd: hooks.folder,
      });
    const dry = await run("--dry-run");
    expect(dry).toMatchObject({ code: 1, stdout: "600\n" });
    expect(dry.stderr).toContain("499 lines would be refused, 600 events stored");
    expect((await run()).stderr).toContain("499 lines refused, 601 events stored");
    expect((await hooks.service.listEvents({ limit: 1 })).data).toHaveLength(1);
  });

  it("is refused for a single event", async () => {
    const hooks = await openTestHooks();
    const run = await runInProcess(["publish", "order.paid", "--data", "1", "--dry-run"], {
      env: { HOOKS_HOME: hooks.folder },
    });
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining("--dry-run needs --file") });
    expect((await hooks.service.listEvents()).data).toEqual([]);
  });

  it("over HTTP takes dry_run beside atomic, and nothing but true and false", async () => {
    const server = await startTestServer();
    onTestFinished(() => server.close());
    const events = [
      { type: "a.b", data: 1, id: "x" },
      { type: "a.b", data: 2, id: "x" },
    ];
    const post = (query: string) =>
      server.ask("POST", `/v1/events/batch?${query}`, { json: { events }, key: "publisher" });
    expect((await post("dry_run=true")).json).toEqual({
      results: [{ id: "x", deliveries: 0 }, { error: expect.objectContaining({ code: "conflict" }) }],
    } satisfies BatchReceipt);
    expect((await post("dry_run=true&atomic=true")).status).toBe(422);
    expect((await post("dry_run=yes")).json.error.field).toBe("dry_run");
    expect((await server.ask("GET", "/v1/events/x")).status).toBe(404);
    expect((await post("dry_run=false")).json.results[0]).toEqual({ id: "x", deliveries: 0 });
    expect((await server.ask("GET", "/v1/events/x")).status).toBe(200);
    expect((await post("dry_run=true")).json.results[0]).toEqual({ id: "x", deliveries: 0, repeated: true });
  });
});

describe("publish --file on a terminal", () => {
  it("shows how much of the file is published, and no bar of what has no end", () => {
    const done = { lines: 500, doneBytes: 1_000, sizeBytes: 4_000 };
    expect(publishProgressText("publishing", done)).toBe("publishing  █████░░░░░░░░░░░░░░░  25 %  of 4 kB, 500 lines");
    expect(publishProgressText("checking", { ...done, doneBytes: 5_000 })).toContain("100 %");
    expect(publishProgressText("publishing", { ...done, sizeBytes: undefined })).toBe("publishing  500 lines");
  });

  it("moves as the server takes batch after batch", { timeout: GATE_MS }, async () => {
    const server = await startTestServer();
    onTestFinished(() => server.close());
    let seen = (): void => {};
    const hasSeen = new Promise<void>((resolve) => {
      seen = resolve;
    });
    // Lets the first batch through, and the second once the bar was seen.
    let batches = 0;
    const gate = createServer((request, response) => {
      const pass = (): void => {
        const { method, headers, url } = request;
        const on = ask(
          `${server.url}${url ?? ""}`,
          { method, headers: { ...headers, host: "127.0.0.1" } },
          (answer) => {
            response.writeHead(answer.statusCode!, answer.headers);
            answer.pipe(response);
          },
        );
        request.pipe(on);
      };
      batches += 1;
      if (batches === 1) pass();
      else void hasSeen.then(pass);
    });
    await new Promise<void>((resolve) => gate.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void gate.close());
    const home = testHome();
    const line = '{"type":"a.b","data":1}\n';
    writeFileSync(path.join(home, "events.ndjson"), line.repeat(1_000));
    const url = `http://127.0.0.1:${(gate.address() as AddressInfo).port}`;
    const command = `'${process.execPath}' '${SOURCE_PROGRAM}' publish --file events.ndjson --server ${url}`;
    const terminal = new LiveTerminal(["sh", "-c", `stty rows 24 cols 100; exec ${command}`], {
      cwd: home,
      env: plainEnv(home, { HOOKS_API_KEY: keyOf("publisher") }),
    });
    await terminal.sees(/publishing {2}█{10}░{10} {2}50 % {2}of 24 kB, 500 lines/);
    seen();
    expect(await terminal.code()).toBe(0);
    expect(terminal.output).toContain("1000 events stored");
  });
});
