import { describe, expect, it } from "vitest";
import { AlertBook } from "../../src/core/alert-book.ts";
import { parseAlertRules } from "../../src/core/alert-rule.ts";
import { rulesInForce } from "../../src/core/environment-alerts.ts";

const ACME = { tenant: "acme", environment: "production" };

describe("rules of environments", () => {
  it("stand beside the server's, and hold in their own environment only", () => {
    const server = parseAlertRules("failure_count > 10 in 5m", "alerts");
    const rules = rulesInForce(server, [{ scope: ACME, alerts: ["failure_count > 1 in 5m"] }]);
    expect(rules.map(({ text, tenant }) => [text, tenant])).toEqual([
      ["failure_count > 10 in 5m", undefined],
      ["failure_count > 1 in 5m", "acme"],
    ]);
    const book = new AlertBook(rules);
    for (const scope of [ACME, { tenant: "acme", environment: "staging" }]) {
      for (let n = 0; n < 3; n++) book.attempt(scope, "sub_1", true, 0);
    }
    expect(book.look(1).map(({ scope, rule }) => [scope.environment, rule.text])).toEqual([
      ["production", "failure_count > 1 in 5m"],
    ]);
  });

  it("are not watched twice when the server has the same", () => {
    const server = parseAlertRules("failure_count > 10 in 5m tenant acme", "alerts");
    const same = { scope: ACME, alerts: ["failure_count > 10 in 5m"] };
    expect(rulesInForce(server, [same])).toEqual(server);
    expect(rulesInForce(server, [{ ...same, scope: { ...ACME, tenant: "other" } }])).toHaveLength(2);
  });
});
