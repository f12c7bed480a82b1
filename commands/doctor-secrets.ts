import type { CliContext } from "../src/cli/context.ts";
import type { Finding } from "./doctor.ts";

type Report = Awaited<ReturnType<Awaited<ReturnType<CliContext["local"]>>["reportSecrets"]>>;

/** What is worth knowing of how the secrets of this store are kept. Works as it is, so nothing here is a fault. */
export function secretFindings(report: Report): Finding[] {
  return [masterKey(report), ...change(report), ...keptKeys(report), ...plainUrls(report)];
}

function masterKey({ place, isGenerated, isBesideStore, set, sealing }: Report): Finding {
  const check = "master key";
  if (set === undefined && sealing === undefined) return { check, ok: true, detail: "none yet: nothing is sealed" };
  if (isBesideStore) {
    return {
      check,
      ok: true,
      warning: true,
      detail: `${place} lies beside the store: whoever copies the folder has both, and a backup holds no key`,
      hint: "on a server set HOOKS_MASTER_KEY, or HOOKS_MASTER_KEY_FILE elsewhere, to its content, and keep a copy apart from the backups",
    };
  }
  const apart = isGenerated ? "; a backup does not hold it: keep a copy apart" : "; no backup holds it";
  return { check, ok: true, detail: `${set ?? "none"}, from ${place}${apart}` };
}

function change({ changingTo, place, set, sealing }: Report): Finding[] {
  const check = "master key";
  if (changingTo !== undefined) {
    const isSet = changingTo === set;
    const detail = `a change to the key ${changingTo} is not ended: until then the old key opens the store, too`;
    const hint = isSet ? "hooks key rotate-master" : `set ${place} to the new key, then: hooks key rotate-master`;
    return [{ check, ok: true, warning: true, detail, hint }];
  }
  if (sealing === undefined || set === undefined || sealing === set) return [];
  const detail = `the store is sealed with the key ${sealing}, and ${place} holds ${set}`;
  return [{ check, ok: true, warning: true, detail, hint: "hooks key rotate-master" }];
}

function keptKeys({ kept, place }: Report): Finding[] {
  if (kept.length === 0) return [];
  const what = kept.length === 1 ? "1 older key is" : `${kept.length} older keys are`;
  return [
    { check: "older keys", ok: true, detail: `${what} kept as ${place}.… for older backups: ${kept.join(", ")}` },
  ];
}

function plainUrls({ plainUrls: count }: Report): Finding[] {
  if (count === 0) return [];
  const what = count === 1 ? "1 URL of an earlier version is" : `${count} URLs of an earlier version are`;
  const detail = `${what} stored with the query in plain text`;
  return [{ check: "plain URLs", ok: true, warning: true, detail, hint: "hooks serve seals them when it starts" }];
}
