import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { CliContext } from "../src/cli/context.ts";
import { HooksError } from "../src/core/errors.ts";
import { quoted } from "../src/core/quoted.ts";
import type { ReadyFrame } from "../src/stream/protocol.ts";
import type { ListenFollower } from "./listen-followers.ts";
import { checkReadyFile } from "./ready-file.ts";

/** As it is written below. */
const FORM = /^\{"session":"[^"\n]*","subscription_id":"sub_\w*"(,"secret":"[^"\n]*")?\}\n$/;

/** The file that tells scripts that the listener listens. Gone when the command ends. */
export class ReadyFile implements ListenFollower {
  readonly #path: string;

  private constructor(file: string) {
    this.#path = file;
  }

  /**
   * Removes what an earlier run left: whoever waits for the file must not meet an old one.
   * @throws HooksError `usage` naming `--ready-file`
   */
  static async prepare(file: string, context: Pick<CliContext, "cwd" | "onExit">): Promise<ReadyFile> {
    const absolute = path.resolve(context.cwd, file);
    await checkReadyFile(absolute, (text) => FORM.test(text));
    try {
      await rm(absolute, { force: true });
    } catch (error) {
      throw unusable(file, "something is there that cannot be removed", error);
    }
    context.onExit(() => rm(absolute, { force: true }));
    return new ReadyFile(absolute);
  }

  /** All at once: nobody reads half of it, and only the user (it holds a secret). */
  async onReady({ session, subscription_id, secrets: [secret] }: ReadyFrame): Promise<void> {
    const facts = { session, subscription_id, secret };
    const unfinished = `${this.#path}.${randomUUID()}`;
    try {
      await writeFile(unfinished, `${JSON.stringify(facts)}\n`, { mode: 0o600, flag: "wx" });
      await rename(unfinished, this.#path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw unusable(this.#path, "it cannot be written", error);
    }
  }
}

function unusable(file: string, why: string, cause?: unknown): HooksError {
  return new HooksError("usage", `--ready-file ${quoted(file)}: ${why}`, { field: "--ready-file", cause });
}
