import type { SchemaValidateFunction } from "ajv";
import { _, Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import type { TSchema } from "typebox";
import { type HooksError, invalid } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { SHARED_SCHEMAS } from "./schemas/shared.ts";

/** Where a validated value stood: decides how its fields are called. */
export type RequestPart = "body" | "query" | "params";

/** The text of an instant in our own answers. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * The validator of the schemas that are also the OpenAPI document. It repairs nothing: unknown members are errors
 * (by default the framework drops them in silence), and "5" is no number.
 */
const OPTIONS = {
  removeAdditional: false,
  coerceTypes: false,
  useDefaults: false,
  allErrors: false,
  // The schema and the value of an error, for its message.
  verbose: true,
  allowUnionTypes: true,
  strictRequired: false,
  formats: { "date-time": INSTANT },
} as const;
const everything = withSharedSchemas(new Ajv2020(OPTIONS));
/**
 * For bodies and queries: the form of a text (an event type, a duration …) is judged by the service, which has the same rule and
 * says the same of it whether a request or a command brought it.
 */
const allButPatterns = withSharedSchemas(
  new Ajv2020(OPTIONS)
    .removeKeyword("pattern")
    .addKeyword("pattern")
    .removeKeyword("maxLength")
    // Of a text with a pattern its length is a part of its form.
    .addKeyword({
      keyword: "maxLength",
      type: "string",
      validate: isShortEnough as SchemaValidateFunction,
      error: { message: "too long", params: ({ schema }) => _`{limit: ${schema}}` },
    }),
);

function isShortEnough(limit: number, text: string, schema?: { pattern?: string }): boolean {
  return schema?.pattern !== undefined || text.length <= limit;
}

function withSharedSchemas(ajv: Ajv2020): Ajv2020 {
  for (const schema of SHARED_SCHEMAS) ajv.addSchema(schema);
  return ajv;
}

/** Says what is wrong with a value; undefined: nothing. */
export type Check = (value: unknown) => HooksError | undefined;

export function compileCheck(schema: TSchema, part: RequestPart): Check {
  const validate = (part === "params" ? everything : allButPatterns).compile(schema);
  return (value) => (validate(value) ? undefined : toInvalid(validate.errors ?? [], part));
}

/** What the validator says, as one error that names the field and says what is accepted. */
export function toInvalid(errors: readonly ErrorObject[], part: RequestPart): HooksError {
  const error = mostTelling(errors);
  if (error === undefined) return invalid(part, `${part} is not as it must be`);
  const path = fieldOf(error.instancePath);
  switch (error.keyword) {
    case "additionalProperties":
    case "unevaluatedProperties":
      return unknownField(error, path, part);
    case "required": {
      const field = join(path, (error.params as { missingProperty: string }).missingProperty);
      return invalid(field, `${field} is missing`);
    }
    default: {
      const field = path === "" ? part : path;
      return invalid(field, `${path === "" ? `the ${part}` : field} ${complaint(error)}`);
    }
  }
}

/**
 * Of the branches of an `anyOf` the one that came furthest into the value: in `retry: {delays: [null]}` the entry is
 * wrong, not that it is no preset's name.
 */
function mostTelling(errors: readonly ErrorObject[]): ErrorObject | undefined {
  // A member that is missing or unknown is one step further in than the object that the error is about.
  const isOfMember = (error: ErrorObject): boolean => ["additionalProperties", "required"].includes(error.keyword);
  const depth = (error: ErrorObject): number => error.instancePath.split("/").length + (isOfMember(error) ? 1 : 0);
  const deepest = Math.max(...errors.map(depth));
  const candidates = errors.filter((error) => depth(error) === deepest);
  // At equal depth no branch is better than another; `anyOf` comes last and says what the alternatives are.
  return candidates.findLast((error) => error.keyword === "anyOf") ?? candidates[0];
}

function unknownField(error: ErrorObject, path: string, part: RequestPart): HooksError {
  const params = error.params as { additionalProperty?: string; unevaluatedProperty?: string };
  const name = params.additionalProperty ?? params.unevaluatedProperty ?? "";
  const field = join(path, name);
  const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
  const meant = nearest(name, known);
  const accepted = known.length === 0 ? "none is accepted" : `accepted: ${known.join(", ")}`;
  const what = part === "query" ? "query parameter" : "field";
  return invalid(field, `${field} is not a known ${what}`, meant === undefined ? accepted : `did you mean ${meant}?`);
}

function complaint(error: ErrorObject): string {
  const schema = error.parentSchema as { description?: string } | undefined;
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case "type":
      return `must be ${[params["type"]].flat().map(kindName).join(" or ")}, got ${kindOf(error.data)}`;
    case "const":
      return `must be ${JSON.stringify(params["allowedValue"])}`;
    case "enum":
      return `must be one of: ${(params["allowedValues"] as unknown[]).map(String).join(", ")}`;
    case "minLength":
      return params["limit"] === 1 ? "must not be empty" : `must have at least ${params["limit"]} characters`;
    case "maxLength":
      return `must be at most ${params["limit"]} characters`;
    case "minItems":
      return params["limit"] === 1 ? "must not be empty" : `must have at least ${params["limit"]} entries`;
    case "maxItems":
      return params["limit"] === 0
        ? "must be empty: it is not supported yet"
        : `must have at most ${params["limit"]} entries`;
    case "maxProperties":
      return `must have at most ${params["limit"]} members`;
    case "minimum":
      return `must be at least ${params["limit"]}`;
    case "maximum":
      return `must be at most ${params["limit"]}`;
    default:
      // `pattern` and `anyOf`: the schema says in words what it takes.
      return schema?.description === undefined ? "is not as it must be" : `must be: ${schema.description}`;
  }
}

function kindName(type: unknown): string {
  return (
    { integer: "a whole number", null: "null", object: "an object", array: "an array" }[String(type)] ?? `a ${type}`
  );
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** `/retry/delays/2` → `retry.delays[2]`, as a person would write it. */
function fieldOf(instancePath: string): string {
  return instancePath
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce(join, "");
}

function join(path: string, segment: string): string {
  if (path !== "" && /^\d+$/.test(segment)) return `${path}[${segment}]`;
  return path === "" ? segment : `${path}.${segment}`;
}
