import { invalid, isHooksError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import type { StoredSubscription } from "../store/store.ts";
import { headerNamesOf } from "./sealed-headers.ts";
import { signingSecrets } from "./secrets.ts";
import type { ServiceParts } from "./service-parts.ts";

/**
 * What a subscription has must go with another profile: its secrets are to sign in the new form, and its own headers may
 * not be those that the profile sends.
 * @throws HooksError `invalid_request` naming `profile`
 */
export async function checkNewProfile(
  stored: StoredSubscription,
  name: string,
  keepsHeaders: boolean,
  parts: Pick<ServiceParts, "profiles" | "secrets" | "now">,
): Promise<void> {
  if (stored.transport === "tunnel") {
    throw invalid("profile", "profile may not be set: a listener gets its events in the standard form");
  }
  const profile = parts.profiles.named(name, "profile");
  for (const secret of await signingSecrets(stored, parts)) {
    try {
      profile.decodeSecret(secret);
    } catch (error) {
      if (!isHooksError(error)) throw error;
      throw invalid(
        "profile",
        `profile ${quoted(name)} cannot sign with the secret that it has: ${error.message}`,
        `give it one first: hooks sub rotate-secret ${stored.id} --grace 0s --secret env:NEW_SECRET`,
      );
    }
  }
  if (!keepsHeaders) return;
  const taken = (await headerNamesOf(stored, parts.secrets)).find((header) => profile.reservedHeaders.includes(header));
  if (taken !== undefined) {
    throw invalid("profile", `profile ${quoted(name)} sends ${taken} itself: take it out of headers first`);
  }
}
