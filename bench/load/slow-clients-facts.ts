/** What of a request comes a byte a second. */
export type SlowKind = "head" | "body";

/** What slow clients saw until they were ended. */
export type SlowClients = Record<SlowKind, { closed: number; longestMs: number }>;
