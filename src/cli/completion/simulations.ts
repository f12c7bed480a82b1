import { loadProvider } from "../../core/simulations/catalogue.ts";
import { PROVIDER_NAMES } from "../../core/simulations/provider-names.ts";
import type { Candidate } from "./words.ts";

/**
 * Events of providers that begin with what is typed: `stripe:inv`. While several providers are possible only their
 * names, each with its colon: a shell puts a blank behind the only candidate there is, and these are never alone.
 */
export async function simulationCandidates(typed: string): Promise<Candidate[]> {
  const names = PROVIDER_NAMES.filter((name) => `${name}:`.startsWith(typed) || typed.startsWith(`${name}:`));
  const providers = await Promise.all(names.map(loadProvider));
  if (1 < providers.length) {
    return providers.map(({ name, title, simulations }) => ({
      value: `${name}:`,
      description: `${simulations.length} events of ${title}`,
    }));
  }
  return providers
    .flatMap(({ name, simulations }) =>
      simulations.map(({ type, title }) => ({ value: `${name}:${type}`, description: title })),
    )
    .filter(({ value }) => value.startsWith(typed));
}
