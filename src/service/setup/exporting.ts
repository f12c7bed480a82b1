import { hasSecretQuery } from "../../core/masked-url.ts";
import type { Scope } from "../../core/scope.ts";
import { VariableNames } from "../../core/setup/references.ts";
import {
  DEFAULT_SET,
  type SetupDocument,
  type SetupExport,
  type SetupInbound,
  type SetupKey,
  type SetupKind,
  type SetupSettings,
  type SetupSubscription,
} from "../../core/setup/setup.ts";
import type { SetupMember } from "../../store/setup-store.ts";
import type { StoredSource } from "../../store/source-store.ts";
import type { StoredSubscription } from "../../store/store.ts";
import { readEnvironment } from "../environments.ts";
import { isUsable } from "../key-table.ts";
import { headerNamesOf } from "../sealed-headers.ts";
import type { ServiceParts } from "../service-parts.ts";
import { isSecretOptional } from "../source-secrets.ts";
import { readContent } from "../stored-event-type.ts";
import { readKept } from "../stored-source.ts";
import { eventTypeForm, sourceForm, subscriptionForm } from "./forms.ts";
import { Membership } from "./plan.ts";
import { settingsForm } from "./plan-environment.ts";
import { keyForm, keysOf } from "./plan-keys.ts";

type LeftOut = SetupExport["left_out"];

/** What an environment is, as a set-up that makes another one the same. No secret is in it: what is one is a reference. */
export async function exportSetup(parts: ServiceParts, scope: Scope): Promise<SetupExport> {
  const { store, now } = parts;
  const [members, subscriptions, types, environments, sources, keys] = await Promise.all([
    store.setup.loadMembers(scope),
    store.loadSubscriptions(scope),
    store.catalogue.loadEventTypes(scope),
    store.catalogue.loadEnvironments(scope),
    store.sources.load(scope),
    store.admin.loadKeys(),
  ]);
  const membership = new Membership(members, "");
  const leftOut: LeftOut = [];
  const asked: SetupExport["references"] = [];
  const sets = new Set(members.map(({ set }) => set));
  const variables = new VariableNames();
  for (const { references } of members) for (const reference of Object.values(references)) variables.take(reference);

  const ours = byName(
    subscriptions.filter(({ transport }) => transport === "http"),
    "subscription",
    leftOut,
  );
  const written: SetupSubscription[] = [];
  for (const stored of ours) {
    const field = `subscriptions[${written.length}]`;
    written.push(await subscriptionEntry(stored, membership.of("subscription", stored.id), field));
  }
  const writtenSources = byName(sources, "source", leftOut).map((stored, at) =>
    sourceEntry(stored, membership.of("source", stored.id), `sources[${at}]`),
  );
  const usable = keysOf(keys, scope).filter((key) => isUsable(key, now()));
  const writtenKeys = byName(usable, "key", leftOut).map((key): SetupKey => {
    const reference = membership.of("key", key.id)?.references["key"];
    return {
      name: key.name,
      ...(keyForm(key) as Omit<SetupKey, "name">),
      ...(reference === undefined ? {} : { key: reference }),
    };
  });
  const environment = readEnvironment(environments[0]);
  const settings = settingsForm(environment) as SetupSettings;
  const setup: SetupDocument = {
    version: 1,
    ...(sets.size === 1 && !sets.has(DEFAULT_SET) ? { set: [...sets][0]! } : {}),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
    ...(environment.alerts.length === 0 ? {} : { alerts: [...environment.alerts] }),
    ...(types.length === 0 ? {} : { event_types: types.map((type) => eventTypeForm(type.name, readContent(type))) }),
    ...(written.length === 0 ? {} : { subscriptions: written }),
    ...(writtenSources.length === 0 ? {} : { sources: writtenSources }),
    ...(writtenKeys.length === 0 ? {} : { keys: writtenKeys }),
  };
  return { ...scope, setup, references: asked, left_out: leftOut };

  async function subscriptionEntry(
    stored: StoredSubscription,
    member: SetupMember | undefined,
    field: string,
  ): Promise<SetupSubscription> {
    const known = member?.references ?? {};
    const referenceOf = (place: string, word: string): string =>
      known[place] ?? newReference(stored.name, `${field}.${place}`, word);
    const names = await headerNamesOf(stored, parts.secrets);
    const form = subscriptionForm(stored, names, parts.profiles) as unknown as SetupSubscription;
    const url = stored.url ?? "";
    const isHidden = stored.urlSealed !== undefined || hasSecretQuery(url);
    // What a failure switched off is for another environment to find out.
    if (stored.disabledReason !== undefined && stored.disabledReason !== "by_hand") delete form.enabled;
    return {
      ...form,
      url: known["url"] ?? (isHidden ? referenceOf("url", "url") : url),
      ...(known["secret"] === undefined ? {} : { secret: known["secret"] }),
      ...(names.length === 0
        ? {}
        : { headers: Object.fromEntries(names.map((name) => [name, referenceOf(`headers.${name}`, name)])) }),
    };
  }

  function sourceEntry(stored: StoredSource, member: SetupMember | undefined, field: string): SetupInbound {
    const known = member?.references ?? {};
    const kept = readKept(stored);
    const entry = sourceForm(stored.name, kept) as unknown as SetupInbound;
    const needsSecret = 0 < kept.secrets.length && !isSecretOptional(kept.scheme);
    const isThere = { secret: needsSecret, verify_token: kept.hasVerifyToken };
    for (const place of ["secret", "verify_token"] as const) {
      if (known[place] !== undefined) entry[place] = known[place];
      else if (isThere[place]) entry[place] = newReference(stored.name, `${field}.${place}`, place);
    }
    return entry;
  }

  /** That nobody gave. */
  function newReference(name: string, field: string, word: string): string {
    const reference = variables.referenceFor(name, word);
    asked.push({ field, reference });
    return reference;
  }
}

/** In order of their names, which are what a set-up knows them by: those whose names say nothing are left out. */
function byName<T extends { id: string; name: string }>(all: readonly T[], kind: SetupKind, leftOut: LeftOut): T[] {
  const groups = Map.groupBy(all, ({ name }) => name);
  const kept: T[] = [];
  for (const name of [...groups.keys()].sort()) {
    const group = groups.get(name)!;
    if (name !== "" && group.length === 1) kept.push(group[0]!);
    else {
      const reason = name === "" ? "it has no name" : `${group.length} of them have the name ${JSON.stringify(name)}`;
      leftOut.push(...group.map(({ id }) => ({ kind, id, reason })));
    }
  }
  return kept;
}
