// One record of a scheme that a user wrote, checked field by field.

import { quoted } from "../quoted.ts";
import { compileScheme } from "./compiled-scheme.ts";
import {
  allow,
  choice,
  HEADER_NAME,
  headers,
  isObject,
  type Json,
  match,
  object,
  path,
  seconds,
  text,
  texts,
  WrongField,
} from "./record-fields.ts";
import type { Scheme } from "./scheme.ts";

const KEYS = [
  "name",
  "title",
  "aliases",
  "extends",
  "signature",
  "id",
  "timestamp",
  "require",
  "content",
  "algorithm",
  "encoding",
  "secret",
  "notes",
];
const ALGORITHMS = [
  "hmac-sha1",
  "hmac-sha256",
  "hmac-sha512",
  "sha256",
  "token",
  "ed25519",
  "ecdsa-p256-sha256",
] as const satisfies readonly Scheme["algorithm"][];

/** What `extends` names; undefined: nothing. */
export type FindBase = (named: unknown) => Scheme | undefined;

/** @throws WrongField for what is wrong in it, under `at` (empty for a record that stands alone). */
export function readScheme(value: unknown, at: string, findBase: FindBase): Scheme {
  if (!isObject(value)) throw new WrongField(at, at === "" ? "a scheme must be an object" : "must be an object");
  const field = (name: string): string => (at === "" ? name : `${at}.${name}`);
  allow(value, KEYS, at);
  const base = Object.hasOwn(value, "extends") ? baseOf(value["extends"], field("extends"), findBase) : undefined;
  const given = { ...base, ...value };

  const algorithm = choice(given["algorithm"], ALGORITHMS, field("algorithm"));
  const scheme: Scheme = {
    name: match(value["name"], /^[a-z0-9][a-z0-9_-]{0,63}$/, field("name"), "lower-case letters, digits, - and _"),
    title: given["title"] === undefined ? String(value["name"]) : text(given["title"], field("title")),
    signature: signatureRule(given["signature"], field("signature")),
    content: contentText(given["content"], algorithm, field("content")),
    algorithm,
    encoding: choice(given["encoding"] ?? "hex", ["hex", "base64", "base64url"], field("encoding")),
    secret: secretRule(given["secret"] ?? { decode: "utf8" }, algorithm, field("secret")),
  };
  if (value["aliases"] !== undefined) scheme.aliases = texts(value["aliases"], field("aliases"));
  if (value["notes"] !== undefined) scheme.notes = texts(value["notes"], field("notes"));
  if (given["id"] !== undefined && given["id"] !== null) {
    const rule = object(given["id"], field("id"), ["headers"]);
    scheme.id = { headers: headers(rule["headers"], field("id.headers")) };
  }
  if (given["timestamp"] !== undefined && given["timestamp"] !== null) {
    scheme.timestamp = timestampRule(given["timestamp"], scheme.signature.format, field("timestamp"));
  }
  if (given["require"] !== undefined) {
    scheme.require = Object.fromEntries(
      Object.entries(object(given["require"], field("require"))).map(([name, required]) => [
        match(name, HEADER_NAME, field("require"), "lower-case names of headers"),
        text(required, field(`require.${name}`)),
      ]),
    );
  }
  checkFields(scheme, field);
  return scheme;
}

/** What each field alone cannot tell. */
function checkFields(scheme: Scheme, field: (name: string) => string): void {
  const { content } = scheme;
  if (content.includes("{id}") && scheme.id === undefined)
    throw new WrongField(field("id"), "is missing, and content has {id}");
  if (content.includes("{timestamp}") && scheme.timestamp === undefined) {
    throw new WrongField(field("timestamp"), "is missing, and content has {timestamp}");
  }
  const rule = scheme.timestamp;
  const isUnsigned = rule !== undefined && !("json" in rule) && !content.includes("{timestamp}");
  if (isUnsigned && (rule.past !== undefined || rule.future !== undefined)) {
    throw new WrongField(field("content"), "lacks {timestamp}: an age that nothing signs protects from nothing");
  }
  try {
    compileScheme(scheme);
  } catch (error) {
    if (error instanceof RangeError)
      throw new WrongField(field("content"), error.message.replace(/^scheme [^:]*: /, "has an "));
    throw error;
  }
}

function baseOf(named: unknown, field: string, findBase: FindBase): Json {
  const base = findBase(named);
  if (base === undefined) throw new WrongField(field, `must be the name of a scheme, got ${quoted(named)}`);
  if (base.code !== undefined) throw new WrongField(field, `: ${base.name} has code of its own and cannot be extended`);
  const {
    name: _name,
    title: _title,
    aliases: _aliases,
    basedOn: _basedOn,
    marks: _marks,
    notes: _notes,
    repeats: _repeats,
    ...rest
  } = base;
  return rest as unknown as Json;
}

function signatureRule(value: unknown, field: string): Scheme["signature"] {
  const rule = object(value, field, [
    "headers",
    "also",
    "json",
    "format",
    "prefix",
    "separator",
    "joiner",
    "pair",
    "field",
  ]);
  if ((rule["headers"] === undefined) === (rule["json"] === undefined)) {
    throw new WrongField(field, 'must have either "headers" or "json"');
  }
  const place =
    rule["json"] === undefined
      ? {
          headers: headers(rule["headers"], `${field}.headers`),
          ...(rule["also"] === undefined ? {} : { also: headers(rule["also"], `${field}.also`) }),
        }
      : { json: path(rule["json"], `${field}.json`) };
  const format = choice(rule["format"] ?? "raw", ["raw", "prefixed", "list"], `${field}.format`);
  switch (format) {
    case "raw":
      return { ...place, format };
    case "prefixed":
      return { ...place, format, prefix: text(rule["prefix"], `${field}.prefix`) };
    case "list":
      return {
        ...place,
        format,
        separator: text(rule["separator"], `${field}.separator`),
        pair: text(rule["pair"], `${field}.pair`),
        field: text(rule["field"], `${field}.field`),
        ...(rule["joiner"] === undefined ? {} : { joiner: text(rule["joiner"], `${field}.joiner`) }),
      };
  }
}

function timestampRule(
  value: unknown,
  format: Scheme["signature"]["format"],
  field: string,
): NonNullable<Scheme["timestamp"]> {
  const rule = object(value, field, ["headers", "field", "json", "unit", "past", "future"]);
  const places = ["headers", "field", "json"].filter((name) => rule[name] !== undefined);
  if (places.length !== 1) throw new WrongField(field, 'must have one of "headers", "field" and "json"');
  if (places[0] === "field" && format !== "list") {
    throw new WrongField(`${field}.field`, 'needs a signature of the format "list"');
  }
  const place =
    places[0] === "headers"
      ? { headers: headers(rule["headers"], `${field}.headers`) }
      : places[0] === "json"
        ? { json: path(rule["json"], `${field}.json`) }
        : { field: text(rule["field"], `${field}.field`) };
  const limits = ["past", "future"].flatMap((name) =>
    rule[name] === undefined || rule[name] === null ? [] : [[name, seconds(rule[name], `${field}.${name}`)]],
  );
  return {
    ...place,
    unit: choice(rule["unit"] ?? "s", ["s", "ms", "iso"], `${field}.unit`),
    ...(Object.fromEntries(limits) as { past?: number; future?: number }),
  };
}

function secretRule(value: unknown, algorithm: Scheme["algorithm"], field: string): Scheme["secret"] {
  const rule = object(value, field, ["decode", "prefix", "privatePrefix", "prefixRequired", "unprefixed"]);
  const decode = choice(rule["decode"] ?? "utf8", ["utf8", "base64", "hex", "pem"], `${field}.decode`);
  const isPublic = algorithm === "ed25519" || algorithm === "ecdsa-p256-sha256";
  if (isPublic && decode === "utf8")
    throw new WrongField(`${field}.decode`, `must be hex, base64 or pem for ${algorithm}`);
  if (!isPublic && decode === "pem") throw new WrongField(`${field}.decode`, `cannot be pem for ${algorithm}`);
  if ((algorithm === "sha256" || algorithm === "token") && decode !== "utf8") {
    throw new WrongField(`${field}.decode`, `must be utf8 for ${algorithm}`);
  }
  const result: Scheme["secret"] = { decode };
  if (rule["prefix"] !== undefined) result.prefix = text(rule["prefix"], `${field}.prefix`);
  if (rule["privatePrefix"] !== undefined) result.privatePrefix = text(rule["privatePrefix"], `${field}.privatePrefix`);
  if (rule["unprefixed"] !== undefined) result.unprefixed = choice(rule["unprefixed"], ["utf8"], `${field}.unprefixed`);
  if (rule["prefixRequired"] !== undefined) {
    if (typeof rule["prefixRequired"] !== "boolean")
      throw new WrongField(`${field}.prefixRequired`, "must be true or false");
    result.prefixRequired = rule["prefixRequired"];
  }
  return result;
}

function contentText(value: unknown, algorithm: Scheme["algorithm"], field: string): string {
  if (algorithm === "token") return value === undefined ? "" : text(value, field, true);
  const content = text(value, field);
  if (algorithm === "sha256" && !content.includes("{secret}")) {
    throw new WrongField(field, "must have {secret}: a plain hash without it can be made by anybody");
  }
  return content;
}
