import type { Readable } from "node:stream";
import { HooksError } from "../core/errors.ts";
import type { Prompts } from "./context.ts";

/**
 * Questions on the terminal. The library is loaded for the first question: it costs more than most commands, and
 * without a terminal it fails with an error of its own (whoever asks has looked at `canPrompt`).
 */
export function terminalPrompts(
  streams: { input: Readable; output: NodeJS.WritableStream },
  signal: AbortSignal,
): Prompts {
  const context = { ...streams, signal, clearPromptOnDone: false };
  return {
    text: async (message, { check, fallback } = {}) => {
      const { input } = await import("@inquirer/prompts");
      const validate = (text: string): true | string => check?.(text) ?? true;
      return answered(input({ message, validate, ...(fallback === undefined ? {} : { default: fallback }) }, context));
    },
    secret: async (message, { check } = {}) => {
      const { password } = await import("@inquirer/prompts");
      const validate = (text: string): true | string => check?.(text) ?? true;
      return answered(password({ message, mask: false, validate }, context));
    },
    confirm: async (message) => {
      const { confirm } = await import("@inquirer/prompts");
      return answered(confirm({ message, default: false }, context));
    },
  };
}

/** Ctrl-C in a question is an interruption like any other. */
async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "ExitPromptError" || name === "AbortPromptError") throw new HooksError("interrupted", "interrupted");
    throw error;
  }
}
