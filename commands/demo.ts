import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { type ListView, printList } from "../src/cli/table.ts";
import type { DeliveryDetail, DeliveryState } from "../src/core/delivery.ts";
import { HooksError } from "../src/core/errors.ts";
import type { HooksService } from "../src/core/hooks-service.ts";
import { DEFAULT_TENANT } from "../src/core/scope.ts";
import type { DemoReceiver, Receipt } from "./demo-receiver.ts";

export interface DemoOptions {
  /** Waits before the second, third, … attempt at the receiver that fails twice. */
  retryDelays: readonly string[];
  /** The whole must be over after this time. */
  limitMs: number;
}

/** What the demo needs of its surroundings: it looks at no setting and touches no store of the user. */
export type DemoContext = Pick<CliContext, "out" | "now" | "signal" | "onExit" | "env">;

const DEFAULTS: DemoOptions = { retryDelays: ["200ms", "400ms"], limitMs: 20_000 };
const POLL_MS = 25;

/** Defines `hooks demo`. */
export function demoCommand(context: CliContext, run = runDemo): Command {
  return new Command("demo")
    .summary("watch the whole story in half a minute")
    .description(
      "Runs a relay on a temporary store with two receivers, one of which fails twice, sends them events, and shows " +
        "every delivery and attempt. Nothing of it stays. Exits 0 only if all of it happened.",
    )
    .addHelpText("after", "\nExamples:\n  $ hooks demo\n  $ hooks demo --json")
    .action(() => run(DEFAULTS, context));
}

/** @throws HooksError `failed` naming everything that did not happen; `interrupted` */
export async function runDemo(options: DemoOptions, context: DemoContext): Promise<void> {
  const { out } = context;
  const { bold, dim, green } = out.noteColors;
  const deadline = context.now() + options.limitMs;
  const say = (line = ""): void => out.note(line);
  const program = programName(context.env);
  const command = (line: string): void => say(dim(`       $ ${program} ${line}`));

  const folder = await mkdtemp(path.join(tmpdir(), "hooks-demo-"));
  context.onExit(() => rm(folder, { recursive: true, force: true }));
  say(bold("A whole relay, from the first event to the last retry. Nothing of it stays on this machine."));
  say();

  const { startDaemon } = await import("../src/daemon.ts"); // heavy, and --help needs none of it
  const { DemoReceiver } = await import("./demo-receiver.ts");
  const daemon = await startDaemon({
    storePath: path.join(folder, "hooks.db"),
    dataDirectory: folder,
    host: "127.0.0.1",
    port: 0,
    environment: "development",
  });
  context.onExit(() => daemon.stop());
  endIfInterrupted(context.signal);
  const service = daemon.serviceFor({ tenant: DEFAULT_TENANT, environment: "development" });
  say(`  ${bold("1")}  A relay listens on ${daemon.url}; all its state is one SQLite file.`);
  command("serve");

  const told = (name: string) => (receipt: Receipt) => {
    const answer = receipt.status === 200 ? green("200") : out.noteColors.red(String(receipt.status));
    const signature = receipt.verified ? "signature valid" : "SIGNATURE NOT VALID";
    say(`       ${answer}  ${name.padEnd(6)}  ${receipt.eventId}  attempt ${receipt.attempt}, ${signature}`);
  };
  const steady = new DemoReceiver({ name: "steady", failures: 0, onReceipt: told("steady") });
  const shaky = new DemoReceiver({ name: "shaky", failures: 2, onReceipt: told("shaky") });
  context.onExit(() => Promise.all([steady.close(), shaky.close()]).then(() => undefined));
  const steadyUrl = await steady.listen();
  const shakyUrl = await shaky.listen();
  say(
    `  ${bold("2")}  Two receivers run: "steady" always answers 200, "shaky" answers 500 twice before it answers 200.`,
  );

  const first = await service.createSubscription({ url: steadyUrl, events: ["order.*"], name: "steady" });
  const second = await service.createSubscription({
    url: shakyUrl,
    events: ["order.paid"],
    name: "shaky",
    retry: { strategy: "list", delays: [...options.retryDelays], jitter: 0 },
  });
  steady.secret = first.secret;
  shaky.secret = second.secret;
  say(`  ${bold("3")}  Each has a subscription, with a secret of its own that signs what it gets.`);
  command(`sub create --url ${steadyUrl} --event 'order.*' --name steady`);
  command(`sub create --url ${shakyUrl} --event order.paid --name shaky --retry ${options.retryDelays.join()}`);

  say(`  ${bold("4")}  Two events happen. Each is on disk before it is acknowledged, then goes to who wants it.`);
  const events = [
    { type: "order.created", data: '{"id":"ord_1001","amount":1999,"currency":"eur"}' },
    { type: "order.paid", data: '{"id":"ord_1001","amount":1999,"method":"card"}' },
  ];
  const ids: string[] = [];
  for (const { type, data } of events) {
    command(`trigger ${type} --data '${data}'`);
    ids.push((await service.publish({ type, data: Buffer.from(data) })).id);
  }

  const deliveries = await endedDeliveries(service, ids, deadline, context);
  say(`  ${bold("5")}  The answers above are the receivers'. This is what the relay has on record:`);
  say();
  const names = new Map([first, second].map(({ id, name }) => [id, name]));
  // One id for each delivery; its attempts are rows of the table only.
  if (out.mode === "quiet") for (const { id } of deliveries) out.print(id);
  else printList(out, rowsOf(deliveries, names), VIEW, undefined);

  const missing = whatIsMissing(deliveries, steady, shaky);
  if (missing.length > 0) {
    throw new HooksError("failed", `the demo did not go as it must: ${missing.join("; ")}`, {
      hint: "hooks doctor checks this installation",
    });
  }
  say();
  say(
    `  ${green("✓")}  All delivered, and every signature checked by its receiver. The publisher saw nothing of the failures.`,
  );
  say();
  say(bold("Next, with your own program on port 3000:"));
  command("listen --forward localhost:3000/webhooks");
  command("trigger order.paid --wait          # in a second terminal");
}

/** How the program is called where the demo was: in a checkout, or by npx, hooks is on nobody's PATH. */
export function programName(env: DemoContext["env"]): string {
  const { npm_lifecycle_event: event, npm_command: command, PATH: folders = "" } = env;
  if (event === "demo") return "npx hooks";
  if (event !== "npx" || command !== "exec") return "hooks";
  // Fetched for this one call: under the command's name there would be another package.
  return /[\\/]_npx[\\/]/.test(folders) ? "npx hooks-relay" : "npx hooks";
}

/** Polls: news of a running daemon's deliveries comes over HTTP, which the demo does not need. */
async function endedDeliveries(
  service: HooksService,
  eventIds: readonly string[],
  deadline: number,
  context: DemoContext,
): Promise<DeliveryDetail[]> {
  for (;;) {
    endIfInterrupted(context.signal);
    const events = await Promise.all(eventIds.map((id) => service.getEvent(id)));
    const deliveries = events.flatMap((event) => event.deliveries);
    if (deliveries.every((delivery) => delivery.completed_at !== null) || context.now() > deadline) {
      return Promise.all(deliveries.map((delivery) => service.getDelivery(delivery.id)));
    }
    await sleep(POLL_MS);
  }
}

function endIfInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new HooksError("interrupted", "interrupted");
}

/** An attempt with its delivery: a line of the table at the end. */
interface AttemptRow {
  delivery: string;
  event: string;
  type: string;
  subscription: string;
  /** The subscription's name. */
  receiver: string;
  status: DeliveryState;
  attempt: number;
  outcome: "success" | "failure";
  response_status: number | null;
  duration_ms: number;
  started_at: string;
}

const VIEW: ListView<AttemptRow> = {
  columns: [
    { title: "delivery", text: (row) => row.delivery },
    { title: "event", text: (row) => row.type },
    { title: "receiver", text: (row) => row.receiver },
    { title: "attempt", text: (row) => `${row.attempt}` },
    {
      title: "answer",
      text: (row) => `${row.response_status ?? ""}`,
      paint: (row, colors) => (row.outcome === "success" ? colors.green : colors.red),
    },
    { title: "took", text: (row) => `${row.duration_ms}`, human: (row) => `${row.duration_ms} ms` },
    { title: "started", text: (row) => row.started_at, human: (row) => row.started_at.slice(11, 23) },
    { title: "delivery is", text: (row) => row.status },
  ],
  fields: [
    "delivery",
    "event",
    "type",
    "subscription",
    "receiver",
    "status",
    "attempt",
    "outcome",
    "response_status",
    "duration_ms",
    "started_at",
  ],
  id: (row) => row.delivery,
};

/** In the order of the attempts. */
function rowsOf(deliveries: readonly DeliveryDetail[], names: ReadonlyMap<string, string>): AttemptRow[] {
  const rows = deliveries.flatMap((delivery) =>
    delivery.attempts.map(({ number, outcome, status, duration_ms, started_at }) => ({
      delivery: delivery.id,
      event: delivery.event_id,
      type: delivery.event_type,
      subscription: delivery.subscription,
      receiver: names.get(delivery.subscription) ?? "",
      status: delivery.status,
      attempt: number,
      outcome,
      response_status: status,
      duration_ms,
      started_at,
    })),
  );
  return rows.sort((a, b) => (a.started_at < b.started_at ? -1 : 1));
}

/** Every part of the story that did not happen, as the end of a sentence; empty when all of it did. */
function whatIsMissing(deliveries: readonly DeliveryDetail[], steady: DemoReceiver, shaky: DemoReceiver): string[] {
  const missing: string[] = [];
  if (deliveries.length !== 3) missing.push(`3 deliveries were due, there are ${deliveries.length}`);
  for (const { id, status, attempts } of deliveries) {
    if (status !== "succeeded") missing.push(`${id} is ${status} after ${attempts.length} attempts`);
  }
  const answers = (receiver: DemoReceiver): string =>
    receiver.receipts.map(({ status }) => status).join(", ") || "nothing";
  const expected: [DemoReceiver, string][] = [
    [steady, "200, 200"],
    [shaky, "500, 500, 200"],
  ];
  for (const [receiver, story] of expected) {
    if (answers(receiver) !== story)
      missing.push(`"${receiver.name}" should have answered ${story}, it answered ${answers(receiver)}`);
    const bad = receiver.receipts.filter(({ verified }) => !verified).length;
    if (bad > 0) missing.push(`${bad} of the requests to "${receiver.name}" had no valid signature`);
  }
  const recorded = deliveries.reduce((sum, { attempts }) => sum + attempts.length, 0);
  const received = steady.receipts.length + shaky.receipts.length;
  if (recorded !== received) missing.push(`${received} requests arrived, ${recorded} attempts are on record`);
  return missing;
}
