import { type Command, CommanderError } from "commander";
import { HooksError, isHooksError } from "../core/errors.ts";
import { VERSION } from "../core/version.ts";
import { loadColors, NO_COLORS, takesColor } from "./color.ts";
import { type CliParts, CommandContext } from "./command-context.ts";
import {
  type CommandTable,
  isGroup,
  type LeafEntry,
  selectCommand,
  topLevel,
  unknownCommand,
} from "./command-table.ts";
import { exitCodeOf, renderError } from "./errors.ts";
import { type GlobalFlags, locationFlags, outputForm, peekOutput } from "./global-flags.ts";
import type { CliIo, EndSignal } from "./io.ts";
import { openOutput, ReaderGone } from "./output.ts";

/**
 * Runs one command line (without node and script) and resolves to its exit code; never rejects. Only the module of
 * the selected command is loaded.
 */
export async function runProgram(
  argv: readonly string[],
  table: CommandTable,
  io: CliIo,
  parts: CliParts,
): Promise<number> {
  const interruption = new Interruption(io);
  const context = new CommandContext(argv, io, parts, interruption);
  let exitCode = 0;
  try {
    await new Run(argv, table, io, context, interruption).start();
    exitCode = context.exitCode;
  } catch (error) {
    exitCode = await report(error, argv, io, interruption);
  }
  try {
    await withinLimit(context.close(), exitCode === 0 ? undefined : CLOSING_LIMIT_MS, () => io.exit(exitCode));
  } catch (error) {
    exitCode = exitCode === 0 ? await report(error, argv, io, interruption) : exitCode;
  }
  if (interruption.signal.aborted) {
    // What was cut off may still hold a socket or a timer, and nobody waits for it any more.
    if (!interruption.cut) await letRead(io);
    // Signals are ours to the last: while Node winds down by itself a further one, of an impatient person, would end the
    // process by its default, with another status and whatever was to be cleared up.
    io.exit(exitCode);
  }
  interruption.stop();
  return exitCode;
}

/** Data waits for its reader, however slow; a log that nobody reads holds up no end that was asked for. */
async function letRead(io: CliIo): Promise<void> {
  await io.stdout.drained?.();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, UNREAD_LIMIT_MS);
  });
  await Promise.race([io.stderr.drained?.(), late]);
  clearTimeout(timer);
}

const UNREAD_LIMIT_MS = 1_000;

/** What failed may also hang while it is closed; what succeeded is given its time (a daemon drains). */
const CLOSING_LIMIT_MS = 5_000;

async function withinLimit(work: Promise<void>, limitMs: number | undefined, onLate: () => void): Promise<void> {
  const timer = limitMs === undefined ? undefined : setTimeout(onLate, limitMs);
  try {
    await work;
  } finally {
    clearTimeout(timer);
  }
}

class Run {
  readonly #argv: readonly string[];
  readonly #table: CommandTable;
  readonly #io: CliIo;
  readonly #context: CommandContext;
  readonly #interruption: Interruption;

  constructor(
    argv: readonly string[],
    table: CommandTable,
    io: CliIo,
    context: CommandContext,
    interruption: Interruption,
  ) {
    this.#argv = argv;
    this.#table = table;
    this.#io = io;
    this.#context = context;
    this.#interruption = interruption;
  }

  async start(): Promise<void> {
    const selection = selectCommand(this.#argv, this.#table);
    switch (selection.kind) {
      case "version":
        this.#io.stdout.write(`${VERSION}\n`);
        return;
      case "root":
        return this.#showHelp([]);
      case "group":
        return this.#showHelp([selection.entry.name]);
      case "help":
        return this.#showHelp(selection.words);
      case "leaf":
        return this.#runLeaf(selection.path, selection.entry, selection.args);
    }
  }

  async #runLeaf(path: readonly string[], entry: LeafEntry, args: readonly string[]): Promise<void> {
    const { loadLeaf, usageError } = await import("./leaf-command.ts");
    const command = await loadLeaf(path, entry, this.#context);
    await this.#prepareOutput(command);
    command.hook("preAction", async () => {
      const flags: GlobalFlags = command.opts();
      const { json, quiet } = outputForm(flags, this.#io.env);
      const color = flags.color === false ? "never" : flags.color;
      await this.#context.begin(
        flags,
        await openOutput(this.#io, { json, quiet, color, location: locationFlags(this.#argv) }),
      );
    });
    const parsed = command
      .parseAsync([...args], { from: "user" })
      .then(() => {})
      .catch((error: unknown) => {
        const usage = error instanceof CommanderError ? usageError(error, command, path) : undefined;
        if (usage !== undefined) throw usage;
        if (!(error instanceof CommanderError)) throw error;
      });
    // A command that waits for something of its own is ended for it; what it opened is closed all the same.
    await (entry.endsBySignal === true ? parsed : this.#interruption.race(parsed));
  }

  async #prepareOutput(command: Command): Promise<void> {
    const { color } = peekOutput(this.#argv, this.#io.env);
    const hasColors = takesColor(color === false ? "never" : color, this.#io.env, this.#io.stdout.isTTY === true);
    const { bold } = await loadColors(hasColors);
    command.configureOutput({
      writeOut: (text) => void this.#io.stdout.write(text.replace(/^(EXAMPLES|Examples?:)$/m, bold("EXAMPLES"))),
      writeErr: () => {}, // commander's own complaint: ours is written once, in report()
      getOutHasColors: () => hasColors,
      getOutHelpWidth: () => this.#helpWidth,
    });
    command.configureHelp({ ...command.configureHelp(), styleTitle: bold });
  }

  /** In a pipe nobody knows how wide it will be shown. */
  get #helpWidth(): number {
    return this.#io.stdout.columns || 120;
  }

  async #showHelp(words: readonly string[]): Promise<void> {
    const [help, topics] = await Promise.all([import("./help.ts"), import("./help-topics.ts")]);
    const { json, color } = peekOutput(this.#argv, this.#io.env);
    const names = words.filter((word) => !word.startsWith("-"));
    if (json === true) {
      const [{ describeCommands }, { jsonLine }] = await Promise.all([
        import("./command-tree.ts"),
        import("./escape.ts"),
      ]);
      this.#io.stdout.write(`${jsonLine(await describeCommands(this.#table, this.#context))}\n`);
      return;
    }
    const choice = color === false ? "never" : color;
    const colors = await loadColors(takesColor(choice, this.#io.env, this.#io.stdout.isTTY === true));
    const [first, ...rest] = names;
    if (first === undefined) {
      this.#io.stdout.write(help.formatRootHelp(this.#table, colors, this.#helpWidth));
      return;
    }
    const topic = Object.hasOwn(topics.HELP_TOPICS, first) ? topics.HELP_TOPICS[first] : undefined;
    const level = topLevel(this.#table);
    const entry = level.find((candidate) => candidate.name === first);
    if (topic !== undefined && rest.length === 0) this.#io.stdout.write(topic);
    else if (entry === undefined) throw unknownCommand(first, level, [], Object.keys(topics.HELP_TOPICS));
    else if (!isGroup(entry)) await this.#runLeaf([first], entry, ["--help"]);
    else if (rest[0] === undefined) this.#io.stdout.write(help.formatGroupHelp(entry, colors, this.#helpWidth));
    else {
      const leaf = entry.commands.find((candidate) => candidate.name === rest[0]);
      if (leaf === undefined) throw unknownCommand(rest[0], entry.commands, [first]);
      await this.#runLeaf([first, leaf.name], leaf, ["--help"]);
    }
  }
}

/** As shells count: 128 and the signal's number. */
const EXIT_CODES: Readonly<Record<EndSignal, number>> = {
  SIGHUP: 129,
  SIGINT: exitCodeOf("interrupted"),
  SIGTERM: 143,
};

/** Ctrl-C, SIGTERM, SIGHUP: the first aborts the signal, the second ends the process at once. */
class Interruption {
  readonly #controller = new AbortController();
  readonly #stop: () => void;
  /** Rejects with `interrupted` at the first signal, unless that is handled. */
  readonly #raised: Promise<never>;
  exitCode = exitCodeOf("interrupted");
  /** True when a command was left where it stood. */
  cut = false;
  endSignal: EndSignal | undefined;
  /** What SIGHUP does instead of ending. */
  onHangup: (() => void) | undefined;
  /** The command ends for the signal by itself. */
  isHandled = false;

  constructor(io: CliIo) {
    let raise: (error: HooksError) => void = () => {};
    this.#raised = new Promise((_, reject) => {
      raise = reject;
    });
    this.#raised.catch(() => {}); // nobody waits for it in a command that ends by itself
    this.#stop = io.onSignal((name) => {
      if (name === "SIGHUP" && !this.signal.aborted && this.onHangup !== undefined) {
        this.onHangup();
        return;
      }
      // A terminal that is closed says so twice: the system to what runs in it, and its shell.
      if (name === "SIGHUP" && this.signal.aborted) return;
      this.exitCode = EXIT_CODES[name];
      if (this.signal.aborted) io.exit(this.exitCode);
      this.endSignal ??= name;
      this.#controller.abort();
      if (!this.isHandled) raise(new HooksError("interrupted", "interrupted"));
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async race(work: Promise<void>): Promise<void> {
    let isDone = false;
    const watched = work.finally(() => {
      isDone = true;
    });
    try {
      await Promise.race([watched, this.#raised]);
    } finally {
      this.cut = !isDone;
      watched.catch(() => {}); // whatever it still says was overtaken by the signal
    }
  }

  stop(): void {
    this.#stop();
  }
}

/** Says on stderr what went wrong. Returns the exit code. */
async function report(error: unknown, argv: readonly string[], io: CliIo, interruption: Interruption): Promise<number> {
  if (error instanceof ReaderGone) return 0;
  const code = isHooksError(error) ? error.code : "internal";
  const { json = false, color } = peekOutput(argv, io.env);
  const choice = color === false ? "never" : color;
  const colors = json ? NO_COLORS : await loadColors(takesColor(choice, io.env, io.stderr.isTTY === true));
  const debug = (io.env["HOOKS_DEBUG"] ?? "") !== "" && io.env["HOOKS_DEBUG"] !== "0";
  io.stderr.write(`${renderError(error, { json, colors, location: locationFlags(argv), debug })}\n`);
  return code === "interrupted" ? interruption.exitCode : exitCodeOf(code);
}
