import { describe, expect, it } from "vitest";
import { createDaemonLog, type LogOptions, type SubscriptionNews } from "../src/daemon-log.ts";
import type { AttemptRecorded } from "../src/deliver/attempt-recorded.ts";
import { attemptRecord } from "./support/attempts.ts";

const RECORD = attemptRecord();
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

describe("the levels", () => {
  const EVENT = {
    tenant: "default",
    environment: "production",
    eventId: "evt_1",
    eventType: "order.paid",
    deliveries: 2,
    bytes: 10,
    repeated: false,
  };
  const ALERT = {
    id: "alr_1",
    scope: { tenant: "default", environment: "production" },
    subscription: undefined,
    rule: { text: "backlog > 5", kind: "backlog" },
    value: 6,
    endedAt: undefined,
  } as const;

  function everything(level: LogOptions["level"], format: LogOptions["format"] = "json"): string[] {
    const lines: string[] = [];
    const log = createDaemonLog({ level, format, write: (line) => lines.push(line) });
    log.published?.(EVENT);
    log.attempt(RECORD, "shop");
    log.attempt({ ...RECORD, ...REFUSED, verdict: "retry", nextAttemptAt: 0 }, "shop");
    log.fault(new TypeError("cannot read x"), { id: "dlv_1", eventId: "evt_1" });
    log.alert(ALERT, "");
    log.alert({ ...ALERT, endedAt: 1 }, "shop");
    return lines;
  }

  it("are those of the systems before: publishing debug, an attempt info, a failed one warn, a fault of ours error", () => {
    const said = everything("debug").map((line) => JSON.parse(line) as { level: number; msg: string });
    expect(said.map(({ level, msg }) => [level, msg])).toEqual([
      [20, "event.published"],
      [30, "attempt.recorded"],
      [40, "attempt.recorded"],
      [50, "delivery.fault"],
      [40, "alert.firing"],
      [30, "alert.resolved"],
    ]);
    expect(said[0]).toMatchObject(EVENT);
    expect(said[3]).toMatchObject({
      deliveryId: "dlv_1",
      error: "cannot read x",
      stack: expect.stringContaining("TypeError"),
    });
    expect(said[4]).toMatchObject({ id: "alr_1", tenant: "default", kind: "backlog", rule: "backlog > 5", value: 6 });
  });

  it.each([
    ["debug", 6],
    ["info", 5],
    ["warn", 3],
    ["error", 1],
    ["silent", 0],
  ] as const)("%s has %i of those lines", (level, lines) => {
    expect(everything(level)).toHaveLength(lines);
    expect(everything(level, "pretty")).toHaveLength(lines);
  });

  it("cost a published event nothing where nobody wants to see it", () => {
    const log = (level: LogOptions["level"]) => createDaemonLog({ level, format: "json", write: () => {} });
    expect(log("info").published).toBeUndefined();
    expect(log("debug").published).toBeTypeOf("function");
  });

  it("are words for people", () => {
    expect(everything("debug", "pretty").map((line) => line.slice("00:00:00 ".length))).toEqual([
      "debug order.paid  stored  evt_1  2 deliveries",
      expect.stringContaining("200"),
      expect.stringContaining("refused"),
      "error dlv_1  cannot read x",
      "warn  ALERT  default/production  backlog > 5  (6)",
      "info  alert over  shop  backlog > 5",
    ]);
  });
});

describe("a log that nobody reads", () => {
  /** Writes a line of 1 kB `count` times; nobody reads but `reading` bytes at the end. */
  function unread(format: LogOptions["format"], level: LogOptions["level"] = "info") {
    const lines: string[] = [];
    let waiting = 0;
    const log = createDaemonLog({
      level,
      format,
      write: (line) => {
        lines.push(line);
        waiting += line.length;
      },
      waiting: () => waiting,
    });
    return {
      lines,
      write: (count: number) => {
        for (let n = 0; n < count; n++) log.error("x".repeat(1_000));
      },
      read: (bytes: number) => {
        waiting -= bytes;
      },
    };
  }

  it.each(["json", "pretty"] as const)("grows to 8 MiB and no further, and says what it left out (%s)", (format) => {
    const log = unread(format);
    log.write(20_000);
    const kept = log.lines.length;
    expect(log.lines.join("").length).toBeGreaterThan(8 * 1024 * 1024);
    expect(log.lines.join("").length).toBeLessThan(8 * 1024 * 1024 + 2_000);
    // Not with every line that is read: then it would be half about itself.
    log.read(1_000_000);
    log.write(1);
    expect(log.lines).toHaveLength(kept);
    log.read(4_000_000);
    log.write(2);
    const [said = "", ...rest] = log.lines.slice(kept);
    expect(said).toContain(
      format === "json" ? '"msg":"log.dropped"' : "lines of this log were dropped: nobody read it",
    );
    expect(said).toContain(String(20_000 - kept + 1));
    expect(rest).toHaveLength(2);
  });

  it("says so at whatever level it is", () => {
    const log = unread("json", "error");
    log.write(20_000);
    const kept = log.lines.length;
    log.read(8_000_000);
    log.write(1);
    expect(JSON.parse(log.lines[kept]!)).toMatchObject({ level: 50, msg: "log.dropped", lines: 20_000 - kept });
  });

  it("is whole while it is read", () => {
    const log = unread("json");
    for (let n = 0; n < 20; n++) {
      log.write(1_000);
      log.read(900_000);
    }
    expect(log.lines).toHaveLength(20_000);
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

describe("what becomes of subscriptions", () => {
  const news: [SubscriptionNews, string][] = [
    [
      { kind: "disabled", id: "sub_1", name: "shop", reason: "failing" },
      "warn  shop  disabled: too many failures in a row",
    ],
    [{ kind: "disabled", id: "sub_1", name: "", reason: "gone" }, "warn  sub_1  disabled: it answered 410"],
    [
      { kind: "rotated", id: "sub_1", name: "shop", grace: "24h" },
      "warn  shop  has a new secret, which its receiver needs within 24h: hooks sub secret sub_1",
    ],
    [
      { kind: "probed", id: "sub_1", name: "shop", status: 204, error: null, enabled: true },
      "info  shop  probed: 204, enabled again",
    ],
    [
      { kind: "probed", id: "sub_1", name: "shop", status: null, error: "refused: …", enabled: false },
      "info  shop  probed: refused: …",
    ],
  ];

  it.each(news)("is said in words to people, and with its facts to programs: %j", (each, words) => {
    const lines: string[] = [];
    for (const format of ["pretty", "json"] as const) {
      createDaemonLog({ level: "info", format, write: (line) => lines.push(line) }).subscription(each);
    }
    expect(lines[0]!.slice("00:00:00 ".length)).toBe(words);
    const { kind, ...facts } = each;
    expect(JSON.parse(lines[1]!)).toMatchObject({ msg: `subscription.${kind}`, ...facts });
  });
});
