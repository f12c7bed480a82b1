import { valueAt } from "../../json-schema/json-pointer.ts";
import { putSchemaInto, takeSchemaOut } from "../../json-schema/local-references.ts";
import { isSchemaObject, type JsonSchema, type SchemaObject } from "../../json-schema/subschemas.ts";
import { bareType, type TypeDefinition } from "../type-definition.ts";
import { documentKeys, inOrder } from "./document-keys.ts";
import { DocumentProblem, type DocumentProblems, type TypeDocument } from "./document-problems.ts";
import { envelopeAt, envelopeExample, envelopeSchema } from "./event-envelope.ts";
import { EXTENSION, type ExtensionContent, extensionOf, readExtension } from "./event-type-extension.ts";
import { oneLine, tagNames } from "./foreign-text.ts";
import { type LocalPart, partAt, partOf, textOf } from "./local-parts.ts";

const METHODS = ["post", "put", "patch", "get", "delete", "options", "head", "trace"];
const DIALECT_OF_31 = "https://spec.openapis.org/oas/3.1/dialect/base";

/** The types of an OpenAPI document's `webhooks`: an event type for each. */
export function typesOfOpenApi(document: TypeDocument, problems: DocumentProblems): TypeDefinition[] {
  const { openapi, webhooks } = document.value as SchemaObject;
  const refuse = (path: readonly string[], message: string): [] => {
    problems.add(new DocumentProblem(document, path, message));
    return [];
  };
  if (typeof openapi !== "string" || !/^3\.[1-9]\d*(?:\.\d+)?$/.test(openapi)) {
    return refuse(["openapi"], "must be 3.1 or later: webhooks came with OpenAPI 3.1");
  }
  if (webhooks === undefined) return refuse([], "has no webhooks: event types are taken from there");
  if (!isSchemaObject(webhooks)) return refuse(["webhooks"], "must be an object");
  return Object.keys(webhooks).flatMap((key) => problems.noting(() => typeOfWebhook(document, key)) ?? []);
}

function typeOfWebhook(document: TypeDocument, key: string): TypeDefinition {
  const item = partAt(document, ["webhooks", key]);
  const [method, ...others] = METHODS.filter((name) => Object.hasOwn(item.value, name));
  if (method === undefined) throw new DocumentProblem(document, item.path, "has no operation: post, for example");
  if (others.length > 0 && method !== "post") {
    throw new DocumentProblem(
      document,
      item.path,
      `has several operations (${[method, ...others].join(", ")}), and none is post`,
    );
  }
  const operation = partAt(document, [...item.path, method]);
  const content = contentOf(document, operation);
  const details = readExtension(document, operation.path, operation.value);
  if (content === undefined) return { ...(details ?? foreign(key, operation, item)), schema: null };

  const body = [...content.path, "schema"];
  const hasSchema = Object.hasOwn(content.value, "schema");
  const envelope = hasSchema ? envelopeAt(document.value, body) : undefined;
  const example = exampleOf(document, content);
  if (details !== undefined) return { ...details, schema: schemaAt(document, envelope?.dataPath ?? body, true) };
  const data = envelope !== undefined && isSchemaObject(example) ? example["data"] : undefined;
  return {
    ...foreign(envelope?.type ?? key, operation, item),
    schema: hasSchema ? schemaAt(document, envelope?.dataPath ?? body) : null,
    example: envelope === undefined ? example : data,
  };
}

/** `isOwn`: written by an export, which marks a type without a schema. */
function schemaAt(document: TypeDocument, path: readonly string[], isOwn = false): JsonSchema | null {
  const found = valueAt(document.value, path);
  if (isOwn && isSchemaObject(found) && found[EXTENSION] === null) return null;
  return takeSchemaOut(document.value, path, (at, message) => new DocumentProblem(document, at, message));
}

function foreign(name: string, operation: LocalPart, item: LocalPart): ExtensionContent {
  const words = [operation.value, item.value].flatMap((value) => [
    textOf(value, "description"),
    textOf(value, "summary"),
  ]);
  const { tags, deprecated } = operation.value;
  return {
    ...bareType(name),
    description: oneLine(words.find((text) => text !== undefined && text !== "") ?? ""),
    tags: Array.isArray(tags) ? tagNames(tags) : [],
    deprecated: deprecated === true,
  };
}

/** The media type object of its JSON body; undefined: it has no body. */
function contentOf(document: TypeDocument, operation: LocalPart): LocalPart | undefined {
  const body = partOf(document, operation, "requestBody");
  const content = body === undefined ? undefined : partOf(document, body, "content");
  if (content === undefined) return undefined;
  const names = Object.keys(content.value);
  const json =
    names.find((name) => /^application\/json\s*(?:;|$)/i.test(name)) ??
    names.find((name) => /^[^;]*[+/]json\s*(?:;|$)/i.test(name));
  if (json === undefined) throw new DocumentProblem(document, content.path, "has no JSON: application/json is missing");
  return partAt(document, [...content.path, json]);
}

function exampleOf(document: TypeDocument, content: LocalPart): unknown {
  if (Object.hasOwn(content.value, "example")) return content.value["example"];
  const examples = partOf(document, content, "examples");
  const first = examples === undefined ? undefined : Object.keys(examples.value)[0];
  if (examples !== undefined && first !== undefined) {
    return partAt(document, [...examples.path, first]).value["value"];
  }
  const schema = content.value["schema"];
  const inSchema = isSchemaObject(schema) ? schema["examples"] : undefined;
  return Array.isArray(inSchema) ? (inSchema[0] as unknown) : undefined;
}

/** Types as the webhooks of an OpenAPI 3.1 document: what receivers get in profile `standard`. */
export function toOpenApi(types: readonly TypeDefinition[], info: { title: string; version: string }): object {
  const ordered = inOrder(types);
  const keys = documentKeys(ordered);
  const schemas: [string, JsonSchema][] = [];
  const webhooks = ordered.map((type, at): [string, object] => {
    const key = keys[at] ?? type.name;
    let data: SchemaObject = { [EXTENSION]: null };
    if (type.schema !== null) {
      schemas.push([key, putSchemaInto(type.schema, ["components", "schemas", key])]);
      data = { $ref: `#/components/schemas/${key}` };
    }
    return [key, { post: operationOf(type, key, data) }];
  });
  return {
    openapi: "3.1.0",
    info,
    jsonSchemaDialect: DIALECT_OF_31,
    webhooks: Object.fromEntries(webhooks),
    components: {
      ...(schemas.length === 0 ? {} : { schemas: Object.fromEntries(schemas) }),
      parameters: Object.fromEntries(HEADERS.map(({ name, description }) => [name, header(name, description)])),
    },
  };
}

const HEADERS = [
  { name: "webhook-id", description: "The event's id: the same for each attempt." },
  { name: "webhook-timestamp", description: "When this attempt was made, in seconds since 1970." },
  { name: "webhook-signature", description: "Signatures as Standard Webhooks defines them, separated by spaces." },
];

function header(name: string, description: string): object {
  return { name, in: "header", required: true, description, schema: { type: "string" } };
}

function operationOf(type: TypeDefinition, key: string, data: SchemaObject): object {
  return {
    operationId: key,
    ...(type.description === "" ? {} : { description: type.description }),
    ...(type.tags.length === 0 ? {} : { tags: type.tags }),
    ...(type.deprecated ? { deprecated: true } : {}),
    [EXTENSION]: extensionOf(type),
    parameters: HEADERS.map(({ name }) => ({ $ref: `#/components/parameters/${name}` })),
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: envelopeSchema(type.name, data),
          ...(type.example === undefined ? {} : { example: envelopeExample(type.name, type.example) }),
        },
      },
    },
    responses: { "2XX": { description: "taken; anything else is sent again later" } },
  };
}
