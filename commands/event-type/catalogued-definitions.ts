import type { CliContext } from "../../src/cli/context.ts";
import { fetchRows, inTurns } from "../../src/cli/pages.ts";
import { definitionsOf } from "../../src/core/catalogue/catalogued-type.ts";
import type { TypeDefinition } from "../../src/core/catalogue/type-definition.ts";
import { HooksError } from "../../src/core/errors.ts";
import { MAX_EVENT_TYPES } from "../../src/core/event-type.ts";
import type { HooksService } from "../../src/core/hooks-service.ts";
import { namingEventTypeFlags } from "./event-type-flags.ts";

/**
 * The types of the catalogue, all or those named, each version by itself, in alphabetical order.
 * @throws HooksError `not_found` for a name that is not in it, and for an empty catalogue
 */
export async function cataloguedDefinitions(names: readonly string[], context: CliContext): Promise<TypeDefinition[]> {
  const service = await context.service({ reads: true });
  const wanted = names.length === 0 ? await allNames(service) : [...new Set(names)].sort();
  if (wanted.length === 0) {
    throw new HooksError("not_found", "the catalogue is empty", {
      field: "event-type",
      hint: "hooks event-type create order.paid · hooks event-type import foresight",
    });
  }
  const types = await namingEventTypeFlags(inTurns(wanted, (name) => service.getEventType(name)));
  return types.flatMap(definitionsOf);
}

async function allNames(service: HooksService): Promise<string[]> {
  const { rows } = await fetchRows((page) => service.listEventTypes({ ...page, catalogued: true }), {
    limit: MAX_EVENT_TYPES,
    cursor: undefined,
  });
  return rows.map(({ name }) => name);
}
