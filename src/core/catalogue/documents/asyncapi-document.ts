import { valueAt } from "../../json-schema/json-pointer.ts";
import { takeSchemaOut } from "../../json-schema/local-references.ts";
import { toDraft2020 } from "../../json-schema/older-drafts.ts";
import { isSchemaObject, type JsonSchema, type SchemaObject } from "../../json-schema/subschemas.ts";
import { bareType, type TypeDefinition } from "../type-definition.ts";
import { DocumentProblem, type DocumentProblems, type TypeDocument } from "./document-problems.ts";
import { envelopeAt } from "./event-envelope.ts";
import { EXTENSION, readExtension } from "./event-type-extension.ts";
import { oneLine, tagNames } from "./foreign-text.ts";
import { type LocalPart, partAt, partOf, textOf } from "./local-parts.ts";

/** What a payload may be written in: JSON Schema under its names, and AsyncAPI's own superset of draft 7. */
const JSON_SCHEMA_FORMATS =
  /^application\/(?:schema\+(?:json|yaml)|vnd\.aai\.asyncapi(?:\+(?:json|yaml))?)(?:\s*;.*)?$/i;

/** A message, and the names that it goes by where it names none itself. */
interface Message {
  path: readonly string[];
  names: readonly string[];
}

/** The types of an AsyncAPI document (2.x or 3.x): one for each message of its channels. */
export function typesOfAsyncApi(document: TypeDocument, problems: DocumentProblems): TypeDefinition[] {
  const { asyncapi } = document.value as SchemaObject;
  const major = typeof asyncapi === "string" ? /^([23])\.\d+\.\d+$/.exec(asyncapi)?.[1] : undefined;
  if (major === undefined) {
    problems.add(new DocumentProblem(document, ["asyncapi"], "must be a version 2.x.x or 3.x.x"));
    return [];
  }
  const root: LocalPart = { path: [], value: document.value as SchemaObject };
  const messages =
    problems.noting(() => {
      const inChannels = major === "3" ? messagesOf3(document, root, problems) : messagesOf2(document, root, problems);
      return inChannels.length > 0 ? inChannels : messagesOfComponents(document, root);
    }) ?? [];
  const seen = new Set<string>();
  return messages.flatMap((message) => {
    const type = problems.noting(() => typeOfMessage(document, message, seen));
    return type === undefined ? [] : [type];
  });
}

function messagesOf3(document: TypeDocument, root: LocalPart, problems: DocumentProblems): Message[] {
  const channels = partOf(document, root, "channels");
  return Object.keys(channels?.value ?? {}).flatMap((key) => {
    const found = problems.noting(() => {
      const channel = partAt(document, ["channels", key]);
      const messages = partOf(document, channel, "messages");
      const names = Object.keys(messages?.value ?? {});
      return names.map((name) => ({
        path: [...(messages?.path ?? []), name],
        // The one message of a channel may be named by it, several may not.
        names: names.length === 1 ? [name, textOf(channel.value, "address") ?? key, key] : [name],
      }));
    });
    return found ?? [];
  });
}

function messagesOf2(document: TypeDocument, root: LocalPart, problems: DocumentProblems): Message[] {
  const channels = partOf(document, root, "channels");
  return Object.keys(channels?.value ?? {}).flatMap((key) => {
    const found = problems.noting(() => {
      const channel = partAt(document, ["channels", key]);
      return ["subscribe", "publish"].flatMap((verb) => {
        const operation = partOf(document, channel, verb);
        if (operation === undefined || !Object.hasOwn(operation.value, "message")) return [];
        const path = [...operation.path, "message"];
        const choices = isSchemaObject(operation.value["message"]) ? operation.value["message"]["oneOf"] : undefined;
        if (Array.isArray(choices))
          return choices.map((_, at) => ({ path: [...path, "oneOf", String(at)], names: [] }));
        return [{ path, names: [key] }];
      });
    });
    return found ?? [];
  });
}

function messagesOfComponents(document: TypeDocument, root: LocalPart): Message[] {
  const components = partOf(document, root, "components");
  const messages = components === undefined ? undefined : partOf(document, components, "messages");
  if (messages === undefined) throw new DocumentProblem(document, ["channels"], "no message is described");
  return Object.keys(messages.value).map((name) => ({ path: [...messages.path, name], names: [name] }));
}

/** Undefined: the message stands in another channel too, and was read there. */
function typeOfMessage(
  document: TypeDocument,
  { path, names }: Message,
  seen: Set<string>,
): TypeDefinition | undefined {
  const message = partAt(document, path);
  const place = message.path.join("\0");
  if (seen.has(place)) return undefined;
  seen.add(place);
  const payload = payloadPath(document, message);
  const envelope = payload === undefined ? undefined : envelopeAt(document.value, payload);
  const schemaPath = envelope?.dataPath ?? payload;
  const details = readExtension(document, message.path, message.value);
  const schema = schemaPath === undefined ? null : schemaAt(document, schemaPath, details !== undefined);
  if (details !== undefined) return { ...details, schema };

  const own = [envelope?.type, textOf(message.value, "name"), ...names.map((name) => name.replace(/^\/+/, ""))];
  const { tags } = message.value;
  const example = exampleOf(message.value);
  return {
    ...bareType(own.find((name) => name !== undefined && name !== "") ?? lastName(message.path)),
    description: oneLine(textOf(message.value, "description") ?? textOf(message.value, "summary") ?? ""),
    schema,
    example: envelope === undefined ? example : isSchemaObject(example) ? example["data"] : undefined,
    tags: Array.isArray(tags)
      ? tagNames(tags.map((tag: unknown) => (isSchemaObject(tag) ? tag["name"] : undefined)))
      : [],
  };
}

/** Where the schema of its payload stands; undefined: any payload. @throws DocumentProblem for one of another kind */
function payloadPath(document: TypeDocument, message: LocalPart): readonly string[] | undefined {
  if (!Object.hasOwn(message.value, "payload")) return undefined;
  const path = [...message.path, "payload"];
  const payload = valueAt(document.value, path);
  // 3.x: a schema in a named format.
  const isNamed = isSchemaObject(payload) && Object.hasOwn(payload, "schemaFormat") && Object.hasOwn(payload, "schema");
  const holder = isNamed ? payload : message.value;
  const format = Object.hasOwn(holder, "schemaFormat") ? holder["schemaFormat"] : undefined;
  if (format !== undefined && !(typeof format === "string" && JSON_SCHEMA_FORMATS.test(format))) {
    const at = [...(isNamed ? path : message.path), "schemaFormat"];
    throw new DocumentProblem(
      document,
      at,
      "must be JSON Schema (or AsyncAPI's own): other formats are not understood",
    );
  }
  return isNamed ? [...path, "schema"] : path;
}

function schemaAt(document: TypeDocument, path: readonly string[], isOwn: boolean): JsonSchema | null {
  const found = valueAt(document.value, path);
  if (isOwn && isSchemaObject(found) && found[EXTENSION] === null) return null;
  const refuse = (at: readonly string[], message: string) => new DocumentProblem(document, at, message);
  const schema = takeSchemaOut(document.value, path, refuse);
  return isOwn ? schema : toDraft2020(schema);
}

function exampleOf(message: SchemaObject): unknown {
  const { examples } = message;
  const first: unknown = Array.isArray(examples) ? examples[0] : undefined;
  return isSchemaObject(first) ? first["payload"] : undefined;
}

function lastName(path: readonly string[]): string {
  return path.at(-1) ?? "";
}
