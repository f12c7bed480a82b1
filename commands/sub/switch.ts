import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { SUBSCRIPTION_VIEW } from "../../src/cli/subscription-view.ts";
import type { HooksService } from "../../src/core/hooks-service.ts";
import type { SubscriptionResource } from "../../src/core/subscription.ts";

// The four commands that turn one thing on or off: alike but for their verb.

type Verb = "enable" | "disable" | "pause" | "resume";

interface SwitchText {
  description: string;
  done: string;
  change(service: HooksService, id: string): Promise<SubscriptionResource>;
}

const TEXTS: Record<Verb, SwitchText> = {
  enable: {
    description: "Lets a subscription receive events again. What waited from before goes out now.",
    done: "enabled",
    change: (service, id) => service.enableSubscription(id),
  },
  disable: {
    description: "Stops a subscription from collecting events. What waits is kept, unsent, until it is enabled again.",
    done: "disabled",
    change: (service, id) => service.disableSubscription(id),
  },
  pause: {
    description: "Sends nothing more for now; events go on being collected.",
    done: "paused",
    change: (service, id) => service.pauseSubscription(id),
  },
  resume: {
    description: "Ends a pause: what was collected meanwhile goes out now.",
    done: "resumed",
    change: (service, id) => service.resumeSubscription(id),
  },
};

export function subEnableCommand(context: CliContext, run = runSubSwitch): Command {
  return define("enable", context, run);
}

export function subDisableCommand(context: CliContext, run = runSubSwitch): Command {
  return define("disable", context, run);
}

export function subPauseCommand(context: CliContext, run = runSubSwitch): Command {
  return define("pause", context, run);
}

export function subResumeCommand(context: CliContext, run = runSubSwitch): Command {
  return define("resume", context, run);
}

export async function runSubSwitch(
  options: { verb: Verb; id: string; fields?: string[] },
  context: CliContext,
): Promise<void> {
  const { out } = context;
  const { change, done } = TEXTS[options.verb];
  if (printsFields(out, SUBSCRIPTION_VIEW, options.fields)) return;
  const row = await change(await context.service(), options.id);
  const say = (): string => `${out.colors.green("✓")} ${done} ${escapeLine(row.name === "" ? row.id : row.name)}`;
  printChanged(out, row, SUBSCRIPTION_VIEW, { fields: options.fields, say });
}

function define(verb: Verb, context: CliContext, run: typeof runSubSwitch): Command {
  return addFieldsFlag(new Command(verb))
    .description(TEXTS[verb].description)
    .argument("<subscription>", "id, unique beginning of one, or name")
    .addHelpText("after", examples(`hooks sub ${verb} shop`, `hooks sub ${verb} sub_01kz4y --json`))
    .action((id: string, flags: { fields?: string[] }) => run({ verb, id, ...flags }, context));
}
