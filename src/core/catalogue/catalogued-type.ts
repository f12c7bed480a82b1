import type { EventTypeInput, EventTypeResource } from "../event-type.ts";
import type { JsonSchema } from "../json-schema/subschemas.ts";
import type { JsonValue } from "../json-value.ts";
import type { TypeDefinition } from "./type-definition.ts";

/** A type of the catalogue as definitions, one for each version, from the oldest on. */
export function definitionsOf(type: EventTypeResource): TypeDefinition[] {
  return type.versions.map(({ version, schema, example, down }) => ({
    name: type.name,
    version,
    description: type.description,
    schema: schema as JsonSchema | null,
    example: example ?? undefined,
    down,
    isDefault: version === type.default_version,
    tags: type.tags,
    deprecated: type.deprecated,
  }));
}

/** What the catalogue is asked to take. A definition without a version is of the type's first one. */
export function inputOf({
  name,
  version,
  description,
  schema,
  example,
  down,
  isDefault,
  tags,
  deprecated,
}: TypeDefinition): EventTypeInput {
  return {
    name,
    description,
    tags: [...tags],
    deprecated,
    ...(version === null ? {} : { version, make_default: isDefault }),
    schema: schema as JsonValue,
    example: (example ?? null) as JsonValue,
    down: down ?? null,
  };
}
