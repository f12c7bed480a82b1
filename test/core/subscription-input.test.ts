import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCursor, parseCursor } from "../../src/core/cursor.ts";
import { checkCustomHeaders } from "../../src/core/custom-headers.ts";
import { checkTargetUrl } from "../../src/core/subscription-url.ts";

describe("checkCustomHeaders", () => {
  it.each([
    [{ "X-A\r\nX-Evil": "1" }, "headers"],
    [{ "X A": "1" }, "headers"],
    [{ "": "1" }, "headers"],
    [{ "X-A": "1\r\nX-Evil: 2" }, "headers.X-A"],
    [{ "X-A": "\u0000" }, "headers.X-A"],
    [{ "X-A": "Ā" }, "headers.X-A"],
    [{ "X-A": { a: 1 } }, "headers.X-A"],
    [{ Host: "internal" }, "headers.Host"],
    [{ "Proxy-Authorization": "x" }, "headers.Proxy-Authorization"],
    [{ "Webhook-Signature": "v1,AAAA" }, "headers.Webhook-Signature"],
    [{ "Metadata-Flavor": "Google" }, "headers.Metadata-Flavor"],
    [{ "x-a": "1", "X-A": "2" }, "headers.X-A"],
    [{ "x-a": "a".repeat(4097) }, "headers.x-a"],
    [{ "x-a": "***" }, "headers.x-a"],
    [["x-a"], "headers"],
    [Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`x-${n}`, "1"])), "headers"],
  ])("refuses %j, naming %s", (headers, field) => {
    expect(() => checkCustomHeaders(headers, ["webhook-signature"])).toThrow(
      expect.objectContaining({ code: "invalid_request", field }),
    );
  });

  it.each([
    ...["Host", "Content-Length", "transfer-encoding", "Connection", "Keep-Alive", "TE", "Trailer", "Content-Encoding"],
    ...["Expect", "Upgrade", "HTTP2-Settings", "Proxy-Authorization", "proxy-connection", "Proxy-Anything"],
    ...["Metadata", "Metadata-Flavor", "X-Google-Metadata-Request", "X-aws-ec2-metadata-token"],
    ...["X-aws-ec2-metadata-token-ttl-seconds", "X-aliyun-ecs-metadata-token", "X-Metadata-Token", "X-Identity-Header"],
  ])("does not let %s be set, in any case", (name) => {
    for (const given of [name, name.toLowerCase(), name.toUpperCase()]) {
      expect(() => checkCustomHeaders({ [given]: "true" }, [])).toThrow(
        expect.objectContaining({ code: "invalid_request", field: `headers.${given}` }),
      );
    }
    expect(checkCustomHeaders({ [`x-${name}-x`]: "true" }, [])).toEqual({ [`x-${name}-x`.toLowerCase()]: "true" });
  });

  it("names the header that belongs to the request itself", () => {
    expect(() => checkCustomHeaders({ Host: "x" }, [])).toThrow('headers.Host may not be set: "host" belongs to');
  });

  it("keeps the stored value where the masked one came back", () => {
    expect(checkCustomHeaders({ "X-Key": "***", "X-New": "1" }, [], { "x-key": "secret" })).toEqual({
      "x-key": "secret",
      "x-new": "1",
    });
  });
});

describe("checkTargetUrl", () => {
  it.each([
    null,
    "",
    "   ",
    "hooks.example.com/in",
    "ftp://example.com/",
    "https://",
    "https://u:p@example.com/",
    "https://example.com\\@evil.net/",
    "https://exa\u00admple.com/",
    "https://example.com/\n",
    "https://ex%61mple.com/",
    `https://example.com/${"a".repeat(2048)}`,
    7,
  ])("refuses %j", (url) => {
    expect(() => checkTargetUrl(url, "url")).toThrow(
      expect.objectContaining({ code: "invalid_request", field: "url" }),
    );
  });

  it("gives back what is stored and dialled, and names the field when that is in doubt", () => {
    expect(checkTargetUrl("HTTPS://Example.com#x", "url").href).toBe("https://example.com/");
    expect(() => checkTargetUrl("http://0x7f.1/", "--to")).toThrow(
      expect.objectContaining({
        code: "url_refused",
        field: "--to",
        message: expect.stringMatching(/^--to has an IPv4/),
      }),
    );
  });
});

describe("cursors", () => {
  it("name the row they were made from, and no other text is one", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        (row) => parseCursor(formatCursor(row)) === row,
      ),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const row = parseCursor(text);
          expect(formatCursor(row!)).toBe(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid_request", field: "cursor" });
        }
      }),
    );
  });
});
