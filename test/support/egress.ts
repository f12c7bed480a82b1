import { EgressRules } from "../../src/core/egress/egress-rules.ts";
import { parseNetList } from "../../src/core/egress/net-list.ts";
import type { ReceiverRules } from "../../src/core/egress/policy.ts";
import type { EgressCheck } from "../../src/service/service-parts.ts";

/** Of a receiver in `development` that has no lists of its own. */
export const DEVELOPMENT: ReceiverRules = { environment: "development", allow: [], deny: [] };

/** A public address: example.com had it for long. Nothing in the tests is sent there. */
export const PUBLIC_ADDRESS = "93.184.216.34";

/** The rules of a daemon that only this machine reaches; `allow`, `deny`: as on its command line. */
export function localRules(allow: readonly string[] = [], deny: readonly string[] = []): EgressRules {
  return new EgressRules({
    allow: parseNetList(allow, "allow", "--allow-net"),
    deny: parseNetList(deny, "deny", "--deny-net"),
    isLoopbackOnly: true,
  });
}

/** What a service goes by where nobody is sent to: every name has a public address. */
export async function publicNames(): Promise<EgressCheck> {
  return {
    rules: localRules(["*.test", "*.example"]),
    lookUp: async (host) => ({
      kind: "addresses",
      addresses: host === "localhost" || host.endsWith(".localhost") ? ["127.0.0.1"] : [PUBLIC_ADDRESS],
      keepMs: 0,
    }),
  };
}
