// Names alone, for what must not load the profiles: completion scripts, help. A test holds the two together.

/** Those that the program has, in the order of the documentation. */
export const PROFILE_NAMES = [
  "standard",
  "cloudevents",
  "cloudevents-binary",
  "foresight",
  "aegisx",
  "arsmedica",
  "dotmac",
  "securebase",
] as const;
