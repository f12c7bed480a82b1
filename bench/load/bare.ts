import { runChild } from "./child.ts";

/** How undici alone signs: see bare-client.ts. */
export type Signing = "plain" | "ours";

export interface BareOptions {
  url: string;
  count: number;
  /** Requests before those that are measured. */
  warmUp: number;
  connections: number;
  signing: Signing;
  /** Default 1. */
  paths?: number;
}

export interface BareResult {
  seconds: number;
  /** µs of CPU a request, of all its threads. */
  cpuMicros: number;
}

/** What undici alone reaches, in a process of its own: the measure of every other rate. */
export function runBare(options: BareOptions): Promise<BareResult> {
  return runChild("load/bare-client.ts", [JSON.stringify({ paths: 1, ...options })]);
}
