import type { Profile } from "./profile.ts";
import { STANDARD_PROFILE } from "./standard.ts";

const PROFILES: readonly Profile[] = [STANDARD_PROFILE];

const byName = new Map(PROFILES.map((profile) => [profile.name, profile]));

/** In the order of the documentation. */
export const PROFILE_NAMES: readonly string[] = PROFILES.map((profile) => profile.name);

export function findProfile(name: string): Profile | undefined {
  return byName.get(name);
}
