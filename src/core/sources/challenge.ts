// Providers ask whoever names an address to prove that it is theirs, before they send it anything. What all of these
// challenges have in common: what is asked, what is answered, and what may be written back to a stranger.

import type { HeaderPairs } from "../attempt.ts";
import type { WebhookRequest } from "../signing/webhook-request.ts";

/** Ways to prove it. Those of a signing scheme have its name. */
export const HANDSHAKES = [
  "slack",
  "zoom",
  "twitch",
  "discord",
  "okta",
  "asana",
  "notion",
  "sns",
  "xero",
  "meta",
  "dropbox",
  "adobe",
  "x",
  "ebay",
  "microsoft-graph",
  "event-grid",
  "websub",
  "cloudevents",
] as const;

export type HandshakeName = (typeof HANDSHAKES)[number];

/** What a source is asked, and what it knows. */
export interface Challenge {
  /** As it came: `method` and `url` belong to it. */
  request: WebhookRequest & { method: string; url: string };
  /** The source's, newest first; empty while it has none. */
  secrets: readonly string[];
  /** Unix seconds. */
  now: number;
  /** The text that its owner gave to the provider as well (Meta, eBay). */
  verifyToken?: string | undefined;
  /** CloudEvents: who may send, as DNS names; `*`: anybody. */
  origins?: readonly string[] | undefined;
  /** CloudEvents: requests a minute that are allowed; undefined: as many as there are. */
  rate?: number | undefined;
  /** What it may be subscribed to: URLs (WebSub) or ARNs (SNS). */
  topics?: readonly string[] | undefined;
}

/** What is sent back. A challenge is no event: nothing is published of it. */
export interface ChallengeAnswer {
  handshake: HandshakeName;
  status: number;
  /** Names in lower case. */
  headers: HeaderPairs;
  body: string;
  /** Why it was refused, for the log: it holds nothing that the stranger wrote. */
  refused?: string;
  /** The provider's own secret: keep it first, then answer. */
  offeredSecret?: string;
  /** CloudEvents: where the refused sender would take consent later, for his receiver's owner to see. Nobody checked it. */
  callbackUrl?: string;
  /** A GET of this URL completes it; it is one of the provider's hosts. */
  confirmUrl?: string;
}

/** What comes back before it is known by which handshake. */
export type Reply = Omit<ChallengeAnswer, "handshake">;

/** Answers one kind of challenge; undefined: the request is none, or is not rightly signed. */
export type Handshaker = (challenge: Challenge) => Reply | undefined;

/** What the answers of all handshakes say: it is not to be taken for a page, nor kept. */
const SAFE: HeaderPairs = [
  ["x-content-type-options", "nosniff"],
  ["cache-control", "no-store"],
  ["content-security-policy", "default-src 'none'"],
];

/** What is reflected is a token and nothing else: no markup, no line ends, no end of a quotation. */
const TOKEN = /^[\w.~+/=:@-]{1,512}$/;

/** A challenge that may be written back. */
export function isToken(text: unknown): text is string {
  return typeof text === "string" && TOKEN.test(text);
}

export function plainText(body: string, status = 200): Reply {
  return { status, headers: [["content-type", "text/plain; charset=utf-8"], ...SAFE], body };
}

export function json(value: object): Reply {
  return { status: 200, headers: [["content-type", "application/json"], ...SAFE], body: JSON.stringify(value) };
}

/** Without a body. */
export function bare(status: number, headers: HeaderPairs = []): Reply {
  return { status, headers: [...headers, ...SAFE], body: "" };
}

export function refused(why: string): Reply {
  return { ...plainText("refused\n", 403), refused: why };
}

/** Parameters of the request's URL; of a name that stands there twice none is more right than the other. */
export function queryOf({ url }: Challenge["request"]): (name: string) => string | undefined {
  const start = url.indexOf("?");
  const end = url.indexOf("#");
  const query = new URLSearchParams(start < 0 ? "" : url.slice(start + 1, end < start ? undefined : end));
  return (name) => {
    const values = query.getAll(name);
    return values.length === 1 ? values[0] : undefined;
  };
}
