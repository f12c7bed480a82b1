import { timestampHeaders } from "../compiled-scheme.ts";
import type { Scheme } from "../scheme.ts";
import type { Hint } from "./hint.ts";
import type { Trials } from "./trials.ts";

const SECOND_AS_MS = 1000;
/** 10^11 s is the year 5138; as milliseconds it is 1973. */
const SMALLEST_MS = 1e11;

/** Since 2001, in seconds or milliseconds. */
const UNIX_TIME = /^\d{10}(\d{3})?$/;

/** Times that count in another unit than the scheme, and ids that stand where times should. */
export function explainTimeAndId(trials: Trials): Hint[] {
  return milliseconds(trials) ?? swapped(trials) ?? [];
}

function milliseconds(trials: Trials): Hint[] | undefined {
  const { timestamp: rule } = trials.compiled.scheme;
  if (rule === undefined || rule.unit === "iso" || "json" in rule) return undefined;
  const written = timestampText(trials);
  if (written === undefined || !/^\d{1,15}$/.test(written)) return undefined;
  const number = Number(written);
  const inMs = number >= SMALLEST_MS;
  if (rule.unit === "s" && inMs) {
    // Whatever is wrong besides: this alone is.
    return [{ code: "timestamp_milliseconds", text: "The timestamp counts milliseconds; this scheme counts seconds." }];
  }
  if (rule.unit === "ms" && !inMs) {
    return [{ code: "timestamp_milliseconds", text: "The timestamp counts seconds; this scheme counts milliseconds." }];
  }
  const others = inMs ? [Math.floor(number / SECOND_AS_MS)] : [number * SECOND_AS_MS];
  for (const other of others) {
    if (!trials.matches({ headers: withTimestamp(trials, String(other)) })) continue;
    const said = inMs ? ["milliseconds", "seconds"] : ["seconds", "milliseconds"];
    return [
      {
        code: "timestamp_milliseconds",
        text: `It matches when ${said[1]} are signed: the sender sends the time in ${said[0]} and signs it in ${said[1]}.`,
      },
    ];
  }
  return undefined;
}

function swapped(trials: Trials): Hint[] | undefined {
  const { scheme } = trials.compiled;
  const times = timestampHeaders(scheme.timestamp);
  if (scheme.id === undefined || times === undefined || scheme.code !== undefined) return undefined;
  const hint = (text: string): Hint[] => [{ code: "id_timestamp_swapped", text }];

  const id = trials.headers.find(([name]) => scheme.id!.headers.includes(name.toLowerCase()))?.[1];
  const time = timestampText(trials);
  const inContent = (): Hint[] | undefined => {
    const content = scheme.content.replace("{id}", "{}").replace("{timestamp}", "{id}").replace("{}", "{timestamp}");
    return trials.matches({ scheme: { ...scheme, content } })
      ? hint(
          "It matches when id and timestamp change places in what is signed: the sender has them in the wrong order.",
        )
      : undefined;
  };
  if (id === undefined || time === undefined) return inContent();
  const inHeaders = (): Hint[] | undefined => {
    const headers = trials.headers.map(([name, value]) => {
      if (scheme.id!.headers.includes(name.toLowerCase())) return [name, time] as const;
      return times.includes(name.toLowerCase()) ? ([name, id] as const) : ([name, value] as const);
    });
    return trials.matches({ headers })
      ? hint("It matches when the headers of id and timestamp change their values: they were swapped.")
      : undefined;
  };
  // Both sign the same text. Which of them it was is told by the one that looks like a time.
  return UNIX_TIME.test(id) && !UNIX_TIME.test(time) ? (inHeaders() ?? inContent()) : (inContent() ?? inHeaders());
}

/** Delays of the usual schedules, in seconds: after which the same message is sent and signed again. */
const RETRY_DELAYS = [300, 600, 900, 1800, 3600, 7200, 18_000, 21_600, 36_000, 43_200, 50_400, 72_000, 86_400];
const NEARBY_SECONDS = 300;
const SLACK_SECONDS = 3;

/** A signature of the same message at another time: one request's headers were mixed with another's. */
export function explainAttempt(trials: Trials): Hint[] {
  const { timestamp: rule, code } = trials.compiled.scheme;
  if (rule === undefined || rule.unit !== "s" || "json" in rule || code !== undefined) return [];
  const written = timestampText(trials);
  if (written === undefined || !/^\d{1,11}$/.test(written)) return [];
  const now = Number(written);
  for (const distance of distances()) {
    if (trials.left <= 0) break;
    if (now + distance < 0 || !trials.matches({ headers: withTimestamp(trials, String(now + distance)) })) continue;
    const when = distance < 0 ? "earlier" : "later";
    return [
      {
        code: "other_attempt",
        text: `It is the signature of this message at another time, ${Math.abs(distance)} s ${when}: of another attempt. Take id, timestamp and signature from one and the same request.`,
      },
    ];
  }
  return [];
}

function* distances(): Generator<number> {
  for (let near = 1; near <= NEARBY_SECONDS; near++) {
    yield -near;
    yield near;
  }
  for (const delay of RETRY_DELAYS) {
    for (let slack = -SLACK_SECONDS; slack <= SLACK_SECONDS; slack++) {
      if (delay + slack <= NEARBY_SECONDS) continue;
      yield -(delay + slack);
      yield delay + slack;
    }
  }
}

function timestampText(trials: Trials): string | undefined {
  const { timestamp: rule, signature } = trials.compiled.scheme;
  const times = timestampHeaders(rule);
  if (times !== undefined) return trials.headers.find(([name]) => times.includes(name.toLowerCase()))?.[1].trim();
  if (rule === undefined || !("field" in rule) || !("headers" in signature)) return undefined;
  const header = trials.headers.find(([name]) => signature.headers.includes(name.toLowerCase()))?.[1];
  return header === undefined ? undefined : fieldPattern(trials.compiled.scheme, rule.field).exec(header)?.[2];
}

function withTimestamp(trials: Trials, text: string): [string, string][] {
  const { scheme } = trials.compiled;
  const { timestamp: rule, signature } = scheme;
  const times = timestampHeaders(rule);
  return trials.headers.map(([name, value]) => {
    const lower = name.toLowerCase();
    if (times?.includes(lower)) return [name, text];
    if (rule !== undefined && "field" in rule && "headers" in signature && signature.headers.includes(lower)) {
      return [name, value.replace(fieldPattern(scheme, rule.field), (_, before: string) => before + text)];
    }
    return [name, value];
  });
}

function fieldPattern({ signature: rule }: Scheme, field: string): RegExp {
  const [separator, pair] = rule.format === "list" ? [rule.separator, rule.pair] : [",", "="];
  const quote = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`((?:^|${quote(separator)})\\s*${quote(field + pair)})(\\d+)`);
}
