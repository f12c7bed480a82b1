import { describe, expect, it } from "vitest";
import type { HooksError } from "../../src/core/errors.ts";
import { parseForwardTarget } from "../../src/stream/forward-target.ts";

function refusal(value: string, allowRemote = false): HooksError | undefined {
  try {
    parseForwardTarget(value, allowRemote);
    return undefined;
  } catch (error) {
    return error as HooksError;
  }
}

describe("parseForwardTarget", () => {
  it.each([
    ["3000", "http://localhost:3000/", "localhost:3000"],
    ["3000/webhooks", "http://localhost:3000/webhooks", "localhost:3000/webhooks"],
    ["localhost:3000", "http://localhost:3000/", "localhost:3000"],
    ["LOCALHOST:3000", "http://localhost:3000/", "localhost:3000"],
    ["localhost:3000/webhooks", "http://localhost:3000/webhooks", "localhost:3000/webhooks"],
    ["localhost:3000/a?b=c", "http://localhost:3000/a?b=c", "localhost:3000/a"],
    ["localhost", "http://localhost/", "localhost"],
    ["app.localhost:3000", "http://app.localhost:3000/", "app.localhost:3000"],
    ["127.0.0.1:8080", "http://127.0.0.1:8080/", "127.0.0.1:8080"],
    ["127.1.2.3:8080/x", "http://127.1.2.3:8080/x", "127.1.2.3:8080/x"],
    ["[::1]:3000", "http://[::1]:3000/", "[::1]:3000"],
    ["[::ffff:127.0.0.1]:3000", "http://[::ffff:7f00:1]:3000/", "[::ffff:7f00:1]:3000"],
    ["http://localhost:3000/hook", "http://localhost:3000/hook", "localhost:3000/hook"],
    ["https://localhost:8443", "https://localhost:8443/", "https://localhost:8443"],
    ["HTTP://localhost:3000", "http://localhost:3000/", "localhost:3000"],
    ["0.0.0.0:3000", "http://127.0.0.1:3000/", "127.0.0.1:3000"],
    ["[::]:3000", "http://[::1]:3000/", "[::1]:3000"],
    [" 3000 ", "http://localhost:3000/", "localhost:3000"],
  ])("reads %s", (value, url, text) => {
    const target = parseForwardTarget(value, false);
    expect(target.url.href).toBe(url);
    expect(target.text).toBe(text);
  });

  it.each([
    "",
    " ",
    "0",
    "70000",
    "-1",
    "localhost:70000",
    "localhost:0",
    "localhost:abc",
    "::1",
    "http://",
    "http:///x",
    "ftp://localhost/",
    "ws://localhost:3000",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "localhost:3000/a b",
    "localhost:3000\\x",
    "localhost:3000/\nx",
    "localhost:3000/#x",
    "http://user:pass@localhost:3000",
  ])("refuses %j, naming --forward", (value) => {
    expect(refusal(value)).toMatchObject({ code: "usage", field: "--forward" });
    expect(refusal(value)?.message).toContain("--forward");
  });

  it.each([
    "example.com",
    "example.com:3000",
    "192.168.1.5:3000",
    "http://10.0.0.1/",
    "localhost.example.com:80",
    "http://3000",
  ])("takes %s only with --forward-allow-remote", (value) => {
    expect(refusal(value)).toMatchObject({ code: "usage", field: "--forward" });
    expect(refusal(value)?.hint).toContain("--forward-allow-remote");
    expect(refusal(value, true)).toBeUndefined();
  });

  it("shows no password in its refusal", () => {
    expect(
      JSON.stringify({
        ...refusal("http://user:hunter2@localhost:3000"),
        m: refusal("http://user:hunter2@localhost:3000")?.message,
      }),
    ).not.toContain("hunter2");
  });
});
