import type { TypeDefinition } from "../catalogue/type-definition.ts";
import { isSchemaObject } from "../json-schema/subschemas.ts";
import { docComment, literal } from "./escaped-text.ts";
import { SchemaReferences } from "./schema-references.ts";
import { descriptionOf, typeExpression } from "./type-expression.ts";
import { TypeNames } from "./type-names.ts";

/** The names of the two maps, which every program imports. */
const EVENTS = "HooksEvents";
const VERSIONS = "HooksEventVersions";

const HEAD = `// Made by \`hooks event-type generate-types\` from the catalogue: changes here are lost.
//
//     import { createPublisher } from "hooks-relay";
//     import type { ${EVENTS}, ${VERSIONS} } from "./hooks-events.js";
//     const publisher = createPublisher<${EVENTS}, ${VERSIONS}>();
`;

/** Whether a text is a file of declarations, of whichever catalogue. */
export function isDeclarations(text: string): boolean {
  return text.startsWith(HEAD.split("\n")[0] ?? HEAD);
}

/** One version of an event type, with the name of the type of its data. */
interface Declared {
  type: TypeDefinition;
  typeName: string;
}

/**
 * The text of a .d.ts file: a type for the data of each event type and version, and the maps that `createPublisher`
 * takes. A name without a version stands for its default one.
 */
export function declareEvents(types: readonly TypeDefinition[]): string {
  const names = new TypeNames([EVENTS, VERSIONS]);
  const versionsOf = Map.groupBy(types, ({ name }) => name);
  const blocks: string[] = [];
  const declared = [...versionsOf].map(([name, versions]): [string, Declared[]] => [
    name,
    versions.map((type) => {
      const suffix = versions.length > 1 && type.version !== null ? ` V${type.version}` : "";
      const typeName = names.give(`${name}${suffix}`);
      blocks.push(...declarationsOf(type, typeName, names));
      return { type, typeName };
    }),
  ]);
  const events = declared.map(([name, versions]) => eventLine(name, versions));
  const byVersion = declared.flatMap(([name, versions]) => versionLines(name, versions));
  return [
    HEAD,
    ...blocks,
    `/** Event type → its data. */\nexport interface ${EVENTS} {\n${events.join("")}}\n`,
    `/** Event type → version → its data. */\nexport interface ${VERSIONS} {\n${byVersion.join("")}}\n`,
  ].join("\n");
}

function declarationsOf(type: TypeDefinition, typeName: string, names: TypeNames): string[] {
  if (type.schema === null) {
    return [`${docComment(describe(type), "")}export type ${typeName} = unknown;\n`];
  }
  const references = new SchemaReferences(type.schema, typeName, names);
  return [...references.parts()].map(({ name, schema, references: inPart }, at) => {
    const lines = at === 0 ? describe(type) : isSchemaObject(schema) ? descriptionOf(schema) : [];
    return `${docComment(lines, "")}export type ${name} = ${typeExpression(schema, inPart)};\n`;
  });
}

function describe({ name, version, description, deprecated }: TypeDefinition): string[] {
  const title = version === null ? name : `${name}, version ${version}`;
  return [title, ...(description === "" ? [] : ["", description]), ...(deprecated ? ["", "@deprecated"] : [])];
}

function eventLine(name: string, versions: readonly Declared[]): string {
  const chosen = versions.find(({ type }) => type.isDefault) ?? versions.at(-1);
  if (chosen === undefined) return "";
  return `${docComment(about(chosen.type), "  ")}  ${literal(name)}: ${chosen.typeName};\n`;
}

function versionLines(name: string, versions: readonly Declared[]): string[] {
  const named = versions.filter(({ type }) => type.version !== null);
  if (named.length === 0) return [];
  const lines = named.map(
    ({ type, typeName }) => `${docComment(about(type), "    ")}    ${literal(type.version ?? "")}: ${typeName};\n`,
  );
  return [`  ${literal(name)}: {\n${lines.join("")}  };\n`];
}

function about({ description, deprecated }: TypeDefinition): string[] {
  return [...(description === "" ? [] : [description]), ...(deprecated ? ["@deprecated"] : [])];
}
