import type { CliContext } from "../src/cli/context.ts";
import { HooksError, isHooksError } from "../src/core/errors.ts";
import type { RawJson } from "../src/core/event.ts";
import type { EventTypeVersion } from "../src/core/event-type.ts";

const DEFAULT_SEED = 1;

/**
 * Data for a test event: the example of its type, else made from its schema. Undefined: the catalogue says nothing of it.
 * @throws HooksError `usage` for a version that the type has not, and a schema that no data was found for
 */
export async function madeData(
  type: string,
  options: { eventVersion?: string; seed?: number },
  context: CliContext,
): Promise<RawJson | undefined> {
  const found = await versionOf(type, options.eventVersion, context);
  if (found === undefined) return undefined;
  // A seed asks for data of its own.
  if (found.example !== null && options.seed === undefined) return Buffer.from(JSON.stringify(found.example));
  if (found.schema === null) return undefined;
  const { sampleOfSchema } = await import("../src/core/json-schema/sample.ts");
  const sample = sampleOfSchema(found.schema, options.seed ?? DEFAULT_SEED);
  if (sample === undefined) {
    throw new HooksError("usage", `--data is missing: none could be made from the schema of ${type}`, {
      field: "--data",
      hint: `give the type an example: hooks event-type update ${type} --example @FILE`,
    });
  }
  return Buffer.from(JSON.stringify(sample));
}

async function versionOf(
  type: string,
  version: string | undefined,
  context: CliContext,
): Promise<EventTypeVersion | undefined> {
  try {
    const row = await (await context.service()).getEventType(type);
    const wanted = version ?? row.default_version;
    const found = row.versions.find((one) => one.version === wanted);
    if (found !== undefined) return found;
    throw new HooksError(
      "usage",
      `--event-version ${wanted} is none of ${type}: ${row.versions.map((one) => one.version).join(", ")}`,
      {
        field: "--event-version",
      },
    );
  } catch (error) {
    if (isHooksError(error) && error.code === "not_found") return undefined;
    throw error;
  }
}
