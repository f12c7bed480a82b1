// Names alone, for what must not load the events: there is much to them.

/** In the order of lists and of the documentation. */
export const PROVIDER_NAMES = [
  "stripe",
  "github",
  "gitlab",
  "slack",
  "shopify",
  "twilio",
  "square",
  "paddle",
  "linear",
  "discord",
  "sendgrid",
  "twitch",
  "zoom",
  "typeform",
] as const;

export type ProviderName = (typeof PROVIDER_NAMES)[number];

export function isProviderName(name: string): name is ProviderName {
  return (PROVIDER_NAMES as readonly string[]).includes(name);
}

/** True for what can only be the name of a simulation (`stripe:invoice.paid`): event types have no colon. */
export function isSimulationName(name: string): boolean {
  return name.includes(":");
}
