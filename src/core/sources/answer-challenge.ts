import { findScheme } from "../signing/registry.ts";
import { cloudevents } from "./allowing-senders.ts";
import { type Challenge, type ChallengeAnswer, HANDSHAKES, type HandshakeName, type Handshaker } from "./challenge.ts";
import { asana, eventGrid, notion } from "./other-challenges.ts";
import { dropbox, ebay, meta, microsoftGraph, websub, x } from "./query-challenges.ts";
import { discord, okta, slack, sns, twitch, xero, zoom } from "./signed-challenges.ts";

const HANDSHAKERS: Record<HandshakeName, Handshaker> = {
  slack,
  zoom,
  twitch,
  discord,
  okta,
  asana,
  notion,
  sns,
  xero,
  meta,
  dropbox,
  adobe: dropbox,
  x,
  ebay,
  "microsoft-graph": microsoftGraph,
  "event-grid": eventGrid,
  websub,
  cloudevents,
};

/** Challenges are small. What is larger is none: a stranger's megabytes are not read for one. */
const MOST_BYTES = 64 * 1024;

/** The handshake of a scheme's provider (by name or alias), where it has one: what a source has that names none itself. */
export function handshakeOf(scheme: string): HandshakeName | undefined {
  const name = findScheme(scheme)?.scheme.name;
  return HANDSHAKES.find((handshake) => handshake === name);
}

/**
 * The answer to a challenge of the source's own handshake. Undefined when the request is none: then it is judged as any
 * other is, and a GET or OPTIONS is no event. A challenge that its provider signs is one only when that is right.
 */
export function answerChallenge(handshake: HandshakeName, challenge: Challenge): ChallengeAnswer | undefined {
  if (MOST_BYTES < challenge.request.body.length) return undefined;
  const reply = HANDSHAKERS[handshake](challenge);
  return reply === undefined ? undefined : { handshake, ...reply };
}
