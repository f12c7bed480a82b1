import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { examples } from "../src/cli/help.ts";
import { liveService } from "../src/cli/live-service.ts";
import { addFieldsFlag } from "../src/cli/pages.ts";
import { printsFields } from "../src/cli/print-one.ts";
import { printList } from "../src/cli/table.ts";
import { WHY_VIEW, whyLines } from "../src/cli/why-view.ts";
import { isHooksError } from "../src/core/errors.ts";
import type { WhyQuery, WhyResource } from "../src/core/why/why.ts";

export interface WhyOptions {
  event: string;
  subscription?: string | undefined;
  fields?: string[];
}

/** Defines `hooks why`. */
export function whyCommand(context: CliContext, run = runWhy): Command {
  return addFieldsFlag(new Command("why"))
    .description(
      "Says for each subscription why an event was delivered to it or was not: patterns, filter, state, what it waits for, its attempts in words, and what to do.",
    )
    .argument("<event>", "id, or unique beginning of one")
    .argument("[subscription]", "id, unique beginning of one, or name (default: all that are concerned)")
    .addHelpText(
      "after",
      examples(
        "hooks why evt_01kz4y5d",
        "hooks why evt_01kz4y5d billing",
        "hooks why evt_01kz4y5d --json | jq .subscriptions",
      ),
    )
    .action((event: string, subscription: string | undefined, flags: { fields?: string[] }) =>
      run({ event, subscription, ...flags }, context),
    );
}

export async function runWhy({ event, subscription, fields }: WhyOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, WHY_VIEW, fields)) return;
  const why = await ask({ event, subscription }, context);
  if (fields !== undefined || out.mode === "quiet" || out.mode === "plain")
    printList(out, why.subscriptions, WHY_VIEW, fields);
  else if (out.mode === "json") out.print(jsonLine(why));
  else for (const line of whyLines(why, out, context.now())) out.print(line);
  if (out.mode !== "json") for (const note of why.notes) out.note(`note: ${escapeLine(note)}`);
}

/** The process that sends knows most; without one, what the store knows. */
async function ask(query: WhyQuery, context: CliContext): Promise<WhyResource> {
  const live = await liveService(context);
  if (live !== undefined) {
    try {
      return await live.why(query);
    } catch (error) {
      if (!isHooksError(error) || !["unreachable", "unavailable", "unauthenticated"].includes(error.code)) throw error;
    }
  }
  return (await context.service({ reads: true })).why(query);
}
