import { HooksError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { quoted } from "../quoted.ts";
import { CLOUDEVENTS_PROFILES } from "./cloudevents.ts";
import type { Profile } from "./profile.ts";
import { compileProfile } from "./profile-record.ts";
import { SEED_PROFILES } from "./seeds.ts";
import { STANDARD_PROFILE } from "./standard.ts";

/** Profiles by name: those of the program, and those that this process was given in files. */
export class Profiles {
  readonly #byName: ReadonlyMap<string, Profile>;

  constructor(profiles: readonly Profile[]) {
    this.#byName = new Map(profiles.map((profile) => [profile.name, profile]));
  }

  find(name: string): Profile | undefined {
    return this.#byName.get(name);
  }

  /** In the order of the documentation, own ones last. */
  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** @throws HooksError naming `field` for a name that is none */
  named(name: unknown, field: string, code: "invalid_request" | "usage" = "invalid_request"): Profile {
    const profile = typeof name === "string" ? this.find(name) : undefined;
    if (profile !== undefined) return profile;
    const near = typeof name === "string" ? nearest(name, this.names) : undefined;
    const guess = near === undefined ? "" : `\n  did you mean ${JSON.stringify(near)}?`;
    throw new HooksError(code, `${field} must be one of: ${this.names.join(", ")}, got ${quoted(name)}${guess}`, {
      field,
    });
  }

  /** With these beside them. */
  with(own: readonly Profile[]): Profiles {
    return own.length === 0 ? this : new Profiles([...this.#byName.values(), ...own]);
  }
}

export const BUILT_IN_PROFILES = new Profiles([
  STANDARD_PROFILE,
  ...[...CLOUDEVENTS_PROFILES, ...SEED_PROFILES].map(compileProfile),
]);

/** Of those that the program has. */
export function findProfile(name: string): Profile | undefined {
  return BUILT_IN_PROFILES.find(name);
}
