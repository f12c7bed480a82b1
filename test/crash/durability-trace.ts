import { pathOf, type SystemCall } from "./system-calls.ts";

/** An answer that says that an event is stored, or the like: when it was handed to the kernel, and its text. */
export interface TracedAnswer {
  begun: number;
  status: number;
  text: string;
}

const ANSWER = /^HTTP\/1\.1 (\d{3}) /;

/** Every HTTP answer that the traced process began to write, in order. */
export function answersIn(calls: readonly SystemCall[]): TracedAnswer[] {
  const answers: TracedAnswer[] = [];
  for (const { name, args, begun } of calls) {
    if (name !== "write" && name !== "writev" && name !== "sendto" && name !== "sendmsg") continue;
    const text = [...args.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, one = ""]) => one).join("");
    const status = ANSWER.exec(text)?.[1];
    if (status !== undefined) answers.push({ begun, status: Number(status), text });
  }
  return answers;
}

export interface SyncReport {
  /** Answers 202. */
  answers: number;
  /** Of these: written while something of the log was not synced. */
  unsynced: number;
  /** Syncs of the log. */
  syncs: number;
}

/**
 * Whether each 202 left after a sync that covers everything written to the store's log before it. Exact only while
 * nothing but the publishes of one client, one after another, is written; for several at once the count of syncs says
 * how well they share them.
 */
export function syncsBeforeAnswers(calls: readonly SystemCall[]): SyncReport {
  const writes = calls.filter((call) => call.name === "pwrite64" && isLog(call));
  const syncs = calls.filter((call) => /^f(data)?sync$/.test(call.name) && isLog(call) && call.result === 0);
  const answers = answersIn(calls).filter(({ status }) => status === 202);
  let unsynced = 0;
  let nextWrite = 0;
  let nextSync = 0;
  let lastWritten = -1;
  let syncedUpTo = -1;
  for (const { begun } of answers) {
    for (; nextWrite < writes.length && writes[nextWrite]!.begun < begun; nextWrite++) {
      lastWritten = Math.max(lastWritten, writes[nextWrite]!.ended);
    }
    for (; nextSync < syncs.length && syncs[nextSync]!.ended < begun; nextSync++) {
      syncedUpTo = Math.max(syncedUpTo, syncs[nextSync]!.begun);
    }
    if (lastWritten !== -1 && syncedUpTo < lastWritten) unsynced += 1;
  }
  return { answers: answers.length, unsynced, syncs: syncs.length };
}

function isLog(call: SystemCall): boolean {
  return pathOf(call)?.endsWith("-wal") === true;
}
