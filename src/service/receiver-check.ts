import { allowHint, type ReceiverRules } from "../core/egress/policy.ts";
import { HooksError } from "../core/errors.ts";
import type { Scope } from "../core/scope.ts";
import { checkTargetUrl, urlRefused } from "../core/subscription-url.ts";
import { receiverRules } from "./opened-subscription.ts";
import type { ServiceParts } from "./service-parts.ts";
import type { SubscriptionDraft } from "./subscription-settings.ts";

/** The check of a receiver within one change, which may be made anew several times: the same receiver is checked once. */
export class CheckedReceiver {
  readonly #parts: Pick<ServiceParts, "egress">;
  #last = "";
  warnings: readonly string[] = [];

  constructor(parts: Pick<ServiceParts, "egress">) {
    this.#parts = parts;
  }

  /** @throws HooksError `url_refused` */
  async check(scope: Scope, { url, settings }: SubscriptionDraft): Promise<void> {
    if (url === undefined) return;
    const key = JSON.stringify([url, settings.allowNet, settings.denyNet]);
    if (key === this.#last) return;
    this.warnings = await checkReceiver(url, receiverRules(scope, settings), this.#parts);
    this.#last = key;
  }
}

/**
 * Whether a receiver may be sent to, as far as it can be known before anything is sent: quick to tell whoever set it up,
 * while the boundary is the same check at each attempt. A name that nobody answers for is taken, with a warning: it may
 * be about to be made.
 *
 * @returns warnings.
 * @throws HooksError `url_refused`
 */
async function checkReceiver(
  url: string,
  rules: ReceiverRules,
  parts: Pick<ServiceParts, "egress">,
): Promise<string[]> {
  const egress = await parts.egress();
  const target = checkTargetUrl(url, "url");
  const { host, port } = target;
  const policy = egress.rules.policyFor(rules);
  const refusal = policy.refusalOfUrl(target);
  if (refusal !== undefined) throw urlRefused(refusal, "url");
  if (target.address !== undefined) return [];
  const answer = await egress.lookUp(host);
  if (answer.kind === "failed") {
    return [`url: ${host} has no address now: nothing can be sent to it until it has one`];
  }
  const found = answer.addresses.map((address) => policy.refusalOf(host, address, port));
  const first = found.find((one) => one !== undefined);
  if (first === undefined) return [];
  if (first.rule === "denied" || first.rule === "not_allowed") throw urlRefused(first, "url");
  // Which address that is, is known inside of its network and nowhere else.
  throw new HooksError("url_refused", `url may not be sent to: ${host} has an address that is not public`, {
    field: "url",
    hint: allowHint(host),
  });
}
