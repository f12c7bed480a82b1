import type { DownConversion } from "../event-type.ts";
import type { JsonSchema } from "../json-schema/subschemas.ts";

/** An event type as packs and documents carry it: everything that the catalogue knows of it and that is not of a place. */
export interface TypeDefinition {
  name: string;
  /** Null: of no version that anybody named. */
  version: string | null;
  description: string;
  /** Of the event's data; null: anything. */
  schema: JsonSchema | null;
  /** Data; undefined: none. */
  example: unknown;
  /** How its data becomes that of an older version. */
  down: DownConversion | null;
  /** Whether events that name no version are of this one. */
  isDefault: boolean;
  tags: readonly string[];
  deprecated: boolean;
}

/** What a definition has that says no more than a name. */
export function bareType(name: string): TypeDefinition {
  return {
    name,
    version: null,
    description: "",
    schema: null,
    example: undefined,
    down: null,
    isDefault: true,
    tags: [],
    deprecated: false,
  };
}
