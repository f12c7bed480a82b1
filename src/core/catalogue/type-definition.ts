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
  tags: readonly string[];
  deprecated: boolean;
}
