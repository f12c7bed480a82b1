import type { CliContext } from "../src/cli/context.ts";
import { HooksError } from "../src/core/errors.ts";

/** What a destructive command is about to do, for its question. */
interface Deed {
  /** `deleting` */
  what: string;
  /** `nothing was deleted` */
  undone?: string;
}

/**
 * Before anything is looked at: that somebody can be asked, or said --yes. Answers how to ask.
 * @throws HooksError `usage` where nobody can be asked; the answer throws `failed` for No
 */
export function confirmed(context: CliContext, deed: Deed): (question: string) => Promise<void> {
  const { what, undone = "nothing was changed" } = deed;
  if (context.yes) return async () => {};
  if (!context.canPrompt) {
    throw new HooksError("usage", `${what} needs --yes where nobody can be asked`, {
      field: "--yes",
      // With everything that was typed: a filter that is left out would make it another deed.
      hint: context.typedWith("--yes"),
    });
  }
  return async (question) => {
    if (!(await context.ask.confirm(question))) throw new HooksError("failed", `not confirmed: ${undone}`);
  };
}
