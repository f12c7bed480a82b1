import type { CliContext } from "../src/cli/context.ts";
import { startSpinner } from "../src/cli/spinner.ts";
import { HooksError } from "../src/core/errors.ts";
import type { HooksService } from "../src/core/hooks-service.ts";
import type { EventPurge, PurgeStarted } from "../src/core/purge.ts";

/**
 * Counts what a purge would erase, page by page, for as long as it takes, showing on a terminal how far it is.
 * @throws HooksError `interrupted`
 */
export async function countPurge(
  { out, signal }: CliContext,
  service: HooksService,
  purge: EventPurge,
): Promise<PurgeStarted> {
  let total = await service.purgeEvents({ ...purge, dry_run: true });
  if (total.next_cursor === null) return total;
  const spinner = await startSpinner(out, "counting");
  try {
    while (total.next_cursor !== null) {
      spinner.text(`counting  ${total.count} events`);
      if (signal.aborted) throw new HooksError("interrupted", "interrupted: not all events were looked at");
      const page = await service.purgeEvents({ ...purge, dry_run: true, cursor: total.next_cursor });
      total = {
        ...page,
        count: total.count + page.count,
        kept: total.kept + page.kept,
        undecided: total.undecided + page.undecided,
      };
    }
  } finally {
    spinner.stop();
  }
  return total;
}
