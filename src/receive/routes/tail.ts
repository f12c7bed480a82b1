import { parseDuration } from "../../core/duration.ts";
import { invalid } from "../../core/errors.ts";
import { checkEventPattern } from "../../core/event-pattern.ts";
import { renamingField } from "../../core/renaming-fields.ts";
import { TAIL_KINDS, type TailKind } from "../../core/tail.ts";
import { type Route, route, TextAnswer } from "../route.ts";
import { TAIL_QUERY } from "../schemas/tail.ts";

/** A timer has no longer ones. */
const LONGEST_MS = 24 * 24 * 3_600_000;
const EVENT_STREAM = "text/event-stream";

export const TAIL_ROUTE: Route = route({
  method: "GET",
  path: "/v1/tail",
  access: "reader",
  id: "tail",
  summary:
    "What happens, live, as server-sent events: attempt.recorded, event.accepted, and dropped with how many a reader " +
    "lost that was too slow.",
  tag: "server",
  query: TAIL_QUERY,
  answer: { status: 200, description: "a stream that does not end by itself", texts: [EVENT_STREAM] },
  async handle({ query, service, tail }) {
    const { events, subscription, type, outcome, for: length } = query;
    if (type !== undefined) checkEventPattern(type, "type");
    const lengthMs = length === undefined ? undefined : parseDuration(length, "for", { max: LONGEST_MS });
    const kinds = events === undefined ? TAIL_KINDS : events.split(",").map(checkKind);
    // A name is looked up once: whoever is renamed goes on.
    const id =
      subscription === undefined
        ? undefined
        : (await renamingField("id", "subscription", () => service().getSubscription(subscription))).id;
    const stream = tail({ kinds: new Set(kinds), subscription: id, pattern: type, outcome });
    if (lengthMs !== undefined) {
      const timer = setTimeout(() => stream.push(null), lengthMs);
      stream.once("close", () => clearTimeout(timer));
    }
    return new TextAnswer(EVENT_STREAM, stream);
  },
});

function checkKind(text: string): TailKind {
  const known = TAIL_KINDS.find((kind) => kind === text);
  if (known === undefined) throw invalid("events", `events must be of: ${TAIL_KINDS.join(", ")}`);
  return known;
}
