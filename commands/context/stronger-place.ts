import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { isSameServer } from "../../src/config/contexts.ts";
import { isHooksError } from "../../src/core/errors.ts";
import type { ContextRow } from "./context-view.ts";

/** A context that was just chosen does nothing where a variable or a project's file says otherwise: that is told at once. */
export function noteStrongerPlace({ server }: ContextRow, context: CliContext): void {
  try {
    const { target, values } = context.settings();
    const works =
      target.kind === "remote" ? server !== null && isSameServer(target.server, new URL(server)) : server === null;
    if (works) return;
    const place = target.kind === "remote" ? target.server.href : target.storePath;
    const origin = values.find(({ key }) => key === (target.kind === "remote" ? "server" : "store"))?.origin ?? "";
    context.out.note(`note: here ${escapeLine(origin)} is stronger: commands work on ${escapeLine(place)}`);
  } catch (error) {
    // Settings that cannot be read are told by the next command that needs them; what was asked for here is done.
    if (!isHooksError(error)) throw error;
    context.out.note(`warning: ${escapeLine(error.message)}`);
  }
}
