import { type Command, Option } from "commander";
import { type DeliveryReason, FAILURE_REASONS } from "../../src/core/delivery.ts";
import type { DeadLetterFilter } from "../../src/core/replay.ts";
import { endedSpan } from "../replay.ts";

export interface DeadLetterFlags {
  sub?: string;
  type?: string;
  reason?: DeliveryReason;
  since?: string;
  until?: string;
}

export function addDeadLetterFlags(command: Command): Command {
  return endedSpan(
    command
      .option("--sub <subscription>", "of this subscription (id, beginning or name)")
      .option("--type <event-type>", "of this type or pattern")
      .addOption(new Option("--reason <reason>", "that failed for this reason").choices(FAILURE_REASONS)),
  );
}

export function deadLetterFilter({ sub: subscription, type, reason, since, until }: DeadLetterFlags): DeadLetterFilter {
  return { subscription, type, reason, since, until };
}
