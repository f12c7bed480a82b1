// Profiles of the user's own: from the file of the setting `profiles`, or from one that a flag names.

import { HooksError } from "../core/errors.ts";
import type { Profile } from "../core/profiles/profile.ts";
import { BUILT_IN_PROFILES, type Profiles } from "../core/profiles/registry.ts";
import { fileFault, readSmallFile } from "../small-file.ts";
import type { CliContext } from "./context.ts";
import { readNamedFile } from "./named-file.ts";

const MAX_BYTES = 1024 * 1024;

/** @throws HooksError `usage` naming the flag, variable or settings file, and what is wrong in the profiles' file */
export async function profilesOf({ profilesFile }: ReturnType<CliContext["settings"]>): Promise<Profiles> {
  if (profilesFile === undefined) return BUILT_IN_PROFILES;
  const { text: file, origin } = profilesFile;
  let text: string;
  try {
    text = readSmallFile(file, MAX_BYTES, { isNamed: true }).text;
  } catch (error) {
    throw new HooksError("usage", `${origin}: cannot read ${file}: ${fileFault(error)}`, { field: origin });
  }
  return BUILT_IN_PROFILES.with(await parse(text, `${origin}: ${file}`));
}

/**
 * A profile's name, or a JSON file with one profile in it.
 * @throws HooksError `usage` naming `flag`
 */
export async function readProfileValue(value: string, flag: string, context: CliContext): Promise<Profile> {
  const profiles = await profilesOf(context.settings());
  const named = profiles.find(value);
  if (named !== undefined) return named;
  if (!/[/\\]|\.json$/.test(value)) return profiles.named(value, flag, "usage");
  const bytes = await readNamedFile(flag, value, context, MAX_BYTES);
  const [own, ...more] = await parse(Buffer.from(bytes).toString("utf8"), `${flag}: ${value}`);
  if (own !== undefined && more.length === 0) return own;
  const names = [own, ...more].map((one) => one!.name);
  throw new HooksError("usage", `${flag}: ${value} has ${names.length} profiles: ${names.join(", ")}`, {
    field: flag,
    hint: `name one: HOOKS_PROFILES=${value} hooks … ${flag} ${names[0]}`,
  });
}

/** Loaded by those few who have profiles of their own. */
async function parse(text: string, what: string): Promise<Profile[]> {
  const { parseProfiles } = await import("../core/profiles/profile-file.ts");
  return parseProfiles(text, what);
}
