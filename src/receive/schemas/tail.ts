import { Type } from "typebox";
import { TAIL_KINDS } from "../../core/tail.ts";
import { EVENT_PATTERN } from "./event.ts";
import { REFERENCE } from "./query.ts";
import { closed, DURATION } from "./words.ts";

const KIND = `(${TAIL_KINDS.join("|").replaceAll(".", String.raw`\.`)})`;

export const TAIL_QUERY = closed({
  events: Type.Optional(
    Type.String({ pattern: `^${KIND}(,${KIND})*$`, description: `of ${TAIL_KINDS.join(", ")}; default: all` }),
  ),
  subscription: Type.Optional(REFERENCE),
  type: Type.Optional(EVENT_PATTERN),
  outcome: Type.Optional(
    Type.Unsafe<"success" | "failure">(Type.Enum(["success", "failure"], { description: "attempts only" })),
  ),
  for: Type.Optional({ ...DURATION, description: "ends after this long, 24d at most; default: never" }),
});
