import { schemeNamed } from "../signing/registry.ts";
import { signMessage } from "../signing/sign.ts";
import type { Provider, SimulatedEvent } from "./provider.ts";
import { writeBody } from "./write-body.ts";

export interface SignedEvent {
  /** Names as the provider writes them. */
  headers: [name: string, value: string][];
  body: string;
}

export interface EventSigning {
  secret: string;
  /** The URL that the provider calls: signed where the scheme signs it. */
  url: string;
  /** Unix ms. */
  sentAt: number;
}

/**
 * The request as the provider sends it. `body`: that of the event, with what was changed in it.
 * @throws TypeError when the secret cannot be used.
 */
export function signEvent(
  provider: Provider,
  event: SimulatedEvent,
  body: unknown,
  { secret, url, sentAt }: EventSigning,
): SignedEvent {
  const text = writeBody(body, event.style ?? provider.style);
  const wireNames = new Map(provider.signatureHeaders.map((name) => [name.toLowerCase(), name]));
  const headers = new Map(Object.entries(event.headers));
  for (const scheme of schemesOf(provider, secret)) {
    const options = { id: event.id, timestamp: sentAt / 1000 };
    const signed = signMessage(schemeNamed(scheme), { body: text, method: "POST", url }, secret, options);
    for (const [name, value] of Object.entries(signed.headers)) headers.set(wireNames.get(name) ?? name, value);
  }
  return { headers: [...headers], body: text };
}

/** The schemes that sign with this secret, the one to check with first. */
export function schemesOf({ schemes }: Provider, secret: string): readonly string[] {
  return typeof schemes === "function" ? schemes(secret) : schemes;
}
