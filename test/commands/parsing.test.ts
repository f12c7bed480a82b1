import { Readable } from "node:stream";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { deliveryListCommand } from "../../commands/delivery/list.ts";
import { publishCommand } from "../../commands/publish.ts";
import { replayCommand } from "../../commands/replay.ts";
import { serveCommand } from "../../commands/serve.ts";
import { subCreateCommand } from "../../commands/sub/create.ts";
import { subscriptionInput } from "../../commands/sub/subscription-flags.ts";
import { triggerCommand } from "../../commands/trigger.ts";
import { CommandContext } from "../../src/cli/command-context.ts";
import type { CliContext } from "../../src/cli/context.ts";
import type { CliIo } from "../../src/cli/io.ts";

const io: CliIo = {
  stdin: Readable.from([]),
  stdout: { write: () => true },
  stderr: { write: () => true },
  env: {},
  cwd: "/",
  now: () => 0,
  random: () => 0,
  onSignal: () => () => {},
  exit: () => {},
};

/** What a command hands to its `run`, with nothing run. */
async function parsed<T>(
  define: (context: CliContext, run: (options: T, context: CliContext) => Promise<void>) => Command,
  ...argv: string[]
): Promise<T> {
  const none = () => Promise.reject(new Error());
  const context = new CommandContext(
    [],
    io,
    { sendOnce: none, lookUpOnce: none },
    { signal: new AbortController().signal, endSignal: undefined, onHangup: undefined, isHandled: false },
  );
  let options: T | undefined;
  const command = define(context, async (given) => {
    options = given;
  });
  await command.exitOverride().parseAsync(argv, { from: "user" });
  if (options === undefined) throw new Error("run was not called");
  return options;
}

describe("what is parsed", () => {
  it("sub create", async () => {
    const flags = await parsed(
      subCreateCommand,
      ...["--url", "https://x", "-e", "a.b", "--event", "c.*", "--header", "x-a: 1:2", "--metadata", "team=core=1"],
      ...["--retry", "5s, 5m", "--retry-on", "5xx,network", "--on-410", "fail", "--timeout", "5s", "--rate", "10/s"],
      ...["--concurrency", "3", "--name", "n", "--disabled"],
    );
    expect(flags).toMatchObject({ disabled: true });
    const input = await subscriptionInput(flags, {} as CliContext);
    expect(input).toEqual({
      url: "https://x",
      events: ["a.b", "c.*"],
      name: "n",
      headers: { "x-a": "1:2" },
      metadata: { team: "core=1" },
      retry: { strategy: "list", delays: ["5s", "5m"] },
      retry_on: ["5xx", "network"],
      on_410: "fail",
      timeout: "5s",
      rate_limit: "10/s",
      concurrency: 3,
    });
  });

  it.each([
    [["--order-by", "data.order_id"], { order_by: "data.order_id" }],
    [["--batch", "100"], { batch: { max_events: 100 } }],
    [["--batch", "100,2s"], { batch: { max_events: 100, max_wait: "2s" } }],
    [["--breaker"], { breaker: true }],
    [["--no-breaker"], { breaker: false }],
    [["--auto-disable", "20"], { auto_disable: { failures: 20 } }],
    [
      ["--auto-disable", "20, 1h", "--re-enable", "probe"],
      { auto_disable: { failures: 20, min_span: "1h", re_enable: "probe" } },
    ],
    [["--auto-disable", "off", "--re-enable", "off"], { auto_disable: { failures: 0, re_enable: null } }],
    [[], {}],
  ])("%j sets only that", async (argv, input) => {
    const flags = await parsed(subCreateCommand, ...argv);
    expect(await subscriptionInput(flags, {} as CliContext)).toEqual(input);
  });

  it.each([
    [["--retry-preset", "standard"], "standard"],
    [
      ["--retry-strategy", "exponential", "--max-attempts", "5", "--first-delay", "1s"],
      { strategy: "exponential", max_attempts: 5, first_delay: "1s" },
    ],
    [["--retry", ""], { strategy: "list", delays: [] }],
  ])("retries from %j", async (argv, retry) => {
    const flags = await parsed(subCreateCommand, ...argv);
    expect(await subscriptionInput(flags, {} as CliContext)).toEqual({ retry });
  });

  it.each([
    [["--max-attempts", "5"], /--max-attempts needs --retry-strategy/],
    [["--retry", "1s", "--first-delay", "1s"], /--first-delay needs --retry-strategy/],
    [["--header", "no-colon"], /--header must be 'name: value'/],
    [["--header", "a: 1", "--header", "a: 2"], /--header: a is given twice/],
    [["--metadata", "nothing"], /--metadata must be name=value/],
  ])("%j is refused", async (argv, message) => {
    const flags = await parsed(subCreateCommand, ...argv);
    await expect(subscriptionInput(flags, {} as CliContext)).rejects.toThrow(message);
  });

  it("trigger", async () => {
    expect(
      await parsed(triggerCommand, "order.paid", "--set", "a=1", "--set", "b=2", "--count", "3", "--timeout", "2m"),
    ).toEqual({
      type: "order.paid",
      allowNet: [],
      denyNet: [],
      set: ["a=1", "b=2"],
      header: [],
      count: 3,
      timeout: 120_000,
    });
    expect(await parsed(triggerCommand, "--list")).toMatchObject({ type: undefined, list: true });
  });

  it("publish, replay, delivery list, serve", async () => {
    expect(await parsed(publishCommand, "--file", "-", "--new-ids")).toEqual({
      type: undefined,
      file: "-",
      newIds: true,
    });
    expect(await parsed(replayCommand, "--failed", "--since", "2h", "--type", "a", "--type", "b", "--dry-run")).toEqual(
      {
        header: [],
        ignore: [],
        allowNet: [],
        denyNet: [],
        failed: true,
        since: "2h",
        type: ["a", "b"],
        dryRun: true,
        wait: true,
      },
    );
    expect(await parsed(deliveryListCommand, "--status", "failed", "--limit", "7", "--fields", "id, status")).toEqual({
      status: "failed",
      limit: 7,
      fields: ["id", "status"],
    });
    const doors = [
      "--allow-host",
      "a",
      "--allow-host",
      "b",
      "--trust-proxy",
      "loopback",
      "--trust-proxy",
      "10.0.0.0/8",
    ];
    expect(await parsed(serveCommand, "--port", "0", ...doors)).toEqual({
      localAddress: [],
      alert: [],
      retention: [],
      port: "0",
      allowHost: ["a", "b"],
      trustProxy: ["loopback", "10.0.0.0/8"],
      allowNet: [],
      denyNet: [],
    });
  });
});
