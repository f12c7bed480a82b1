import type { Scheme } from "./scheme.ts";

const known = new WeakSet<object>();

/** Lets `verify` and `sign` take a record: one of ours, or one that was checked. It must not be changed afterwards. */
export function defineRecord(scheme: Scheme): Scheme {
  known.add(scheme);
  return scheme;
}

/** A record with what another has, but for what differs. */
export function deriveRecord(base: Scheme, difference: Pick<Scheme, "name" | "title"> & Partial<Scheme>): Scheme {
  const { aliases: _aliases, basedOn: _basedOn, marks: _marks, notes: _notes, ...rest } = base;
  return defineRecord({ ...rest, ...difference });
}

export function isRecord(value: unknown): value is Scheme {
  return typeof value === "object" && value !== null && known.has(value);
}
