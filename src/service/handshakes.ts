import { type Handshake, handshakeHeaders, judgeHandshake } from "../core/handshake.ts";
import type { TestResult } from "../core/hooks-service.ts";
import type { StoredSubscription } from "../store/store.ts";
import { openSubscription } from "./opened-subscription.ts";
import type { ServiceParts } from "./service-parts.ts";
import { readSettings } from "./subscription-resource.ts";

/**
 * What is left of an answer when a subscription is changed: none of another receiver's, nor when it is to be asked anew
 * (a change that names the handshake); all of it when a whole subscription is written back as it was read.
 */
export function keptHandshake(
  draft: Handshake | undefined,
  stored: Handshake | undefined,
  { keepsUrl, isWhole }: { keepsUrl: boolean; isWhole: boolean },
): Handshake | undefined {
  if (draft === undefined) return undefined;
  const { origin, rate } = draft;
  const asked: Handshake = rate === undefined ? { origin, state: "pending" } : { origin, rate, state: "pending" };
  if (!keepsUrl) return asked;
  return isWhole && stored?.origin === origin && stored.rate === rate ? stored : draft;
}

type Parts = Pick<ServiceParts, "store" | "directory" | "secrets" | "profiles" | "send" | "now" | "version">;

/**
 * Asks a subscription's receiver whether it may be sent to, and keeps the answer. Undefined when nothing was asked (the
 * program is stopping), or when the subscription was changed meanwhile: then it is asked anew.
 */
export async function askReceiver(stored: StoredSubscription, parts: Parts): Promise<Handshake | undefined> {
  const settings = readSettings(stored);
  if (settings.handshake === undefined || stored.transport !== "http") return undefined;
  const { url, headers, timeoutMs, egress } = await openSubscription(stored, parts.secrets, parts.profiles);
  const own = Object.entries(headers).flat();
  const result = await parts.send({
    method: "OPTIONS",
    url: url ?? "",
    headers: [...handshakeHeaders(settings.handshake, `hooks/${parts.version}`), ...own],
    body: new Uint8Array(0),
    timeoutMs,
    rules: egress,
  });
  const at = parts.now();
  const handshake = judgeHandshake(settings.handshake, result, at);
  if (handshake === undefined) return undefined;
  const change = { settings: JSON.stringify({ ...settings, handshake }), updatedAt: at };
  const outcome = await parts.store.updateSubscription(stored.rowId, change, undefined, stored.updatedAt);
  await parts.directory.refresh(stored.scope, stored.id, stored.rowId);
  return outcome === "changed" ? handshake : undefined;
}

/** The result of a test that is not sent: a receiver that has not allowed deliveries is asked first. */
export async function refusedByReceiver(stored: StoredSubscription, parts: Parts): Promise<TestResult | undefined> {
  const { handshake: before } = readSettings(stored);
  if (before === undefined || before.state === "allowed") return undefined;
  const handshake = (await askReceiver(stored, parts)) ?? before;
  if (handshake.state === "allowed") return undefined;
  const why = handshake.why ?? "its receiver could not be asked";
  return {
    success: false,
    status: null,
    duration_ms: 0,
    response: null,
    error: `handshake_${handshake.state}: ${why}`,
  };
}
