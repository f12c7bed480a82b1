// Reads what strace writes (`-f -y -s LARGE -o FILE`): which process asked the kernel for what, and in which order.

/** One system call. Where it began and ended are positions in the trace: between them it may or may not have happened. */
export interface SystemCall {
  name: string;
  /** Between the parentheses, as strace writes it. */
  args: string;
  begun: number;
  ended: number;
  /** What it returned; undefined: it never came back (the process was killed in it). */
  result: number | undefined;
}

const WHOLE = /^(\d+) +(\w+)\((.*)\) += (-?\d+)/s;
const BEGUN = /^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$/s;
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)/s;

/** In the order in which they began. Failed ones (result < 0) are among them. */
export function parseTrace(text: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const open = new Map<string, SystemCall>();
  for (const [index, line] of text.split("\n").entries()) {
    const whole = WHOLE.exec(line);
    if (whole !== null) {
      const [, , name = "", args = "", result] = whole;
      calls.push({ name, args, begun: index, ended: index, result: Number(result) });
      continue;
    }
    const begun = BEGUN.exec(line);
    if (begun !== null) {
      const [, thread = "", name = "", args = ""] = begun;
      const call = { name, args, begun: index, ended: Number.POSITIVE_INFINITY, result: undefined };
      calls.push(call);
      open.set(thread, call);
      continue;
    }
    const resumed = RESUMED.exec(line);
    if (resumed === null) continue;
    const [, thread = "", , rest = "", result] = resumed;
    const call = open.get(thread);
    if (call === undefined) continue;
    open.delete(thread);
    call.args += rest;
    call.ended = index;
    call.result = Number(result);
  }
  return calls;
}

/** The path behind the first argument, a file descriptor shown with `-y`; undefined: it is no file. */
export function pathOf({ args }: SystemCall): string | undefined {
  return /^\d+<(\/[^>]*)>/.exec(args)?.[1]?.replace(/\(deleted\)$/, "");
}

/** The texts in the arguments, in order, as bytes. @throws Error when strace cut one (`"…"...`). */
export function stringsIn({ args }: SystemCall): Buffer[] {
  const found: Buffer[] = [];
  for (const [text, , isCut] of args.matchAll(/"((?:[^"\\]|\\.)*)"(\.\.\.)?/gs)) {
    if (isCut !== undefined) throw new Error(`strace cut a text: a larger -s is needed (${text.slice(0, 40)} …)`);
    found.push(bytesOf(text.slice(1, text.lastIndexOf('"'))));
  }
  return found;
}

const NAMED: Record<string, number> = { n: 10, t: 9, r: 13, f: 12, v: 11, '"': 34, "\\": 92 };

/** C's escapes: the named ones, and octal of one to three digits. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(Buffer.byteLength(text));
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 92) {
      bytes[length++] = code;
      continue;
    }
    at += 1;
    const named = NAMED[text[at]!];
    if (named !== undefined) {
      bytes[length++] = named;
      continue;
    }
    let value = 0;
    let digits = 0;
    for (; digits < 3 && isOctal(text.charCodeAt(at + digits)); digits++) {
      value = value * 8 + text.charCodeAt(at + digits) - 48;
    }
    if (digits === 0) throw new Error(`strace wrote an escape that is not known: \\${text[at]}`);
    bytes[length++] = value;
    at += digits - 1;
  }
  return bytes.subarray(0, length);
}

function isOctal(code: number): boolean {
  return 48 <= code && code <= 55;
}
