import { HooksError, isHooksError } from "../../core/errors.ts";
import type { FieldChange, SetupAction, SetupChange, SetupKind } from "../../core/setup/setup.ts";
import type { SetupChanges, SetupMember } from "../../store/setup-store.ts";
import type { Put } from "../subscription-redraft.ts";

type Lists = {
  -readonly [Name in keyof SetupChanges]: SetupChanges[Name] extends readonly (infer One)[] ? One[] : never;
};

/** What is to be written, added to by each change. */
export class SetupWrites implements SetupChanges {
  eventTypes: {
    changes: SetupChanges["eventTypes"]["changes"][number][];
    audit: SetupChanges["eventTypes"]["audit"][number][];
    most: number;
  };
  environment: SetupChanges["environment"];
  newSubscriptions: Lists["newSubscriptions"] = [];
  changedSubscriptions: Lists["changedSubscriptions"] = [];
  rotations: Lists["rotations"] = [];
  deletedSubscriptions: Lists["deletedSubscriptions"] = [];
  newSources: Lists["newSources"] = [];
  changedSources: Lists["changedSources"] = [];
  deletedSources: Lists["deletedSources"] = [];
  newKeys: Lists["newKeys"] = [];
  changedKeys: Lists["changedKeys"] = [];
  revokedKeys: Lists["revokedKeys"] = [];
  members: { put: SetupMember[]; removed: SetupChanges["members"]["removed"][number][] } = { put: [], removed: [] };

  constructor(mostEventTypes: number) {
    this.eventTypes = { changes: [], audit: [], most: mostEventTypes };
  }
}

/** Something that is to be changed. */
export interface PlannedChange {
  change: SetupChange;
  /** Adds what is to be stored; `put` keeps what is secret. Called anew when the store was changed meanwhile. */
  write(to: SetupWrites, put: Put): Promise<void>;
}

/** What becomes of one section. */
export interface SectionPlan {
  changes: PlannedChange[];
  unchanged: number;
  /** Of the set, and not in it any more. */
  left: { kind: SetupKind; name: string }[];
  warnings: string[];
}

export function emptyPlan(): SectionPlan {
  return { changes: [], unchanged: 0, left: [], warnings: [] };
}

/** Whose everything is, and whose it is to be. */
export class Membership {
  readonly set: string;
  readonly #members: ReadonlyMap<string, SetupMember>;

  constructor(members: readonly SetupMember[], set: string) {
    this.set = set;
    this.#members = new Map(members.map((member) => [keyOf(member.kind, member.resource), member]));
  }

  of(kind: SetupKind, resource: string): SetupMember | undefined {
    return this.#members.get(keyOf(kind, resource));
  }

  /** Those of the set. */
  ofSet(kind: SetupKind): SetupMember[] {
    return [...this.#members.values()].filter((member) => member.kind === kind && member.set === this.set);
  }

  member(kind: SetupKind, resource: string, references: Readonly<Record<string, string>> = {}): SetupMember {
    return { kind, resource, set: this.set, references };
  }

  /** What taking it over, or giving its secrets by other references, changes. */
  changes(kind: SetupKind, resource: string, references: Readonly<Record<string, string>> = {}): FieldChange[] {
    const before = this.of(kind, resource);
    if (before === undefined) return [{ field: "set", after: this.set }];
    const ofSet = before.set === this.set ? [] : [{ field: "set", before: before.set, after: this.set }];
    const fields = new Set([...Object.keys(before.references), ...Object.keys(references)]);
    const ofReferences = [...fields].flatMap((field): FieldChange[] => {
      const [was, is] = [before.references[field], references[field]];
      if (was === is || is === undefined) return [];
      return [{ field, before: was ?? "***", after: is }];
    });
    return [...ofSet, ...ofReferences];
  }
}

/** How a change of something that is there is called; undefined: it is as it is to be. */
export function actionOf(content: readonly FieldChange[], membership: readonly FieldChange[]): SetupAction | undefined {
  if (0 < content.length || membership.some(({ field }) => field !== "set")) return "update";
  return membership.length === 0 ? undefined : "adopt";
}

/** Both kinds of changes, each field once: a reference that is another says more than a masked value. */
export function joined(content: readonly FieldChange[], membership: readonly FieldChange[]): FieldChange[] {
  const named = new Map(membership.map((change) => [change.field, change]));
  return [
    ...content.map((change) => named.get(change.field) ?? change),
    ...membership.filter(({ field }) => !content.some((change) => change.field === field)),
  ];
}

/**
 * Runs what judges one entry: its errors name the place in the document.
 * @throws HooksError with `field` before its own, and the entry's name before its message
 */
export async function inEntry<T>(field: string, label: string, judge: () => Promise<T>): Promise<T> {
  try {
    return await judge();
  } catch (error) {
    if (!isHooksError(error) || !PLACED.has(error.code)) throw error;
    const inside = error.field === undefined ? field : `${field}.${error.field}`;
    throw new HooksError(error.code, `${label}: ${error.message}`, { field: inside, hint: error.hint });
  }
}

/** Faults of what was given; others are not about a place in it. */
const PLACED: ReadonlySet<string> = new Set([
  "invalid_request",
  "url_refused",
  "conflict",
  "forbidden",
  "too_large",
  "not_found",
]);

/** @throws HooksError `invalid_request` for a name that two entries have */
export function checkNames(section: string, names: readonly string[]): void {
  const seen = new Map<string, number>();
  for (const [at, name] of names.entries()) {
    const first = seen.get(name);
    if (first !== undefined) {
      throw new HooksError(
        "invalid_request",
        `${section}[${at}] has the name of ${section}[${first}]: ${JSON.stringify(name)}`,
        {
          field: `${section}[${at}].name`,
          hint: "a name says which one is meant: each has its own",
        },
      );
    }
    seen.set(name, at);
  }
}

function keyOf(kind: SetupKind, resource: string): string {
  return `${kind}/${resource}`;
}
