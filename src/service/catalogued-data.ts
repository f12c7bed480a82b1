import type { Scope } from "../core/scope.ts";
import type { EventCatalogue } from "./event-catalogue.ts";

const SEED = 1;

/**
 * Data as events of a type have it: the example of the wanted version, or else of the default one, or made from its
 * schema. Undefined: the catalogue says nothing of it, or no data was found that fits.
 */
export async function cataloguedData(
  catalogue: EventCatalogue,
  scope: Scope,
  type: string,
  wanted: string | undefined,
): Promise<Uint8Array | undefined> {
  await catalogue.load();
  const content = catalogue.find(scope, type)?.content;
  if (content === undefined) return undefined;
  const named = (version: string | undefined) => content.versions.find((one) => one.version === version);
  const version = named(wanted) ?? named(content.defaultVersion);
  if (version?.example !== undefined) return Buffer.from(JSON.stringify(version.example));
  if (version?.schema === undefined) return undefined;
  const { sampleOfSchema } = await import("../core/json-schema/sample.ts");
  const sample = sampleOfSchema(version.schema, SEED);
  return sample === undefined ? undefined : Buffer.from(JSON.stringify(sample));
}
