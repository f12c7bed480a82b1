import { loadProvider } from "../../../../src/core/simulations/catalogue.ts";
import { Fresh } from "../../../../src/core/simulations/fresh.ts";
import { makeKeyPair, publicKeyOf } from "../../../../src/core/simulations/key-pair.ts";
import type { Provider, SimulatedEvent, Simulation } from "../../../../src/core/simulations/provider.ts";
import { PROVIDER_NAMES, type ProviderName } from "../../../../src/core/simulations/provider-names.ts";
import { signEvent } from "../../../../src/core/simulations/sign-event.ts";

/** 2026-11-22T14:30:55.250Z */
export const NOW = 1_795_357_855_250;
export const URL = "https://example.com/webhooks/in?source=a%20b";

export const PROVIDERS: readonly Provider[] = await Promise.all(PROVIDER_NAMES.map(loadProvider));

/** What signs in these tests, and what the receiver checks with. */
export function keysOf(provider: Provider): { secret: string; check: string } {
  const { keyPair } = provider;
  if (keyPair === undefined) {
    const secret = provider.name === "gitlab" ? `whsec_${Buffer.alloc(32, 7).toString("base64")}` : "a-secret-of-tests";
    return { secret, check: secret };
  }
  const { secret } = makeKeyPair(keyPair, Buffer.alloc(32, 9));
  return { secret, check: publicKeyOf(keyPair, secret)! };
}

export interface Simulated {
  provider: Provider;
  simulation: Simulation;
  /** `stripe:invoice.paid` */
  name: string;
  event: SimulatedEvent;
  /** Names as on the wire. */
  headers: Readonly<Record<string, string>>;
  /** The same with names in lower case. */
  lower: Readonly<Record<string, string>>;
  body: string;
  /** Of a form: its fields. */
  json: unknown;
  secret: string;
  check: string;
}

export interface SimulatedOptions {
  seed?: string;
  now?: number;
  secret?: string;
}

export function simulate(provider: Provider, simulation: Simulation, options: SimulatedOptions = {}): Simulated {
  const { seed = "tests", now = NOW } = options;
  const keys = keysOf(provider);
  const secret = options.secret ?? keys.secret;
  const event = simulation.make(new Fresh(`${seed}/0`, now));
  const json: unknown = JSON.parse(JSON.stringify(event.body));
  const signed = signEvent(provider, event, json, { secret, url: URL, sentAt: now });
  const lower = Object.fromEntries(signed.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const headers = Object.fromEntries(signed.headers);
  const check = options.secret ?? keys.check;
  const name = `${provider.name}:${simulation.type}`;
  return { provider, simulation, name, event, headers, lower, body: signed.body, json, secret, check };
}

/** All events of one provider, or of all. */
export function simulateAll(provider?: ProviderName, options: SimulatedOptions = {}): Simulated[] {
  return PROVIDERS.filter(({ name }) => provider === undefined || name === provider).flatMap((one) =>
    one.simulations.map((simulation) => simulate(one, simulation, options)),
  );
}

export function simulateOne(provider: ProviderName, type: string, options: SimulatedOptions = {}): Simulated {
  const found = PROVIDERS.find(({ name }) => name === provider)!;
  return simulate(found, found.simulations.find((simulation) => simulation.type === type)!, options);
}
