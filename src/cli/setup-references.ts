import path from "node:path";
import { isHooksError } from "../core/errors.ts";
import { isReference, referencedPlaces } from "../core/setup/references.ts";
import type { CliContext } from "./context.ts";
import { readSecretFile, readSecretVariable } from "./secret-value.ts";
import { type Fault, SetupFault } from "./setup-fault.ts";
import type { SetupFile, SetupPlaces } from "./setup-file.ts";

/**
 * Puts beside each reference what it stands for: a variable of this process, or a file, whose path begins at the folder
 * of the file that names it.
 * @throws SetupFault that names each field whose reference leads nowhere, and each secret that stands in the file itself
 */
export async function resolveReferences(setup: SetupFile, places: SetupPlaces, context: CliContext): Promise<void> {
  const faults: Fault[] = [];
  for (const { field, text, isSecret, put } of referencedPlaces(setup)) {
    const place = places.of(field);
    if (typeof text !== "string") {
      faults.push({ place, field, message: `${field} must be a text: env:NAME or file:PATH` });
    } else if (isReference(text)) {
      try {
        const folder = path.dirname(places.fileOf(field) ?? "");
        put({ from: text, value: await textOf(text, field, folder, context) });
      } catch (error) {
        if (!isHooksError(error)) throw error;
        faults.push({ place, field, message: error.message, hint: error.hint });
      }
    } else if (isSecret) {
      const hint = "a secret does not belong in a file that others read";
      faults.push({ place, field, message: `${field} must be a reference: env:NAME or file:PATH`, hint });
    }
  }
  if (0 < faults.length) throw new SetupFault(faults);
}

async function textOf(reference: string, field: string, folder: string, context: CliContext): Promise<string> {
  if (reference.startsWith("env:")) return readSecretVariable(reference.slice("env:".length), field, context);
  const file = reference.slice("file:".length);
  return readSecretFile(path.isAbsolute(file) ? file : path.join(folder, file), field, context);
}
