import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { changePrivateFile, readPrivateFile } from "../../src/config/private-file.ts";

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "hooks-private-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

it.each([0o000, 0o022, 0o077, 0o777])("is for its owner alone under umask %o", (umask) => {
  const root = folder();
  const file = path.join(root, "a/b/keys.json");
  const before = process.umask(umask);
  try {
    changePrivateFile(file, () => "one");
    changePrivateFile(file, (text) => `${text} two`);
  } finally {
    process.umask(before);
  }
  expect([modeOf(file), modeOf(path.join(root, "a/b")), modeOf(path.join(root, "a"))]).toEqual(["600", "700", "700"]);
  expect(readPrivateFile(file)).toBe("one two");
  expect(readdirSync(path.dirname(file))).toEqual(["keys.json"]);
});

it("is not there until it is written", () => {
  expect(readPrivateFile(path.join(folder(), "none"))).toBeUndefined();
  expect(readPrivateFile(path.join(folder(), "none/deeper"))).toBeUndefined();
});

it.each([0o604, 0o640, 0o660, 0o666])("is not read with mode %o, nor written over", (mode) => {
  const file = path.join(folder(), "keys.json");
  writeFileSync(file, "hk_secret");
  chmodSync(file, mode);
  for (const use of [() => readPrivateFile(file), () => changePrivateFile(file, () => "x")]) {
    expect(use).toThrow(
      expect.objectContaining({ code: "usage", field: file, hint: expect.stringContaining(`chmod 600 ${file}`) }),
    );
    expect(use).not.toThrow(/hk_secret/);
  }
  expect(readFileSync(file, "utf8")).toBe("hk_secret");
});

it("may be no symbolic link, wherever that leads", () => {
  const root = folder();
  const [file, target] = [path.join(root, "keys.json"), path.join(root, "target")];
  writeFileSync(target, "t", { mode: 0o600 });
  symlinkSync(target, file);
  expect(() => readPrivateFile(file)).toThrow(/symbolic link/);
  expect(() => changePrivateFile(file, () => "x")).toThrow(/symbolic link/);
  expect(readFileSync(target, "utf8")).toBe("t");
  rmSync(target);
  expect(() => readPrivateFile(file)).toThrow(/symbolic link/);
});

it("is not kept in a folder that others can change; in one like /tmp it may be", () => {
  const root = folder();
  for (const [mode, refused] of [
    [0o770, true],
    [0o707, true],
    [0o755, false],
    [0o1777, false],
  ] as const) {
    const inside = path.join(root, mode.toString(8));
    mkdirSync(inside);
    chmodSync(inside, mode);
    const write = (): void => changePrivateFile(path.join(inside, "k"), () => "x");
    if (refused)
      expect(write).toThrow(expect.objectContaining({ code: "usage", hint: expect.stringContaining("chmod 700") }));
    else expect(write).not.toThrow();
    expect(existsSync(path.join(inside, "k"))).toBe(!refused);
  }
});

it("stays as it was when the change fails, and nothing is left behind", () => {
  const root = folder();
  const file = path.join(root, "keys.json");
  changePrivateFile(file, () => "before");
  expect(() =>
    changePrivateFile(file, () => {
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(readPrivateFile(file)).toBe("before");
  expect(readdirSync(root)).toEqual(["keys.json"]);
});

it("is replaced, not written into: who has it open or linked keeps the old one", () => {
  const root = folder();
  const [file, other] = [path.join(root, "keys.json"), path.join(root, "other")];
  changePrivateFile(file, () => "old");
  linkSync(file, other);
  changePrivateFile(file, () => "new");
  expect([readFileSync(other, "utf8"), readFileSync(file, "utf8")]).toEqual(["old", "new"]);
});

it("waits for another writer, takes over what a killed one left, and says when it cannot", () => {
  const root = folder();
  const file = path.join(root, "keys.json");
  const draft = `${file}.new`;
  writeFileSync(draft, "half");
  expect(() => changePrivateFile(file, () => "x")).toThrow(expect.objectContaining({ code: "conflict" }));
  expect(existsSync(file)).toBe(false);
  const longAgo = Date.now() / 1_000 - 60;
  utimesSync(draft, longAgo, longAgo);
  changePrivateFile(file, () => "x");
  expect(readPrivateFile(file)).toBe("x");
});

it("loses no change of processes that write at the same time", async () => {
  const file = path.join(folder(), "keys.json");
  const module = path.join(import.meta.dirname, "../../src/config/private-file.ts");
  const program = (mark: string): string => `
    import { changePrivateFile } from ${JSON.stringify(module)};
    for (let n = 0; n < 20; n++) changePrivateFile(${JSON.stringify(file)}, (text) => (text ?? "") + ${JSON.stringify(mark)});
  `;
  const codes = await Promise.all(
    ["a", "b", "c"].map(async (mark) => {
      const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", program(mark)], {
        stdio: "inherit",
      });
      return (await once(child, "close"))[0] as number;
    }),
  );
  expect(codes).toEqual([0, 0, 0]);
  const text = readPrivateFile(file)!;
  for (const mark of ["a", "b", "c"]) expect(text.split(mark)).toHaveLength(21);
});
