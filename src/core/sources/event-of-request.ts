// What becomes of a third party's request that is rightly signed: type, id and data of the event. Pure.

import { hash } from "node:crypto";
import type { HeaderPairs } from "../attempt.ts";
import { EVENT_ID_PATTERN } from "../event.ts";
import { patternTakes } from "../event-pattern.ts";
import { hopsField, LOOP_HEADER } from "../loop-mark.ts";
import { GENERAL_PLACES, type Place, PROVIDER_PLACES, type ProviderPlaces } from "./provider-places.ts";
import { partOf, readBody } from "./request-body.ts";
import type { OriginalRequest } from "./source.ts";
import { prefixed, typeText } from "./type-text.ts";

/** What of a source decides. */
export interface EventRules {
  name: string;
  scheme: string;
  prefix: string;
  /** A header's name, or a pointer; undefined: the provider's places. */
  typeFrom: string | undefined;
  idFrom: string | undefined;
  dataFrom: string | undefined;
  /** Sender's type or pattern → event type; null: nothing is published. First match wins. */
  map: readonly (readonly [pattern: string, type: string | null])[];
}

export interface EventOfRequest {
  type: string;
  /** Undefined: the request has none, and each is an event of its own. */
  id: string | undefined;
  data: Uint8Array;
  metadata: Uint8Array;
}

/** `dropped`: the map says that nothing is published. `malformed`: why no event can be made of it. */
export type MadeOfRequest = { event: EventOfRequest } | { dropped: string } | { malformed: string };

const UNNAMED = "received";
const SEVERAL = "events";
/** Longer ones stand for nothing that a person would look at. */
const SHOWN_ID_CHARS = 200;

export function eventOfRequest(rules: EventRules, request: OriginalRequest): MadeOfRequest {
  const contentType = headerOf(request.headers, "content-type");
  const body = readBody(request.body, contentType, request.query);
  const find: Find = (place, value = body.value) => textAt(place, request.headers, value);

  const senderType = typeOf(rules, body.value, find);
  if (senderType === undefined) return { malformed: `there is no type at ${rules.typeFrom}` };
  const mapped = rules.map.find(([pattern]) => patternTakes(pattern, senderType));
  if (mapped?.[1] === null) return { dropped: senderType };
  const type = mapped?.[1] ?? prefixed(rules.prefix, senderType);

  let { data } = body;
  if (rules.dataFrom !== undefined) {
    const part = valueAt(rules.dataFrom, body.value);
    if (part === undefined) return { malformed: `there is nothing at ${rules.dataFrom}` };
    const small = partOf(request.body, namesOf(rules.dataFrom), part, body.isJson);
    if (small === undefined) return { malformed: `what is at ${rules.dataFrom} is larger than an event may be` };
    data = small;
  }
  const deliveryId = idOf(rules, body.value, find);
  const metadata = {
    source: rules.name,
    type: senderType,
    ...(deliveryId === undefined ? {} : { delivery_id: deliveryId.slice(0, SHOWN_ID_CHARS) }),
    ...hopsField(request.headers.flatMap(([name, value]) => (name.toLowerCase() === LOOP_HEADER ? value : []))),
  };
  return {
    event: {
      type,
      id: deliveryId === undefined ? undefined : eventId(rules.name, deliveryId),
      data,
      metadata: Buffer.from(JSON.stringify(metadata)),
    },
  };
}

type Find = (place: Place, value?: unknown) => string | undefined;

/** Undefined only where the source's own place leads nowhere. */
function typeOf({ scheme, typeFrom }: EventRules, value: unknown, find: Find): string | undefined {
  if (typeFrom !== undefined) {
    const text = find(typeFrom);
    return text === undefined ? undefined : typeText(text);
  }
  const provider = PROVIDER_PLACES[scheme];
  return (provider && typeAt(provider, value, find)) ?? typeAt(GENERAL_PLACES, value, find) ?? UNNAMED;
}

function typeAt({ type, items }: ProviderPlaces, value: unknown, find: Find): string | undefined {
  const one = (part: unknown): string | undefined => {
    for (const places of type) {
      const [first, ...more] = typeof places === "string" ? [places] : places;
      const start = first!.startsWith("=") ? undefined : find(first!, part);
      const rest = more.map((place) => find(place, part)).filter((text) => text !== undefined);
      if (first!.startsWith("=") ? rest.length === 0 : start === undefined) continue;
      const text = typeText([start ?? first!.slice(1), ...rest].join("."));
      if (text !== undefined) return text;
    }
    return undefined;
  };
  const list = items === undefined ? undefined : valueAt(items, value);
  if (!Array.isArray(list)) return one(value);
  const types = new Set(list.map(one));
  const [only] = types;
  // Of several kinds in one request none is the whole's.
  return types.size === 1 ? only : types.size === 0 ? undefined : SEVERAL;
}

function idOf({ scheme, idFrom }: EventRules, value: unknown, find: Find): string | undefined {
  if (idFrom !== undefined) return find(idFrom);
  const { id, items } = PROVIDER_PLACES[scheme] ?? GENERAL_PLACES;
  const list = items === undefined ? undefined : valueAt(items, value);
  if (Array.isArray(list)) return idOfAll(list, id, find);
  for (const place of id) {
    const text = find(place);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** A list is the same list when all of its items are the same ones. */
function idOfAll(list: readonly unknown[], places: readonly Place[], find: Find): string | undefined {
  const ids = list.map((item) => places.map((place) => find(place, item)).find((text) => text !== undefined));
  if (ids.length === 0 || ids.includes(undefined)) return undefined;
  return ids.length === 1 ? ids[0] : hash("sha256", JSON.stringify(ids), "base64url");
}

/** The same for the same id of the same source, and different from those of every other source. */
function eventId(source: string, deliveryId: string): string {
  const id = `${source}_${deliveryId}`;
  return EVENT_ID_PATTERN.test(id) ? id : `${source}_${hash("sha256", deliveryId, "base64url")}`;
}

function textAt(place: Place, headers: HeaderPairs, value: unknown): string | undefined {
  const found = place.startsWith("/") ? valueAt(place, value) : headerOf(headers, place);
  const text = typeof found === "number" || typeof found === "boolean" ? String(found) : found;
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** The first of that name (lower case). */
export function headerOf(headers: HeaderPairs, name: string): string | undefined {
  return headers.find(([one]) => one.length === name.length && one.toLowerCase() === name)?.[1];
}

/** A JSON Pointer (RFC 6901); JSON in a form's field is looked into. Undefined: it leads nowhere. */
function valueAt(pointer: string, root: unknown): unknown {
  let value = root;
  if (pointer === "") return value;
  for (const name of namesOf(pointer)) {
    if (typeof value === "string") value = jsonIn(value);
    if (typeof value !== "object" || value === null) return undefined;
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function namesOf(pointer: string): string[] {
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function jsonIn(text: string): unknown {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
