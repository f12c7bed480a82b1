// Why a signature does not match: tries what senders, receivers and what is between them usually get wrong, and reports
// what would match. For people at a shell who hold the secret; a verdict is never changed by it.

import type { CompiledScheme } from "./compiled-scheme.ts";
import { explainAge, withAge } from "./explain/age.ts";
import { bodyChanges, explainBody } from "./explain/body-changes.ts";
import { explainHeader } from "./explain/header-repairs.ts";
import type { Hint } from "./explain/hint.ts";
import { explainContent, explainMissingHeader, explainScheme, explainUrl } from "./explain/other-schemes.ts";
import { explainSecret, secretReadings } from "./explain/secret-readings.ts";
import { explainAttempt, explainTimeAndId } from "./explain/time-and-id.ts";
import { type JudgedBy, Trials } from "./explain/trials.ts";
import type { Secrets } from "./options.ts";
import type { Refusal } from "./verdict.ts";
import type { WebhookRequest } from "./webhook-request.ts";

/** A secret that was not given, but that its owner has: of another subscription. */
export interface NamedSecret {
  name: string;
  secret: string;
}

export interface DiagnoseOptions extends JudgedBy {
  others?: readonly NamedSecret[];
}

/**
 * What would make a refused webhook valid: the likeliest alone, for it explains the others, and besides it an age that is
 * wrong. Empty when nothing does.
 */
export function diagnose(
  compiled: CompiledScheme,
  request: WebhookRequest,
  secrets: Secrets,
  refusal: Refusal,
  { others = [], ...judgedBy }: DiagnoseOptions,
): Hint[] {
  const trials = new Trials(compiled, request, secrets);
  const { reason } = refusal;
  if (reason === "secret_unusable") return explainSecret(trials);
  if (reason === "missing_header") return first(trials, [explainScheme, explainMissingHeader]);
  if (reason === "timestamp_too_old" || reason === "timestamp_in_future") {
    return explainAge(trials, refusal, judgedBy, () => first(trials, signatureCauses(others)));
  }
  const more = reason === "signature_mismatch" ? [] : [explainMissingHeader];
  return withAge(trials, first(trials, [...signatureCauses(others), ...more]), judgedBy);
}

/** In the order of how likely they are. */
function signatureCauses(others: readonly NamedSecret[]): ((trials: Trials) => Hint[])[] {
  return [
    explainBody,
    explainSecret,
    explainHeader,
    explainTimeAndId,
    (some) => explainOtherSecret(some, others),
    explainScheme,
    explainUrl,
    explainContent,
    explainBodyAndSecret,
    explainAttempt,
  ];
}

function first(trials: Trials, explanations: readonly ((trials: Trials) => Hint[])[]): Hint[] {
  for (const explain of explanations) {
    const hints = explain(trials);
    if (hints.length > 0) return hints;
  }
  return [];
}

function explainOtherSecret(trials: Trials, others: readonly NamedSecret[]): Hint[] {
  const found = others.find(({ secret }) => !trials.secrets.includes(secret) && trials.matches({ secrets: secret }));
  return found === undefined
    ? []
    : [{ code: "other_secret", text: `It matches the secret of ${found.name}, which is another than the one given.` }];
}

/** Two mistakes at once: both are said. */
function explainBodyAndSecret(trials: Trials): Hint[] {
  for (const secret of trials.secrets) {
    for (const reading of secretReadings(trials.compiled.scheme, secret)) {
      for (const change of bodyChanges(trials.body)) {
        if (trials.left <= 0) return [];
        if (!trials.matches({ body: change.body, scheme: reading.scheme, secrets: reading.secret })) continue;
        return [change, reading].map(({ code, text }) => ({ code, text }));
      }
    }
  }
  return [];
}
