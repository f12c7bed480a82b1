import { invalid } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { quoted } from "../../quoted.ts";
import type { TypeDefinition } from "../type-definition.ts";
import { AEGISX } from "./aegisx.ts";
import { ARSMEDICA } from "./arsmedica.ts";
import { DOTMAC } from "./dotmac.ts";
import { FORESIGHT } from "./foresight.ts";
import { PACK_NAMES, type PackName } from "./pack-names.ts";
import { SECUREBASE } from "./securebase.ts";

/** The event types of known systems, ready to be imported. */
const PACKS: ReadonlyMap<string, readonly TypeDefinition[]> = new Map<PackName, readonly TypeDefinition[]>([
  ["foresight", FORESIGHT],
  ["aegisx", AEGISX],
  ["arsmedica", ARSMEDICA],
  ["dotmac", DOTMAC],
  ["securebase", SECUREBASE],
]);

/** @throws HooksError `invalid_request` (field `pack`) for a name that is none. */
export function packNamed(name: string): readonly TypeDefinition[] {
  const pack = PACKS.get(name);
  if (pack !== undefined) return pack;
  const near = nearest(name, PACK_NAMES);
  throw invalid(
    "pack",
    `pack must be one of ${PACK_NAMES.join(", ")}, got ${quoted(name)}`,
    near === undefined ? undefined : `did you mean ${near}?`,
  );
}
