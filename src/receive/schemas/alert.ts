import { Type } from "typebox";
import { ALERT_STATES, type AlertResource, type AlertState } from "../../core/alert.ts";
import { ALERT_KINDS, ALERT_UNITS } from "../../core/alert-rule.ts";
import { PAGE } from "./query.ts";
import { closed, INSTANT, orNull, SCOPE_NAME } from "./words.ts";

export const ALERT = Type.Unsafe<AlertResource>(
  Type.Object(
    {
      id: Type.String({ pattern: "^alr_[0-9a-z]+$" }),
      state: Type.Enum([...ALERT_STATES]),
      kind: Type.Enum([...ALERT_KINDS]),
      rule: Type.String({ description: "as it is written in the settings" }),
      unit: Type.Enum([...new Set(Object.values(ALERT_UNITS))], { description: "of value and threshold" }),
      value: Type.Number({ description: "when it began; of one that is over, when it ended" }),
      threshold: Type.Number(),
      subscription: orNull(Type.String({ description: "null: all of the environment together" })),
      tenant: SCOPE_NAME,
      environment: SCOPE_NAME,
      began_at: INSTANT,
      ended_at: orNull(INSTANT),
    },
    { $id: "Alert" },
  ),
);

export const ALERT_QUERY = closed({
  ...PAGE,
  state: Type.Optional(Type.Unsafe<AlertState>(Type.Enum([...ALERT_STATES]))),
});
