import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { asUsage, collect, netFlags, readJson, wholeNumber } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { type ListView, printList } from "../../src/cli/table.ts";
import type { SendResult } from "../../src/core/attempt.ts";
import { HooksError } from "../../src/core/errors.ts";
import { checkEventType } from "../../src/core/event-pattern.ts";
import { profileOption } from "../sub/subscription-flags.ts";
import { answerOf, directRules, hintOfAnswer, prepareDirect } from "../trigger-directly.ts";

export interface CheckIdempotencyOptions {
  to: string;
  secret?: string;
  data?: string;
  header: string[];
  profile?: string;
  count?: number;
  allowNet: string[];
  denyNet: string[];
  fields?: string[];
}

/** One event, sent twice. */
interface TwiceRow {
  id: string;
  type: string;
  /** Of the first and of the second: a status, or why there is none. */
  first: string;
  second: string;
  /** Status and body are alike. */
  same: boolean;
  /** Both were answered with 2xx. */
  ok: boolean;
}

const VIEW: ListView<TwiceRow> = {
  columns: [
    { title: "event", text: ({ id }) => id, whole: true },
    { title: "first", text: ({ first }) => first },
    { title: "second", text: ({ second }) => second },
    { title: "answers", text: ({ same }) => (same ? "same" : "differ") },
    {
      title: "verdict",
      text: ({ ok }) => (ok ? "ok" : "fails"),
      paint: ({ ok }, colors) => (ok ? colors.green : colors.red),
    },
  ],
  fields: ["id", "type", "first", "second", "same", "ok"],
  id: ({ id }) => id,
};

/** Defines `hooks check idempotency`. */
export function checkIdempotencyCommand(context: CliContext, run = runCheckIdempotency): Command {
  const command = new Command("idempotency")
    .description(
      "Sends each event twice, as every sender of webhooks does one day, and compares the answers: one that is known must " +
        "be answered with 2xx again, or its sender never stops. Whether your program did its work twice is yours to look " +
        "at: the events' ids are in the report.",
    )
    .argument("<event-type>", "for example: order.paid")
    .requiredOption("--to <target>", "your program: URL, HOST:PORT/PATH or a port")
    .option("--secret <secret>", "signs: VALUE, @FILE, - or env:NAME")
    .option("--data <json>", "the event's data: JSON, @FILE or - (default: {})")
    .option("--count <number>", "so many events (default: 3)", wholeNumber("--count", 1, 1_000))
    .option("--header <header>", "own header, 'name: value'", collect, [])
    .addOption(profileOption("--profile <name>", "how the requests look: a name, or FILE.json (docs/profiles.md)"))
    .option("--allow-net <network>", "a private network or name that may be sent to", collect, [])
    .option("--deny-net <network>", "one that may not", collect, []);
  return addFieldsFlag(command)
    .addHelpText(
      "after",
      examples(
        "hooks check idempotency order.paid --to localhost:3000/webhooks --secret env:HOOK_SECRET",
        `hooks check idempotency order.paid --to 3000 --secret env:HOOK_SECRET --data '{"id":"ord_1"}' --count 10`,
      ),
    )
    .action((type: string, flags: CheckIdempotencyOptions) => run(type, flags, context));
}

/** @throws HooksError `failed` when one of the two is not answered with 2xx */
export async function runCheckIdempotency(
  type: string,
  { fields, count = 3, ...options }: CheckIdempotencyOptions,
  context: CliContext,
): Promise<void> {
  const { out } = context;
  if (printsFields(out, VIEW, fields)) return;
  asUsage("event-type", () => checkEventType(type, "<event-type>"));
  context.settings(netFlags(options.allowNet, options.denyNet));
  const data = options.data === undefined ? Buffer.from("{}") : await readJson(context, "--data", options.data);
  const { url, timeoutMs, make } = await prepareDirect({ ...options, event: { type, data } }, context);
  const rules = await directRules(url, context);
  const rows: TwiceRow[] = [];
  for (let number = 0; number < count; number++) {
    const results: SendResult[] = [];
    let id: string | undefined;
    // A second time is another attempt: same id, signed anew.
    for (let time = 0; time < 2; time++) {
      const request = make(id);
      ({ id } = request);
      results.push(
        await context.sendOnce({ url: url.href, headers: request.headers, body: request.body, timeoutMs, rules }),
      );
    }
    const [first, second] = results as [SendResult, SendResult];
    rows.push({
      id: id!,
      type,
      first: answerOf(first),
      second: answerOf(second),
      same: bodyOf(first) === bodyOf(second) && answerOf(first) === answerOf(second),
      ok: [first, second].every(isSuccess),
    });
  }
  printList(out, rows, VIEW, fields);
  const failed = rows.filter(({ ok }) => !ok);
  if (failed.length === 0) return;
  const [{ first, second }] = failed as [TwiceRow];
  const onlySecond = failed.every((row) => !row.ok && /^2\d\d$/.test(row.first));
  throw new HooksError(
    "failed",
    `${failed.length} of ${count} events were not taken twice: ${escapeLine(first)}, then ${escapeLine(second)}`,
    {
      hint: onlySecond
        ? "answer an event that you know already with 2xx: any other answer is tried again"
        : hintOfAnswer(first, url),
    },
  );
}

function isSuccess(result: SendResult): boolean {
  return result.kind === "answered" && 200 <= result.status && result.status < 300;
}

function bodyOf(result: SendResult): string {
  return result.kind === "answered" ? Buffer.from(result.responseBody).toString("latin1") : "";
}
