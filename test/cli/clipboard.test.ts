import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { copyText } from "../../src/cli/clipboard.ts";
import { openPageOf } from "../../src/cli/open-page.ts";

const WAIT = { timeout: 30_000 };

/** A folder with programs of these names, each of which writes its input and arguments down, and ends as told. */
function programs(codes: Record<string, number>): { folder: string; PATH: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-programs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, code] of Object.entries(codes)) {
    const file = path.join(folder, name);
    writeFileSync(file, `#!/bin/sh\n/bin/cat > '${file}.input'; echo "$@" > '${file}.args'; exit ${code}\n`);
    chmodSync(file, 0o755);
  }
  return { folder, PATH: folder };
}

async function copied(text: string, env: Record<string, string>): Promise<{ way: string; written: string }> {
  let written = "";
  const way = await copyText(text, env, (sequence) => {
    written += sequence;
  });
  return { way, written };
}

function oscOf(text: string): string {
  return `\x1b]52;c;${Buffer.from(text).toString("base64")}\x07`;
}

describe("copying", () => {
  it("is the desktop's business where there is one", async () => {
    const { folder, PATH } = programs({ xclip: 0, "wl-copy": 0 });
    expect(await copied("wäh", { PATH, WAYLAND_DISPLAY: "w" })).toEqual({ way: "program", written: "" });
    expect(readFileSync(path.join(folder, "wl-copy.input"), "utf8")).toBe("wäh");
    expect(await copied("x", { PATH, DISPLAY: ":0" })).toEqual({ way: "program", written: "" });
    expect(readFileSync(path.join(folder, "xclip.args"), "utf8")).toBe("-selection clipboard\n");
  });

  it("is the terminal's where the person sits elsewhere, where there is no desktop, or its program fails", async () => {
    const { folder, PATH } = programs({ xclip: 0, "wl-copy": 1 });
    const asked = { way: "terminal", written: oscOf("x") };
    expect(await copied("x", { PATH, DISPLAY: ":0", SSH_CONNECTION: "1" })).toEqual(asked);
    expect(existsSync(path.join(folder, "xclip.input"))).toBe(false);
    expect(await copied("x", { PATH })).toEqual(asked);
    expect(await copied("x", { PATH, WAYLAND_DISPLAY: "w" })).toEqual(asked);
    expect(await copied("x", { PATH: "/nowhere", DISPLAY: ":0" })).toEqual(asked);
  });

  it("goes through tmux within it, also over SSH", async () => {
    const { folder, PATH } = programs({ tmux: 0 });
    const env = { PATH, TMUX: "/tmp/tmux", SSH_CONNECTION: "1", DISPLAY: ":0" };
    expect(await copied("x", env)).toEqual({ way: "program", written: "" });
    expect(readFileSync(path.join(folder, "tmux.args"), "utf8")).toBe("load-buffer -w -\n");
  });

  it("does not give a terminal more than it takes", async () => {
    expect(await copied("x".repeat(80_000), { PATH: "/nowhere" })).toEqual({ way: "none", written: "" });
  });
});

describe("opening a page", () => {
  it("is the browser's business, and false where there is none", async () => {
    const { folder, PATH } = programs({ "xdg-open": 0 });
    expect(await openPageOf(new URL("http://localhost:4680/a b"), { PATH })).toBe(true);
    const args = path.join(folder, "xdg-open.args");
    await expect.poll(() => existsSync(args) && readFileSync(args, "utf8"), WAIT).toBe("http://localhost:4680/a%20b\n");
    expect(await openPageOf(new URL("http://localhost:4680/"), { PATH: "/nowhere" })).toBe(false);
  });

  it("opens nothing else that a server may name", async () => {
    const { folder, PATH } = programs({ "xdg-open": 0 });
    for (const url of ["file:///etc/passwd", "javascript:alert(1)", "ssh://host/"]) {
      expect(await openPageOf(new URL(url), { PATH })).toBe(false);
    }
    expect(existsSync(path.join(folder, "xdg-open.args"))).toBe(false);
  });
});
