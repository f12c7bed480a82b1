import { Readable } from "node:stream";
import { COMMANDS } from "../../commands/index.ts";
import type { CliParts } from "../../src/cli/command-context.ts";
import type { CliIo, TextSink } from "../../src/cli/io.ts";
import { runProgram } from "../../src/cli/program.ts";
import { PUBLIC_ADDRESS } from "./egress.ts";

export interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Ends {
  /** Standard input; undefined: a terminal where nobody types. */
  stdin?: Uint8Array | string | undefined;
  env?: Record<string, string>;
  cwd?: string;
  /** Unix ms. Default: the system's. */
  now?: () => number;
  /** True: stdout and stderr are terminals. */
  isTty?: boolean;
  /** Of that terminal. Default: it does not say. */
  columns?: number;
  /** The network. Default: every name has a public address, and nothing may be sent. */
  parts?: Partial<CliParts>;
}

/** One command line of the whole program, run here with ends of its own: no process to start, nothing replaced inside. */
export async function runInProcess(argv: readonly string[], ends: Ends = {}): Promise<Run> {
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  const sink = (chunks: Buffer[]): TextSink => ({
    write: (chunk) => chunks.push(Buffer.from(chunk)),
    isTTY: ends.isTty === true,
    ...(ends.columns === undefined ? {} : { columns: ends.columns }),
  });
  const io: CliIo = {
    stdin: Object.assign(Readable.from(ends.stdin === undefined ? [] : [Buffer.from(ends.stdin)]), {
      isTTY: ends.stdin === undefined,
    }),
    stdout: sink(out),
    stderr: sink(errors),
    env: ends.env ?? {},
    cwd: ends.cwd ?? "/",
    now: ends.now ?? Date.now,
    random: Math.random,
    onSignal: () => () => {},
    exit: (code) => {
      throw new Error(`the program ended itself with ${code}`);
    },
  };
  const code = await runProgram(argv, COMMANDS, io, {
    sendOnce: ends.parts?.sendOnce ?? (() => Promise.reject(new Error("this test sends nothing"))),
    lookUpOnce: ends.parts?.lookUpOnce ?? (async () => ({ kind: "addresses", addresses: [PUBLIC_ADDRESS], keepMs: 0 })),
  });
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(errors).toString() };
}
