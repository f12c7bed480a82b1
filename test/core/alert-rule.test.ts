import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALERT_KINDS, concerns, DEFAULT_ALERTS, parseAlertRule, parseAlertRules } from "../../src/core/alert-rule.ts";
import { isHooksError } from "../../src/core/errors.ts";

const MINUTE = 60_000;
const NOBODY = { tenant: undefined, environment: undefined };

describe("a rule", () => {
  it.each([
    [
      "failure_count > 10 in 300s",
      { kind: "failure_count", threshold: 10, windowMs: 5 * MINUTE },
      "failure_count > 10 in 5m",
    ],
    ["failure_count > 0", { threshold: 0, windowMs: 5 * MINUTE, per: "environment" }, "failure_count > 0 in 5m"],
    [
      "failure_rate > 50% in 10m min 5",
      { threshold: 0.5, windowMs: 10 * MINUTE, minAttempts: 5 },
      "failure_rate > 50% in 10m min 5",
    ],
    ["failure_rate > 0.125", { threshold: 0.125, minAttempts: 20 }, "failure_rate > 12.5% in 5m min 20"],
    ["backlog > 10000", { kind: "backlog", threshold: 10_000, windowMs: 0, ...NOBODY }, "backlog > 10000"],
    [
      "backlog_age > 10m per subscription",
      { threshold: 10 * MINUTE, per: "subscription" },
      "backlog_age > 10m per subscription",
    ],
    [
      "  backlog  >  1   env production tenant acme ",
      { tenant: "acme", environment: "production" },
      "backlog > 1 tenant acme env production",
    ],
  ])("%s", (text, fields, written) => {
    const rule = parseAlertRule(text, "alerts");
    expect(rule).toMatchObject(fields);
    expect(rule.text).toBe(written);
    expect(parseAlertRule(rule.text, "alerts")).toEqual(rule);
  });

  it.each([
    ["", "must begin with one of"],
    ["failures > 1", "must begin with one of"],
    ["failure_count", 'followed by ">"'],
    ["failure_count < 1", 'followed by ">"'],
    ["failure_count >= 1", 'followed by ">"'],
    ["failure_count > -1", "whole number"],
    ["failure_count > 1.5", "whole number"],
    ["failure_count > 99999999999", "whole number"],
    ["failure_count > 1 in", "needs a value"],
    ["failure_count > 1 in 5", "duration"],
    ["failure_count > 1 in 1s", "from 10s to 24h"],
    ["failure_count > 1 in 2d", "from 10s to 24h"],
    ["failure_count > 1 min 5", "has no place"],
    ["failure_count > 1 in 5m in 6m", "twice"],
    ["failure_rate > 100%", "below 1"],
    ["failure_rate > 1", "below 1"],
    ["failure_rate > x", "below 1"],
    ["failure_rate > 50% min 0", "whole number"],
    ["backlog > 1 in 5m", "has no place"],
    ["backlog_age > 100", "duration"],
    ["backlog_age > 10ms", "from 1s to 30d"],
    ["backlog > 1 per tenant", "has no place"],
    ["backlog > 1 tenant ACME", "1 to 32 characters"],
    ["backlog > 1 env *", "1 to 32 characters"],
    ["backlog > 1 __proto__ x", "has no place"],
  ])("%j is none: %s", (text, why) => {
    expect(() => parseAlertRule(text, "--alert")).toThrow(why);
    try {
      parseAlertRule(text, "--alert");
    } catch (error) {
      expect(error).toMatchObject({ code: "invalid_request", field: "--alert" });
    }
  });

  it("says what is near", () => {
    expect(() => parseAlertRule("failure_cuont > 1", "alerts")).toThrow(
      expect.objectContaining({ hint: "did you mean failure_count?" }),
    );
  });

  it("is parsed or refused, whatever it is", () => {
    const word = fc.constantFrom(
      ...ALERT_KINDS,
      ">",
      "in",
      "min",
      "per",
      "subscription",
      "tenant",
      "env",
      "5m",
      "10",
      "50%",
      "a",
      "",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word, { maxLength: 12 }).map((words) => words.join(" ")),
        ),
        (text) => {
          try {
            const rule = parseAlertRule(text, "alerts");
            expect(parseAlertRule(rule.text, "alerts")).toEqual(rule);
          } catch (error) {
            expect(isHooksError(error)).toBe(true);
          }
        },
      ),
    );
  });
});

describe("rules", () => {
  it("are separated by commas, none switches them off, and the default is the alarm of before", () => {
    expect(parseAlertRules("backlog > 1, failure_count > 2", "alerts").map(({ text }) => text)).toEqual([
      "backlog > 1",
      "failure_count > 2 in 5m",
    ]);
    expect(parseAlertRules("none", "alerts")).toEqual([]);
    expect(parseAlertRules(DEFAULT_ALERTS, "alerts")).toMatchObject([{ threshold: 10, windowMs: 300_000 }]);
    expect(() => parseAlertRules("backlog > 1,backlog  > 1", "alerts")).toThrow("twice");
    expect(() => parseAlertRules("", "alerts")).toThrow("must begin");
    const many = Array.from({ length: 51 }, (_, n) => `backlog > ${n}`).join();
    expect(() => parseAlertRules(many, "alerts")).toThrow("at most 50");
  });

  it("are about the tenant and environment that they name", () => {
    const scope = { tenant: "acme", environment: "production" };
    const about = (text: string) => concerns(parseAlertRule(text, "alerts"), scope);
    expect(about("backlog > 1")).toBe(true);
    expect(about("backlog > 1 tenant acme env production")).toBe(true);
    expect(about("backlog > 1 tenant other")).toBe(false);
    expect(about("backlog > 1 env staging")).toBe(false);
  });
});
