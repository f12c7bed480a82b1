import type { ConversionStep } from "./event-conversion.ts";

/** What has to be known of an event type to bring its events to the version that a subscription wants. */
export interface VersionedType {
  /** From the oldest on. */
  versions: readonly { version: string; down?: { to: string; steps: readonly ConversionStep[] } | undefined }[];
}

/** What becomes of one event for one subscription. */
export type VersionVerdict =
  /** It goes out as it was published: the version is the wanted one, or there is none to compare. */
  | { kind: "as_published" }
  /** Its data goes through these steps first. */
  | { kind: "converted"; from: string; to: string; steps: readonly ConversionStep[] }
  /** It is no delivery of this subscription. `reason`: why, in words. */
  | { kind: "skipped"; reason: string };

const AS_PUBLISHED: VersionVerdict = { kind: "as_published" };

/**
 * The rule of versions, whole: publishing asks it, sending does, and whoever explains why something was not delivered.
 *
 * @param type its entry in the catalogue; undefined: it has none
 * @param published the version that the event was stored with; undefined: none
 * @param wanted what the subscription is pinned to (`event_version`); undefined: it takes what comes
 */
export function versionVerdict(
  type: VersionedType | undefined,
  published: string | undefined,
  wanted: string | undefined,
): VersionVerdict {
  if (wanted === undefined || published === undefined || wanted === published) return AS_PUBLISHED;
  const versions = new Map(type?.versions.map((one) => [one.version, one]) ?? []);
  const start = versions.get(published);
  if (start === undefined) {
    return { kind: "skipped", reason: `version ${published} of this event type is not in the catalogue` };
  }
  const steps: ConversionStep[] = [];
  let at = start;
  // Each leads to an older one. A store may hold a circle all the same, and no way is longer than there are versions.
  for (let left = versions.size; 0 < left; left -= 1) {
    const next = at.down === undefined ? undefined : versions.get(at.down.to);
    if (at.down === undefined || next === undefined) break;
    steps.push(...at.down.steps);
    if (next.version === wanted) return { kind: "converted", from: published, to: wanted, steps };
    at = next;
  }
  const order = type!.versions.map(({ version }) => version);
  const isOlder = order.indexOf(published) < order.indexOf(wanted);
  return {
    kind: "skipped",
    reason: isOlder
      ? `it was published as version ${published}, which is older than ${wanted}: there is no way up`
      : `no conversion is declared from version ${published} to ${wanted}`,
  };
}
