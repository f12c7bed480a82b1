import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasSecretQuery, isMaskedUrl, maskedUrl, maskUrl } from "../../src/core/masked-url.ts";

describe("maskUrl", () => {
  it.each([
    ["https://example.com/", "https://example.com/"],
    ["https://example.com/hooks?token=abc", "https://example.com/hooks?***"],
    ["https://example.com/?a=1&b=2", "https://example.com/?***"],
    ["https://example.com:8443/a?b?c", "https://example.com:8443/a?***"],
    // An empty query holds nothing.
    ["https://example.com/?", "https://example.com/?"],
    ["https://example.com/?***", "https://example.com/?***"],
  ])("shows %s as %s", (url, masked) => {
    expect(maskUrl(url)).toBe(masked);
    expect(hasSecretQuery(url)).toBe(url !== masked);
    expect(isMaskedUrl(maskUrl(url))).toBe(masked.endsWith("?***"));
  });

  it("shows nothing of any query, and all of what stands before it", () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), fc.stringMatching(/^[A-Za-z0-9]{8,20}$/), (base, token) => {
        const url = new URL(base);
        url.search = `token=${token}`;
        url.hash = "";
        const masked = maskUrl(url.href);
        expect(masked).toBe(`${url.origin}${url.pathname}?***`);
        expect(maskUrl(masked)).toBe(masked);
      }),
    );
  });

  it("names the field and says what to give when a masked one is not the stored one", () => {
    expect(maskedUrl("https://example.com/a?***")).toMatchObject({
      code: "invalid_request",
      field: "url",
      hint: expect.stringContaining('"https://example.com/a"'),
    });
  });
});
