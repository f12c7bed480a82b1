import type { ConnectionOptions } from "../client/server-connection.ts";
import type { TailNews, TailQuery } from "../core/tail.ts";

/** Where what happens is told live. */
export type TailEndpoint = ConnectionOptions;

/** What happens there from now on; its code is loaded by who follows something. See client/tail-client.ts. */
export async function* followTail(
  endpoint: TailEndpoint,
  query: TailQuery,
  options: { signal: AbortSignal; onOpen(): void },
): AsyncGenerator<TailNews> {
  const { tailServer } = await import("../client/tail-client.ts");
  yield* tailServer(endpoint, query, options);
}
