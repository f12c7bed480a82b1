import { HooksError } from "../core/errors.ts";
import type { CliIo, EndSignal, TextSink } from "./io.ts";

const END_SIGNALS: readonly EndSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The real ends. */
export function processIo(): CliIo {
  return {
    // A getter: looking at process.stdin opens it, which commands that read nothing should not pay for.
    get stdin() {
      return process.stdin;
    },
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
    env: process.env,
    get cwd() {
      return currentFolder();
    },
    now: Date.now,
    random: Math.random,
    onSignal(listener) {
      for (const name of END_SIGNALS) process.on(name, listener);
      return () => {
        for (const name of END_SIGNALS) process.off(name, listener);
      };
    },
    exit: (code) => process.exit(code),
  };
}

/** A shell may stand in a folder that somebody has deleted. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new HooksError("usage", "the current folder does not exist any more", {
      hint: "change to one that does, such as: cd",
      cause: error,
    });
  }
}

/** A stream whose reader may leave: without the listener `hooks … | head` would end with an unhandled EPIPE. */
function sink(stream: NodeJS.WriteStream): TextSink {
  const wrapped: TextSink = {
    write: (chunk) => wrapped.closed === true || stream.write(chunk),
    isTTY: stream.isTTY,
    get columns() {
      return stream.columns;
    },
    closed: false,
    get waiting() {
      return stream.writableLength;
    },
    drained: () =>
      new Promise((resolve) => {
        if (wrapped.closed === true || stream.writableLength === 0) resolve();
        else stream.write("", () => resolve()); // called back in turn, and when the stream fails
      }),
  };
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // Data that nobody gets is a failure, unless the reader left; what is said to people never ends anything.
    if (stream === process.stdout && error.code !== "EPIPE" && error.code !== "EIO") {
      process.exitCode = 5;
      process.stderr.write(`error: standard output cannot be written (${error.code})\n`);
    }
    wrapped.closed = true;
  });
  return wrapped;
}
