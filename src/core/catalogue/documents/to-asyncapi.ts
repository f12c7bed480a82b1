import { putSchemaInto } from "../../json-schema/local-references.ts";
import { type JsonSchema, visitSchemas } from "../../json-schema/subschemas.ts";
import type { TypeDefinition } from "../type-definition.ts";
import { documentKeys, inOrder } from "./document-keys.ts";
import { envelopeExample, envelopeSchema } from "./event-envelope.ts";
import { EXTENSION, extensionOf } from "./event-type-extension.ts";

/** Keywords that draft 7, in which AsyncAPI writes schemas, has not or takes for something else. */
const NEWER_KEYWORDS = [
  "$anchor",
  "$dynamicAnchor",
  "$dynamicRef",
  "$vocabulary",
  "dependentRequired",
  "dependentSchemas",
  "maxContains",
  "minContains",
  "prefixItems",
  "unevaluatedItems",
  "unevaluatedProperties",
];
const NEWER_FORMAT = "application/schema+json;version=draft-2020-12";

interface Part {
  key: string;
  type: TypeDefinition;
  /** What stands for the schema of the data in the envelope. */
  data: JsonSchema;
  /** What stands among the document's schemas; undefined: nothing. */
  shared: JsonSchema | undefined;
  isNewer: boolean;
}

/** Types as an AsyncAPI 3.0 document: a channel and a message each. */
export function toAsyncApi3(types: readonly TypeDefinition[], info: { title: string; version: string }): object {
  const parts = partsOf(types, ["payload", "schema"]);
  return {
    asyncapi: "3.0.0",
    info,
    defaultContentType: "application/json",
    channels: byKey(parts, ({ key }) => ({
      address: key,
      messages: { [key]: { $ref: `#/components/messages/${key}` } },
    })),
    operations: byKey(parts, ({ key }) => ({
      action: "send",
      channel: { $ref: `#/channels/${key}` },
      messages: [{ $ref: `#/channels/${key}/messages/${key}` }],
    })),
    components: {
      messages: byKey(parts, (part) => {
        const schema = envelopeSchema(part.type.name, part.data);
        return {
          ...messageOf(part),
          payload: part.isNewer ? { schemaFormat: NEWER_FORMAT, schema } : schema,
        };
      }),
      ...sharedSchemas(parts),
    },
  };
}

/** The same in AsyncAPI 2.6, which more tools read. */
export function toAsyncApi2(types: readonly TypeDefinition[], info: { title: string; version: string }): object {
  const parts = partsOf(types, ["payload"]);
  return {
    asyncapi: "2.6.0",
    info,
    defaultContentType: "application/json",
    channels: byKey(parts, ({ key }) => ({
      subscribe: { message: { $ref: `#/components/messages/${key}` } },
    })),
    components: {
      messages: byKey(parts, (part) => ({
        ...messageOf(part),
        ...(part.isNewer ? { schemaFormat: NEWER_FORMAT } : {}),
        payload: envelopeSchema(part.type.name, part.data),
      })),
      ...sharedSchemas(parts),
    },
  };
}

/** @param payload where in a message a schema of a named format stands. */
function partsOf(types: readonly TypeDefinition[], payload: readonly string[]): Part[] {
  const ordered = inOrder(types);
  const keys = documentKeys(ordered);
  return ordered.map((type, at): Part => {
    const key = keys[at] ?? type.name;
    const { schema } = type;
    if (schema === null) return { key, type, data: { [EXTENSION]: null }, shared: undefined, isNewer: false };
    // Shared schemas are objects.
    if (typeof schema === "boolean") return { key, type, data: schema, shared: undefined, isNewer: false };
    if (usesNewerKeywords(schema)) {
      // In the message, which names its format: what is shared is taken for draft 7.
      const path = ["components", "messages", key, ...payload, "properties", "data"];
      return { key, type, data: putSchemaInto(schema, path), shared: undefined, isNewer: true };
    }
    const shared = putSchemaInto(schema, ["components", "schemas", key]);
    return { key, type, data: { $ref: `#/components/schemas/${key}` }, shared, isNewer: false };
  });
}

function messageOf({ type }: Part): object {
  return {
    name: type.name,
    title: type.name,
    ...(type.description === "" ? {} : { description: type.description }),
    ...(type.tags.length === 0 ? {} : { tags: type.tags.map((name) => ({ name })) }),
    contentType: "application/json",
    [EXTENSION]: extensionOf(type),
    ...(type.example === undefined ? {} : { examples: [{ payload: envelopeExample(type.name, type.example) }] }),
  };
}

function byKey(parts: readonly Part[], make: (part: Part) => object): object {
  return Object.fromEntries(parts.map((part) => [part.key, make(part)]));
}

function sharedSchemas(parts: readonly Part[]): object {
  const given = parts.filter(({ shared }) => shared !== undefined);
  return given.length === 0 ? {} : { schemas: Object.fromEntries(given.map(({ key, shared }) => [key, shared])) };
}

function usesNewerKeywords(schema: JsonSchema): boolean {
  let found = false;
  visitSchemas(schema, (part) => {
    found ||= NEWER_KEYWORDS.some((keyword) => Object.hasOwn(part, keyword));
    // A `$ref` beside other keywords, which draft 7 ignores.
    found ||= typeof part["$ref"] === "string" && Object.keys(part).length > 1;
  });
  return found;
}
