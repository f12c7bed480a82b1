import { describe, expect, it } from "vitest";
import { Disk } from "./disk-image.ts";
import { answersIn, syncsBeforeAnswers } from "./durability-trace.ts";
import { Seeded } from "./seeded.ts";
import { parseTrace, pathOf, stringsIn } from "./system-calls.ts";

const WAL = "/x/hooks.db-wal";

describe("a trace of strace", () => {
  it("is read call by call, also where one thread's call stands in the middle of another's", () => {
    const calls = parseTrace(
      [
        `7 pwrite64(23<${WAL}>, "ab", 2, 100) = 2`,
        `7 fsync(23<${WAL}>  <unfinished ...>`,
        '8 write(30<socket:[5]>, "HTTP/1.1 200 OK", 15) = 15',
        "7 <... fsync resumed>)                   = 0",
        '9 openat(AT_FDCWD</x>, "none", O_RDONLY) = -1 ENOENT (No such file or directory)',
        `7 pwrite64(23<${WAL}>, "c", 1, 102 <unfinished ...>`,
        "7 +++ killed by SIGKILL +++",
        "",
      ].join("\n"),
    );
    expect(calls.map(({ name, begun, ended, result }) => [name, begun, ended, result])).toEqual([
      ["pwrite64", 0, 0, 2],
      ["fsync", 1, 3, 0],
      ["write", 2, 2, 15],
      ["openat", 4, 4, -1],
      ["pwrite64", 5, Number.POSITIVE_INFINITY, undefined],
    ]);
    expect(pathOf(calls[0]!)).toBe(WAL);
    expect(pathOf(calls[2]!)).toBeUndefined();
  });

  it("holds every byte", () => {
    const [call] = parseTrace(String.raw`7 pwrite64(3</x/f>, "\0\1\0012\377\n\t\"\\ a", 10, 0) = 10`);
    expect([...stringsIn(call!)[0]!]).toEqual([0, 1, 1, 50, 255, 10, 9, 34, 92, 32, 97]);
  });

  it("is of no use when strace cut what was written", () => {
    const [call] = parseTrace('7 pwrite64(3</x/f>, "abc"..., 10, 0) = 10');
    expect(() => stringsIn(call!)).toThrow(/larger -s/);
  });
});

describe("syncs before answers", () => {
  const written = `7 pwrite64(23<${WAL}>, "ab", 2, 100) = 2`;
  const synced = `7 fsync(23<${WAL}>) = 0`;
  const answer = '8 write(30<socket:[5]>, "HTTP/1.1 202 Acc"..., 200) = 200';
  const report = (...lines: string[]) => syncsBeforeAnswers(parseTrace(lines.join("\n")));

  it("are found, also when answers and heads of others stand between them", () => {
    const other = '8 writev(31<socket:[6]>, [{iov_base="HTTP/1.1 400 Bad"..., iov_len=200}], 1) = 200';
    expect(report(written, synced, answer, written, written, other, synced, answer)).toEqual({
      answers: 2,
      unsynced: 0,
      syncs: 2,
    });
  });

  it("are missed when they come late, fail, are another file's, or do not cover the last write", () => {
    const ofDatabase = "7 fsync(22</x/hooks.db>) = 0";
    const failed = `7 fsync(23<${WAL}>) = -1 EIO (Input/output error)`;
    const begun = `7 fsync(23<${WAL}> <unfinished ...>`;
    const done = "7 <... fsync resumed>) = 0";
    for (const lines of [
      [written, answer, synced],
      [written, failed, answer],
      [written, ofDatabase, answer],
      [written, synced, written, answer],
      [written, begun, answer, done],
      [begun, written, done, answer],
    ]) {
      expect(report(...lines), lines.join("\n")).toMatchObject({ answers: 1, unsynced: 1 });
    }
  });

  it("know an answer by its status line", () => {
    const answers = answersIn(parseTrace(`${answer}\n8 write(1<pipe:[3]>, "HTTP/1.1 is a word", 18) = 18`));
    expect(answers.map(({ status }) => status)).toEqual([202]);
  });
});

describe("a disk after a power cut", () => {
  const CREATED = '7 openat(AT_FDCWD</x>, "/x/a", O_RDWR|O_CREAT, 0600) = 5</x/a>';
  const FOLDER_SYNCED = "7 fsync(9</x>) = 0";
  const SYNCED = "7 fsync(5</x/a>) = 0";
  const write = (text: string, offset: number) =>
    `7 pwrite64(5</x/a>, "${text}", ${text.length}, ${offset}) = ${text.length}`;
  const diskAfter = (...lines: string[]) => {
    const disk = new Disk("/x", parseTrace(lines.join("\n")));
    disk.advance(lines.length);
    return disk;
  };
  const left = (...lines: string[]) =>
    Object.fromEntries([...diskAfter(...lines).strictest()].map(([name, bytes]) => [name, bytes.toString()]));

  it("has what was synced, and nothing else", () => {
    expect(left(CREATED, write("one", 0), SYNCED, FOLDER_SYNCED, write("two", 3))).toEqual({ a: "one" });
    expect(left(CREATED, FOLDER_SYNCED, write("one", 0), write("2", 1), SYNCED)).toEqual({ a: "o2e" });
    expect(left(CREATED, FOLDER_SYNCED, write("one", 0), "7 ftruncate(5</x/a>, 1) = 0", SYNCED)).toEqual({ a: "o" });
    expect(left(CREATED, FOLDER_SYNCED, write("one", 0))).toEqual({ a: "" });
  });

  it("has no file whose folder was not synced, and keeps one whose removal was not", () => {
    expect(left(CREATED, write("one", 0), SYNCED)).toEqual({});
    const made = [CREATED, write("one", 0), SYNCED, FOLDER_SYNCED];
    expect(left(...made, '7 unlink("/x/a") = 0')).toEqual({ a: "one" });
    expect(left(...made, '7 unlink("/x/a") = 0', FOLDER_SYNCED)).toEqual({});
    expect(left(...made, '7 rename("/x/a", "/x/b") = 0', FOLDER_SYNCED)).toEqual({ b: "one" });
    expect(left(...made, '7 link("/x/a", "/x/b") = 0')).toEqual({ a: "one" });
  });

  it("has nothing of a write that began after the sync did, or of a sync that failed", () => {
    const begun = "7 fsync(5</x/a> <unfinished ...>";
    expect(left(CREATED, FOLDER_SYNCED, begun, `8 ${write("one", 0).slice(2)}`, "7 <... fsync resumed>) = 0")).toEqual({
      a: "",
    });
    const failed = "7 fsync(5</x/a>) = -1 EIO (Input/output error)";
    expect(left(CREATED, FOLDER_SYNCED, write("one", 0), failed)).toEqual({ a: "" });
  });

  it("may have any part of what was not synced, sector by sector, and always has the rest", () => {
    const disk = diskAfter(CREATED, FOLDER_SYNCED, write("s".repeat(512), 0), SYNCED, write("u".repeat(1_024), 512));
    const seen = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const bytes = disk.torn(new Seeded(seed)).get("a")!;
      expect(bytes.toString("latin1", 0, 512)).toBe("s".repeat(512));
      const sectors = [bytes.subarray(512, 1_024), bytes.subarray(1_024)];
      for (const sector of sectors)
        expect(["", "\0".repeat(512), "u".repeat(512)]).toContain(sector.toString("latin1"));
      seen.add(sectors.map((sector) => sector.toString("latin1")[0] ?? "-").join(""));
    }
    expect([...seen].sort()).toEqual(["\0\0", "\0u", "u\0", "uu", "--"].sort());
  });

  it("does not bring back what was cut off", () => {
    const cut = "7 ftruncate(5</x/a>, 1) = 0";
    expect(left(CREATED, FOLDER_SYNCED, write("one", 0), SYNCED, cut, write("!", 2), SYNCED)).toEqual({ a: "o\0!" });
  });
});
