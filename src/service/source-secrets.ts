// The secrets of a source: those that sign its requests, which mostly the sender made, and the text that is agreed on for
// its handshake.

import { parseDuration } from "../core/duration.ts";
import { invalid } from "../core/errors.ts";
import { prepared } from "../core/signing/prepared-scheme.ts";
import { schemeNamed } from "../core/signing/registry.ts";
import { readVerifyingKeys } from "../core/signing/verifying-key.ts";
import { NO_SCHEME } from "../core/sources/source.ts";
import { hintOf } from "./secrets.ts";
import type { KeptSettings, SourceSecrets } from "./stored-source.ts";

const SECRET_BYTES = 32;
const REQUEST_KEY_BYTES = 32;
const MAX_CHARS = 16_384;
const GRACE_DEFAULT = "24h";
/** A sender that is asked to rotate all the time. */
const MOST_SECRETS = 10;

/** Schemes whose sender is told the secret: we may make it. */
const OURS_TO_MAKE: ReadonlySet<string> = new Set([
  "github",
  "github-sha1",
  "gitlab-token",
  "bitbucket",
  "jira",
  "typeform",
  "twitch",
]);

/** The sender makes the secret, and offers it in its handshake: there is none until then. */
const OFFERED: ReadonlySet<string> = new Set(["asana", "notion"]);

/** One of this scheme can be made without anybody giving its secret. */
export function isSecretOptional(scheme: string): boolean {
  return scheme === NO_SCHEME || OURS_TO_MAKE.has(scheme) || OFFERED.has(scheme);
}

export function newRequestKey(random: (size: number) => Uint8Array): string {
  return Buffer.from(random(REQUEST_KEY_BYTES)).toString("base64");
}

/**
 * The first secret: the one given, or one that is made where that is ours to do; undefined: there is none.
 * @throws HooksError `invalid_request` (field `secret`)
 */
export function firstSecret(
  scheme: string,
  given: string | undefined,
  random: (size: number) => Uint8Array,
): { text: string; isMade: boolean } | undefined {
  if (given !== undefined) return { text: checkSecret(scheme, given), isMade: false };
  if (OURS_TO_MAKE.has(scheme)) return { text: Buffer.from(random(SECRET_BYTES)).toString("hex"), isMade: true };
  if (scheme === NO_SCHEME || OFFERED.has(scheme)) return undefined;
  throw invalid(
    "secret",
    `secret is missing: ${prepared(schemeNamed(scheme).scheme).scheme.title} gives it out`,
    "copy it from the sender's settings",
  );
}

/** @throws HooksError `invalid_request` when the scheme cannot take it */
export function checkSecret(scheme: string, secret: unknown): string {
  if (typeof secret !== "string" || secret === "") throw invalid("secret", "secret must be text, and not empty");
  if (scheme === NO_SCHEME) throw invalid("secret", `secret is of no use: scheme ${NO_SCHEME} checks nothing`);
  if (MAX_CHARS < secret.length) throw invalid("secret", `secret must be at most ${MAX_CHARS} characters`);
  const keys = readVerifyingKeys(schemeNamed(scheme).scheme, [secret]);
  if ("reason" in keys) throw invalid("secret", keys.detail.replace(/^secret #1/, "secret"));
  return secret;
}

/** ms; 24 h where none is given. @throws HooksError `invalid_request` */
export function parseSourceGrace(grace: string | undefined): number {
  return parseDuration(grace ?? GRACE_DEFAULT, "grace", { min: 0 });
}

/** With a new secret in front; the older ones end after `graceMs` at the latest. */
export function rotated(
  secrets: SourceSecrets,
  kept: KeptSettings,
  fresh: { id: string; text: string },
  graceMs: number,
  now: number,
): { secrets: SourceSecrets; kept: KeptSettings } {
  const endsAt = now + graceMs;
  const ending = <One extends { expiresAt?: number | undefined }>(all: readonly One[]): One[] =>
    all
      .map((one) => ({ ...one, expiresAt: Math.min(one.expiresAt ?? endsAt, endsAt) }))
      .filter(({ expiresAt }) => now < expiresAt)
      .slice(0, MOST_SECRETS - 1);
  return {
    secrets: { ...secrets, secrets: [{ ...fresh }, ...ending(secrets.secrets)] },
    kept: {
      ...kept,
      secrets: [
        { id: fresh.id, hint: hintOf(fresh.text), createdAt: now, expiresAt: undefined },
        ...ending(kept.secrets),
      ],
    },
  };
}
