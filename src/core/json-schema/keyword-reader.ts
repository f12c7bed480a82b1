import { isJsonObject, type JsonObject, type JsonValue } from "../json-value.ts";
import type { Place, SchemaDocument } from "./schema-document.ts";

/** The keywords of one schema, each checked for what may stand there. */
export interface KeywordReader {
  place: Place;
  has(keyword: string): boolean;
  value(keyword: string): JsonValue;
  /** A whole number from 0. */
  count(keyword: string): number | undefined;
  number(keyword: string): number | undefined;
  flag(keyword: string): boolean;
  text(keyword: string): string | undefined;
  /** Different names. */
  names(keyword: string): string[] | undefined;
  list(keyword: string): JsonValue[] | undefined;
  record(keyword: string): JsonObject | undefined;
  one(keyword: string): Place | undefined;
  many(keyword: string): Place[];
  fail(keyword: string, message: string, hint?: string): never;
}

/** Every reading method throws HooksError `invalid_request` that names the keyword. */
export function keywordReader(document: SchemaDocument, place: Place): KeywordReader {
  const schema = place.schema as JsonObject;
  const has = (keyword: string): boolean => Object.hasOwn(schema, keyword);
  const fail = (keyword: string, message: string, hint?: string): never => {
    throw document.fault(place, keyword, message, hint);
  };
  const read = <T>(keyword: string, is: (value: unknown) => value is T, what: string): T | undefined => {
    if (!has(keyword)) return undefined;
    const value: unknown = schema[keyword];
    return is(value) ? value : fail(keyword, `must be ${what}`);
  };
  const isText = (value: unknown): value is string => typeof value === "string";
  const isNumber = (value: unknown): value is number => typeof value === "number";
  const isCount = (value: unknown): value is number => Number.isInteger(value) && 0 <= (value as number);
  const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
  const areNames = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every(isText) && new Set(value).size === value.length;
  return {
    place,
    has,
    fail,
    value: (keyword) => schema[keyword]!,
    count: (keyword) => read(keyword, isCount, "a whole number from 0"),
    number: (keyword) => read(keyword, isNumber, "a number"),
    flag: (keyword) => read(keyword, isFlag, "true or false") === true,
    text: (keyword) => read(keyword, isText, "a string"),
    names: (keyword) => read(keyword, areNames, "a list of different names"),
    list: (keyword) => read(keyword, (value): value is JsonValue[] => Array.isArray(value), "a list"),
    record: (keyword) => read(keyword, isJsonObject, "an object"),
    one: (keyword) => document.inside(place, keyword)[0],
    many: (keyword) => document.inside(place, keyword),
  };
}
