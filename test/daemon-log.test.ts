import { describe, expect, it } from "vitest";
import { createDaemonLog, type LogOptions } from "../src/daemon-log.ts";
import type { AttemptRecorded } from "../src/deliver/attempt-recorded.ts";

const RECORD: AttemptRecorded = {
  tenant: "default",
  environment: "development",
  eventId: "evt_1",
  eventType: "order.paid",
  deliveryId: "dlv_1",
  subscriptionId: "sub_1",
  attempt: 1,
  trigger: "auto",
  outcome: "success",
  status: 200,
  errorCode: undefined,
  errorMessage: undefined,
  phase: "done",
  startedAt: 1_760_000_000_000,
  durationMs: 41,
  remoteAddress: "127.0.0.1",
  bytesSent: 2,
  verdict: "succeeded",
  reason: undefined,
  nextAttemptAt: undefined,
  worker: "ses_1",
};
const REFUSED = { outcome: "failure", status: undefined, errorCode: "refused", durationMs: 1 } as const;

function logged(
  format: LogOptions["format"],
  records: Partial<AttemptRecorded>[],
  level: LogOptions["level"] = "info",
) {
  const lines: string[] = [];
  const log = createDaemonLog({ level, format, write: (line) => lines.push(line) });
  for (const record of records) log.attempt({ ...RECORD, ...record }, "shop");
  return lines;
}

describe("the log for people", () => {
  it.each<[Partial<AttemptRecorded>, string]>([
    [{}, "info  order.paid → shop  200  41 ms"],
    [{ attempt: 3 }, "info  order.paid → shop  200  41 ms  try 3"],
    [
      { ...REFUSED, attempt: 2, verdict: "retry", nextAttemptAt: RECORD.startedAt + 299_871 },
      "warn  order.paid → shop  refused  1 ms  try 2, again in 5 min",
    ],
    [
      { ...REFUSED, verdict: "retry", nextAttemptAt: RECORD.startedAt + 5_100 },
      "warn  order.paid → shop  refused  1 ms  try 1, again in 5 s",
    ],
    [
      { outcome: "failure", status: 500, attempt: 10, verdict: "failed", reason: "exhausted" },
      "warn  order.paid → shop  500  41 ms  try 10, given up: that was the last try",
    ],
  ])("says in one line what came of an attempt: %j", (record, line) => {
    const [first = "", ...more] = logged("pretty", [record]);
    expect(first).toMatch(/^\d\d:\d\d:\d\d /);
    expect(first.slice("00:00:00 ".length)).toBe(line);
    expect(more).toEqual([]);
  });

  it("keeps to its level", () => {
    expect(logged("pretty", [{}, { ...REFUSED, verdict: "retry", nextAttemptAt: 0 }], "warn")).toHaveLength(1);
  });
});

describe("the log for programs", () => {
  it("has the whole record, as it is", () => {
    const [line = ""] = logged("json", [{}]);
    const { level, time, msg, ...record } = JSON.parse(line);
    expect({ level, msg }).toEqual({ level: 30, msg: "attempt.recorded" });
    expect(record).toEqual(JSON.parse(JSON.stringify(RECORD)));
    expect(Date.parse(time)).not.toBeNaN();
  });
});
