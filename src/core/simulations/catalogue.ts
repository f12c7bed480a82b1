// Which providers can be simulated. Their events are loaded when somebody asks for them: there is much to them.

import { nearest } from "../nearest.ts";
import type { Provider, Simulation } from "./provider.ts";
import { isProviderName, PROVIDER_NAMES, type ProviderName } from "./provider-names.ts";

const LOADERS = {
  stripe: async () => (await import("./stripe/stripe.ts")).STRIPE,
  github: async () => (await import("./github/github.ts")).GITHUB,
  gitlab: async () => (await import("./gitlab/gitlab.ts")).GITLAB,
  slack: async () => (await import("./slack/slack.ts")).SLACK,
  shopify: async () => (await import("./shopify/shopify.ts")).SHOPIFY,
  twilio: async () => (await import("./twilio.ts")).TWILIO_SIMULATIONS,
  square: async () => (await import("./square/square.ts")).SQUARE,
  paddle: async () => (await import("./paddle/paddle.ts")).PADDLE,
  linear: async () => (await import("./linear.ts")).LINEAR,
  discord: async () => (await import("./discord.ts")).DISCORD,
  sendgrid: async () => (await import("./sendgrid.ts")).SENDGRID,
  twitch: async () => (await import("./twitch.ts")).TWITCH,
  zoom: async () => (await import("./zoom.ts")).ZOOM,
  typeform: async () => (await import("./typeform.ts")).TYPEFORM,
} satisfies Record<ProviderName, () => Promise<Provider>>;

export function loadProvider(name: ProviderName): Promise<Provider> {
  return LOADERS[name]();
}

/** A simulation by its name: `stripe:invoice.paid`. */
export interface Found {
  provider: Provider;
  simulation: Simulation;
}

/** Why there is none of this name. `near`: the name that was most likely meant. */
export interface NotFound {
  /** Undefined: no provider has this name. */
  provider: Provider | undefined;
  near: string | undefined;
}

/** Case does not count: `linear:issue.create` is `linear:Issue.create`. */
export async function findSimulation(name: string): Promise<Found | NotFound> {
  const at = name.indexOf(":");
  const [providerName, type] = [name.slice(0, at).toLowerCase(), name.slice(at + 1)];
  if (!isProviderName(providerName)) {
    const near = nearest(providerName, PROVIDER_NAMES);
    return { provider: undefined, near: near === undefined ? undefined : `${near}:${type}` };
  }
  const provider = await loadProvider(providerName);
  const wanted = type.toLowerCase();
  const names = (simulation: Simulation) => [simulation.type, ...(simulation.aliases ?? [])];
  const simulation = provider.simulations.find((one) => names(one).some((known) => known.toLowerCase() === wanted));
  if (simulation !== undefined) return { provider, simulation };
  const near = wanted === "" ? undefined : nearest(wanted, provider.simulations.flatMap(names));
  return { provider, near: near === undefined ? undefined : `${provider.name}:${near}` };
}
