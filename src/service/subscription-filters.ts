import { toHooksError } from "../core/errors.ts";
import { Filter } from "../core/filter/filter.ts";
import type { StoredSubscription } from "../store/store.ts";
import { readSettings } from "./subscription-resource.ts";

/** The language is loaded by whoever has a filter, and by nobody else. */
function loadLanguage(): Promise<typeof import("../core/filter/filter-language.ts")> {
  return import("../core/filter/filter-language.ts");
}

/** @throws HooksError `invalid_request` naming `field` and the place in the text that is wrong */
export async function readFilter(text: unknown, field: string): Promise<Filter> {
  const { parseFilter } = await loadLanguage();
  const expression = parseFilter(text, field);
  return new Filter(text as string, expression);
}

/** Of what somebody asks for: null and undefined are none. @throws HooksError `invalid_request` */
export async function checkFilter(text: unknown): Promise<void> {
  if (text !== undefined && text !== null) await readFilter(text, "filter");
}

/** The filters of the subscriptions in memory: each text is read once, however many have it. */
export class SubscriptionFilters {
  #filters = new Map<string, Filter>();

  /** Reads those of these subscriptions. `all`: there are no others. */
  async load(subscriptions: readonly StoredSubscription[], all: boolean): Promise<void> {
    const texts = new Set(subscriptions.map(textOf).filter((text) => text !== undefined));
    const before = this.#filters;
    const filters = all ? new Map<string, Filter>() : new Map(before);
    for (const text of texts) filters.set(text, before.get(text) ?? (await readStored(text)));
    this.#filters = filters;
  }

  /** Undefined: it has none. */
  of(stored: StoredSubscription): Filter | undefined {
    const text = textOf(stored);
    return text === undefined ? undefined : this.#filters.get(text);
  }
}

/** One that this version cannot read takes nothing, and says so. */
async function readStored(text: string): Promise<Filter> {
  try {
    return await readFilter(text, "filter");
  } catch (error) {
    const { code, message } = toHooksError(error);
    if (code === "internal") throw error;
    return Filter.unreadable(text, message);
  }
}

/** Its settings are read of those only that may have one: they are JSON, and most have none. */
function textOf(stored: StoredSubscription): string | undefined {
  return stored.settings.includes('"filter":') ? readSettings(stored).filter : undefined;
}
