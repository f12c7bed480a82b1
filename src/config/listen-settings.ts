import type { SettingKey } from "../core/setting-rules.ts";
import type { Candidate } from "./layers.ts";

/** A value and where it came from, for messages: `HOOKS_FORWARD`, a file. */
export interface GivenText {
  text: string;
  origin: string;
}

/** Where `hooks listen` forwards to when no flag says so. What they may be is judged where they are used. */
export interface ListenSettings {
  forward: GivenText | undefined;
  /** `invoice.*=localhost:4000/billing`, the first that fits counts. */
  routes: readonly GivenText[];
}

export function listenSettings(first: (key: SettingKey) => Candidate | undefined): ListenSettings {
  const [forward, routes] = [first("forward"), first("routes")];
  return {
    forward: forward === undefined ? undefined : { text: forward.text, origin: `${forward.origin}: forward` },
    routes:
      routes === undefined
        ? []
        : routes.text.split(",").map((text) => ({ text: text.trim(), origin: `${routes.origin}: routes` })),
  };
}
