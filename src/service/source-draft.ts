import type { Scope } from "../core/scope.ts";
import { handshakeOf } from "../core/sources/answer-challenge.ts";
import type { SourceInput } from "../core/sources/source.ts";
import {
  blankSettings,
  changedSettings,
  checkSourceScheme,
  checkVerifyToken,
} from "../core/sources/source-settings.ts";
import { checkSourceName } from "../core/sources/source-texts.ts";
import { checkTopics } from "../core/sources/topic-rule.ts";
import type { NewSource } from "../store/source-store.ts";
import type { Sealed } from "../store/store.ts";
import { hintOf } from "./secrets.ts";
import type { ServiceParts } from "./service-parts.ts";
import { firstSecret, newRequestKey } from "./source-secrets.ts";
import type { KeptSettings, SourceSecrets } from "./stored-source.ts";

/** A source that is not stored yet. Never serialised, never logged. */
export interface SourceDraft {
  name: string;
  kept: KeptSettings;
  secrets: SourceSecrets;
  /** The secret that was made; undefined: it was given, or there is none. */
  made: string | undefined;
  at: number;
}

/** @throws HooksError `invalid_request` naming the field */
export function draftSource(
  { name: givenName, scheme: givenScheme, secret: givenSecret, verify_token: token, ...patch }: SourceInput,
  { newId, now, random }: Pick<ServiceParts, "newId" | "now" | "random">,
): SourceDraft {
  const name = checkSourceName(givenName);
  const scheme = checkSourceScheme(givenScheme);
  const blank = blankSettings(name, scheme, handshakeOf(scheme));
  const settings = changedSettings(blank, patch, blank);
  checkTopics(scheme, settings.topics);
  const first = firstSecret(scheme, givenSecret ?? undefined, random);
  const verifyToken = token === undefined || token === null ? undefined : checkVerifyToken(token);
  const at = now();
  const id = newId("sec");
  return {
    name,
    kept: {
      ...settings,
      secrets: first === undefined ? [] : [{ id, hint: hintOf(first.text), createdAt: at, expiresAt: undefined }],
      hasVerifyToken: verifyToken !== undefined,
    },
    secrets: {
      requestKey: newRequestKey(random),
      secrets: first === undefined ? [] : [{ id, text: first.text }],
      verifyToken,
    },
    made: first?.isMade === true ? first.text : undefined,
    at,
  };
}

/** As it is stored; `put` keeps what is secret. */
export async function newSource(
  { name, kept, secrets, at }: SourceDraft,
  id: string,
  scope: Scope,
  put: (text: string, ownerId: string) => Promise<Sealed>,
): Promise<NewSource> {
  const sealed = await put(JSON.stringify(secrets), id);
  return { id, scope, name, settings: JSON.stringify(kept), sealed, createdAt: at };
}
