import type { RawJson } from "../event.ts";
import type { Value } from "./values.ts";
import type { Subject } from "./work.ts";

export interface FilterableEvent {
  id: string;
  type: string;
  timestamp: number;
  version: string | undefined;
  data: RawJson;
  metadata: RawJson | undefined;
}

/**
 * An event as filters see it: its JSON is read when a filter first asks for it, and once for all of them.
 *
 * It is read by `JSON.parse`: numbers become doubles (above 2^53 the nearest one), and of members of one name the last
 * counts. The bytes that are delivered are never touched.
 */
export class FilterSubject implements Subject {
  readonly id: string;
  readonly type: string;
  readonly timestamp: number;
  readonly version: string | undefined;
  readonly bytes: number;
  readonly #raw: Pick<FilterableEvent, "data" | "metadata">;
  #data: Value | undefined;
  #metadata: Value | undefined;

  constructor({ id, type, timestamp, version, data, metadata }: FilterableEvent) {
    this.id = id;
    this.type = type;
    this.timestamp = timestamp;
    this.version = version;
    this.bytes = data.length + (metadata?.length ?? 0);
    this.#raw = { data, metadata };
  }

  get data(): Value {
    this.#data ??= parsed(this.#raw.data);
    return this.#data;
  }

  get metadata(): Value {
    this.#metadata ??= this.#raw.metadata === undefined ? null : parsed(this.#raw.metadata);
    return this.#metadata;
  }
}

/** That it is JSON was checked when the event came. */
function parsed(raw: RawJson): Value {
  return JSON.parse(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString("utf8")) as Value;
}
