// What a draft starts from: the subscription as it is, or the defaults.

import type { Profile } from "../core/profiles/profile.ts";
import type { StoredSubscription } from "../store/store.ts";
import { readSettings } from "./subscription-resource.ts";
import { defaultSettings, type SubscriptionDraft } from "./subscription-settings.ts";

/** As it is. Its headers are opened by whoever needs them. */
export function draftOf(stored: StoredSubscription): SubscriptionDraft {
  return {
    url: stored.url,
    events: stored.events,
    name: stored.name,
    enabled: stored.enabled,
    headers: {},
    autoDisable: { failures: stored.autoDisableFailures, minSpanMs: stored.autoDisableSpanMs },
    settings: readSettings(stored),
  };
}

/** The defaults of a profile. */
export function blank(profile: Profile): SubscriptionDraft {
  return {
    url: undefined,
    events: [],
    name: "",
    enabled: true,
    headers: {},
    autoDisable: profile.autoDisable,
    settings: defaultSettings(profile),
  };
}
