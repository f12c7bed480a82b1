import type { AttemptNews, DroppedNews, EventNews, TailNews, TailQuery } from "../core/tail.ts";
import { type Form, number, objectOf, orNull, text } from "./answer-form.ts";
import { type ConnectionOptions, ServerConnection } from "./server-connection.ts";

/** A server that keeps sending without an end of an event must not fill the memory. */
const EVENT_MAX_CHARS = 1024 * 1024;
const OF_EVENT = { type: text, at: text, tenant: text, environment: text, event_id: text, event_type: text };
const FORMS: ReadonlyMap<string, Form> = new Map([
  ["event.accepted", objectOf<EventNews>({ ...OF_EVENT, deliveries: number })],
  [
    "attempt.recorded",
    objectOf<AttemptNews>({
      ...OF_EVENT,
      delivery_id: text,
      subscription: text,
      subscription_name: orNull(text),
      attempt: number,
      trigger: text,
      outcome: text,
      status: orNull(number),
      error: orNull(text),
      duration_ms: number,
      verdict: text,
      reason: orNull(text),
      next_attempt_at: orNull(text),
    }),
  ],
  ["dropped", objectOf<DroppedNews>({ type: text, count: number })],
]);

/**
 * What happens on a server from now on, as long as the connection lasts; `onOpen` is called when it is there.
 * @throws HooksError what the server said; `unreachable` when it could not be reached, or hung up
 */
export async function* tailServer(
  options: ConnectionOptions,
  query: TailQuery,
  { signal, onOpen }: { signal: AbortSignal; onOpen(): void },
): AsyncGenerator<TailNews> {
  const connection = new ServerConnection(options);
  try {
    const { kinds, ...filter } = query;
    const stream = connection.stream({
      path: "/v1/tail",
      query: { ...filter, events: kinds?.join(",") },
      accept: "text/event-stream",
      signal,
      onOpen,
    });
    yield* newsIn(stream);
  } finally {
    connection.close();
  }
}

/** Server-sent events (WHATWG HTML, 9.2), as far as hooks sends them: what is of another kind or form is left out. */
export async function* newsIn(texts: AsyncIterable<string>): AsyncGenerator<TailNews> {
  let rest = "";
  for await (const text of texts) {
    rest += text;
    for (let end = rest.indexOf("\n\n"); end !== -1; end = rest.indexOf("\n\n")) {
      const news = newsOf(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (news !== undefined) yield news;
    }
    if (EVENT_MAX_CHARS < rest.length) throw new RangeError("an event without an end");
  }
}

function newsOf(block: string): TailNews | undefined {
  const field = (name: string): string | undefined =>
    block
      .split("\n")
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const [kind, data] = [field("event"), field("data")];
  const form = FORMS.get(kind ?? "");
  if (form === undefined || data === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(data);
    if (form(value, "data") !== undefined || (value as TailNews).type !== kind) return undefined;
    return value as TailNews;
  } catch {
    return undefined;
  }
}
