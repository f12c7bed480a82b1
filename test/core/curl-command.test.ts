import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { curlCommand } from "../../src/core/curl-command.ts";

/** What a shell gives to curl: its arguments, and its standard input. */
function received(command: string): { args: string[]; stdin: Buffer } {
  const script = `curl() { for one in "$@"; do printf '%s\\0' "$one"; done; printf '\\0'; case "$*" in *"@-"*) cat;; esac; }\n${command}`;
  const output = execFileSync("bash", ["-c", script], { encoding: "buffer" });
  const end = output.indexOf("\0\0");
  return {
    args: output.subarray(0, end).toString("latin1").split("\0"),
    stdin: output.subarray(end + 2),
  };
}

const POST = { method: "POST", url: "http://localhost:3000/hook", headers: [] };

function bodyOf({ args, stdin }: ReturnType<typeof received>): Buffer {
  const at = args.indexOf("--data-raw");
  return at === -1 ? stdin : Buffer.from(args[at + 1]!, "latin1");
}

describe("a request as a command", () => {
  it("is what one would type", () => {
    const headers: [string, string][] = [
      ["host", "localhost:3000"],
      ["content-type", "application/json"],
      ["content-length", "9"],
      ["X-Empty", ""],
    ];
    expect(curlCommand({ ...POST, headers, body: Buffer.from(`{"a":"b"}`) })).toBe(
      [
        "curl http://localhost:3000/hook \\",
        "  -H 'content-type: application/json' \\",
        "  -H 'X-Empty;' \\",
        `  --data-raw '{"a":"b"}'`,
      ].join("\n"),
    );
  });

  it("names the method where curl would take another, and no type where there was none", () => {
    expect(curlCommand({ ...POST, body: new Uint8Array() })).toBe("curl -X POST http://localhost:3000/hook");
    expect(curlCommand({ ...POST, method: "GET", body: new Uint8Array() })).toBe("curl http://localhost:3000/hook");
    expect(curlCommand({ ...POST, method: "PUT", body: Buffer.from("x") })).toBe(
      "curl -X PUT http://localhost:3000/hook \\\n  -H content-type: \\\n  --data-raw x",
    );
    expect(curlCommand({ ...POST, url: "http://localhost/a[1]", body: Buffer.from("x") })).toMatch(/^curl --globoff '/);
  });

  it("does not let a body name a file", () => {
    expect(received(curlCommand({ ...POST, body: Buffer.from("@/etc/passwd") })).args).toContain("@/etc/passwd");
    expect(curlCommand({ ...POST, body: Buffer.from("@/etc/passwd") })).not.toContain("data-binary");
  });

  it("gives a shell the very bytes of any body, and holds nothing that a terminal obeys", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("it's", "a\\b", "$(id) `id` $HOME", "\x1b[201~\nid\n", "a\n\nb\n", "\u202e", "@x", "-x", "!!"),
    );
    const bodies = fc.oneof(
      texts.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        const command = curlCommand({ ...POST, body });
        expect(command).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
        if (body.length !== 0) expect(bodyOf(received(command))).toEqual(body);
      }),
      { numRuns: 60 },
    );
  });

  it("gives a shell the very bytes of any header", () => {
    const values = fc.oneof(
      fc.string({ unit: "grapheme-ascii", minLength: 1 }),
      fc.constantFrom("caf\xe9", "\x9b31m", "a\tb", 'it\'s \\ "q"'),
    );
    fc.assert(
      fc.property(values, (value) => {
        const { args } = received(curlCommand({ ...POST, headers: [["x-a", value]], body: new Uint8Array() }));
        const given = args[args.indexOf("-H") + 1]!;
        const isText = !/[\x80-\x9f]/.test(value);
        expect(isText ? Buffer.from(given, "latin1").toString() : given).toBe(`x-a: ${value}`);
      }),
      { numRuns: 40 },
    );
  });
});
