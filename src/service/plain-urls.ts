import { hasSecretQuery, maskUrl } from "../core/masked-url.ts";
import { urlOwner } from "./secret-store.ts";
import { sealed } from "./secrets.ts";
import type { ServiceParts } from "./service-parts.ts";

/** Seals the URLs that an earlier version stored whole, their query included. Answers how many. */
export async function sealPlainUrls({ store, secrets }: Pick<ServiceParts, "store" | "secrets">): Promise<number> {
  let count = 0;
  for (const { rowId, id, url, urlSealed, updatedAt } of await store.loadSubscriptions()) {
    if (url === undefined || urlSealed !== undefined || !hasSecretQuery(url)) continue;
    await sealed(secrets, async (put) =>
      // To its readers nothing changed.
      store.updateSubscription(rowId, { url: maskUrl(url), urlSealed: await put(url, urlOwner(id)), updatedAt }),
    );
    count += 1;
  }
  return count;
}
