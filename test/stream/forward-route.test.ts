import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HooksError } from "../../src/core/errors.ts";
import { parseForwardRoute, routeOf } from "../../src/stream/forward-route.ts";

describe("a route", () => {
  it.each([
    ["invoice.*=localhost:4000/billing", "invoice.*", "http://localhost:4000/billing"],
    ["invoice.paid=4000", "invoice.paid", "http://localhost:4000/"],
    ["*=localhost:4000/x?a=b", "*", "http://localhost:4000/x?a=b"],
    [" a = 4000 ", "a", "http://localhost:4000/"],
  ])("%s", (text, pattern, href) => {
    const route = parseForwardRoute(text, false);
    expect(route.pattern).toBe(pattern);
    expect(route.target.url.href).toBe(href);
  });

  it.each([
    ["invoice.*", "PATTERN=TARGET"],
    ["=4000", "PATTERN=TARGET"],
    ["a=", "PATTERN=TARGET"],
    ["a..b=4000", "event type"],
    ["*.a=4000", "event type"],
    ["a=example.com", "not this computer"],
    ["a=http://10.0.0.1/", "not this computer"],
    ["a=ftp://localhost", "expected a port"],
  ])("%s is refused, naming --route", (text, says) => {
    expect(() => parseForwardRoute(text, false)).toThrow(
      expect.objectContaining({ code: "usage", field: "--route", message: expect.stringContaining(says) }),
    );
  });

  it("may lead to another computer when that is meant", () => {
    expect(parseForwardRoute("a=example.com", true).target.url.host).toBe("example.com");
  });

  it("is the first that takes the type", () => {
    const routes = ["invoice.paid=1", "invoice.*=2", "*=3"].map((text) => parseForwardRoute(text, false));
    expect(routeOf(routes, "invoice.paid")?.target.text).toBe("localhost:1");
    expect(routeOf(routes, "invoice.voided")?.target.text).toBe("localhost:2");
    expect(routeOf(routes, "order.paid")?.target.text).toBe("localhost:3");
    expect(routeOf(routes.slice(0, 2), "order.paid")).toBeUndefined();
  });

  it("is read or refused, whatever is given", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `a=${text}`),
        ),
        (text) => {
          try {
            parseForwardRoute(text, false);
          } catch (error) {
            expect(error).toBeInstanceOf(HooksError);
          }
        },
      ),
    );
  });
});
