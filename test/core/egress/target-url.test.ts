import { parse as parseByNode } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTargetUrl, type TargetUrl } from "../../../src/core/egress/target-url.ts";

function taken(text: string): TargetUrl {
  const read = readTargetUrl(text);
  if (!("href" in read)) throw new Error(`${JSON.stringify(text)} ${read.what}`);
  return read;
}

describe("a URL that means one thing", () => {
  it.each([
    ["https://example.com", "https://example.com/", "example.com", 443, "/"],
    ["HTTPS://Example.COM/Path?q=1#there", "https://example.com/Path?q=1", "example.com", 443, "/Path?q=1"],
    ["https://example.com./in", "https://example.com/in", "example.com", 443, "/in"],
    ["http://example.com:8080", "http://example.com:8080/", "example.com", 8080, "/"],
    ["https://example.com:443/", "https://example.com/", "example.com", 443, "/"],
    ["https://bücher.example.org/", "https://xn--bcher-kva.example.org/", "xn--bcher-kva.example.org", 443, "/"],
    ["https://my_service.example.com/", "https://my_service.example.com/", "my_service.example.com", 443, "/"],
    ["http://8.8.8.8/", "http://8.8.8.8/", "8.8.8.8", 80, "/"],
    ["http://[2606:4700:0:0::1111]:81/", "http://[2606:4700::1111]:81/", "2606:4700::1111", 81, "/"],
    [
      "https://example.com/p\u00e4th?q=\u00fc",
      "https://example.com/p%C3%A4th?q=%C3%BC",
      "example.com",
      443,
      "/p%C3%A4th?q=%C3%BC",
    ],
  ])("%s", (text, href, host, port, path) => {
    expect(taken(text)).toMatchObject({ href, host, port, path });
    expect(taken(taken(text).href)).toEqual(taken(text));
  });

  it.each([
    ["no scheme", "example.com/in"],
    ["another scheme", "ftp://example.com/"],
    ["no host", "https:///example.com/"],
    ["one slash", "http:/example.com/"],
    ["a backslash", "http://example.com\\@127.0.0.1/"],
    ["a user", "https://user@example.com/"],
    ["an empty user", "https://@example.com/"],
    ["an escape in the host", "http://127%2e0.0.1/"],
    ["a line break", "https://exam\nple.com/"],
    ["a space", " https://example.com/"],
    ["a zero-width space", "https://exam\u200bple.com/"],
    ["a right-to-left mark in the path", "https://example.com/\u202egpj.exe"],
    ["half a character", "https://example.com/\ud800"],
    ["two ports", "http://example.com:80:80/"],
    ["a port of letters", "http://example.com:8o/"],
    ["a port that is none", "http://example.com:65536/"],
    ["an open bracket", "http://[::1"],
    ["a zone", "http://[fe80::1%25eth0]/"],
    ["an address without brackets", "http://::1/"],
    ["2,049 characters", `https://example.com/${"a".repeat(2_029)}`],
    ["more than that once it is escaped", `https://example.com/${"ü".repeat(500)}`],
  ])("is malformed with %s", (_what, text) => {
    expect(readTargetUrl(text)).toMatchObject({ code: "invalid_request" });
  });

  it.each([
    ["octal", "http://0177.0.0.1/"],
    ["hexadecimal", "http://0x7f.0.0.1/"],
    ["one number", "http://2130706433/"],
    ["two numbers", "http://127.1/"],
    ["a dot at the end", "http://127.0.0.1./"],
    ["full-width digits", "http://\uff11\uff12\uff17.0.0.1/"],
    ["other dots", "http://127\u30020\u30020\u30021/"],
    ["full-width letters", "http://\uff4c\uff4f\uff43\uff41\uff4c.com/"],
    ["a long s", "http://localho\u017ft/"],
    ["circled letters", "http://\u24d4xample.com/"],
    ["a variation selector", "http://b\ufe0fücher.example.com/"],
    ["other dots in a name", "http://example\u3002com/"],
    ["an empty label", "https://example..com/"],
    ["a dot at the beginning", "https://.example.com/"],
    ["nothing but a dot", "https://./"],
    ["a label of 64", `https://${"a".repeat(64)}.example.com/`],
    ["a name of 254", `https://${"a.".repeat(122)}example.com/`],
    ["a character that no name has", "https://exa$mple.com/"],
  ])("is refused with %s in its host", (_what, text) => {
    expect(readTargetUrl(text)).toMatchObject({ code: "url_refused" });
  });
});

const PIECES = [
  ...["http://", "https://", "HTTP://", "//", "/", "\\", ":", "@", "#", "?", "%", ".", "-", "_", "[", "]", "127.0.0.1"],
  ...[
    "0x7f",
    "0177",
    "1",
    "80",
    ":443",
    "::1",
    "::ffff:7f00:1",
    "localhost",
    "example",
    "com",
    "a",
    "xn--",
    "%2e",
    "%00",
  ],
  ...[
    "\t",
    "\n",
    " ",
    "\u00ad",
    "\u200b",
    "\u3002",
    "\uff0e",
    "\uff11",
    "\u24d4",
    "\u017f",
    "\u212a",
    "ü",
    "ß",
    "\u0130",
  ],
  ...["\u202e", "\ufe0f", "\u034f", "\ud83d", "💩", ";", "&", "=", "$", "~", "0", "9", "255", "256", "user"],
];

describe("whatever is taken", () => {
  const texts = fc.oneof(
    fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join("")),
    fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 7 }).map((pieces) => `http://${pieces.join("")}`),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string({ unit: "binary", maxLength: 30 }).map((text) => `https://example.com${text}`),
  );

  it("names the host that every reader of URLs finds in it", () => {
    let count = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const read = readTargetUrl(text);
        if (!("href" in read)) return;
        count += 1;
        const bare = (host: string) => host.replace(/^\[|\]$/g, "").replace(/\.$/, "");
        expect(bare(new URL(text).hostname)).toBe(read.host);
        // RFC 3986, appendix B, on what is stored; and Node's older parser, which clients still use.
        const [, authority = ""] = /^https?:\/\/([^/?#]*)/.exec(read.href)!;
        expect(bare(authority.replace(/:\d+$/, ""))).toBe(read.host);
        expect(bare(parseByNode(read.href).hostname ?? "")).toBe(read.host);
        const stored = new URL(read.href);
        expect(stored.href).toBe(read.href);
        expect([stored.username, stored.password, stored.hash]).toEqual(["", "", ""]);
        expect(read.href).toMatch(/^[\x21-\x7e]+$/);
        expect(read.path).toBe(stored.pathname + stored.search);
        expect(read.origin).toBe(stored.origin);
        expect(readTargetUrl(read.href)).toEqual(read);
      }),
      { numRuns: 30_000 },
    );
    expect(count).toBeGreaterThan(1_000);
  });
});
