import { type CompiledScheme, contentOf } from "./compiled-scheme.ts";
import { computeSignature } from "./hmac-signature.ts";
import { keptSigningKey } from "./kept-keys.ts";
import type { Secrets, SignedMessage, UnsignedRequest } from "./options.ts";
import { schemeNamed } from "./registry.ts";
import type { StatementAlgorithm } from "./signed-content.ts";
import { hashBody, keyTypeOf, type StatementKey, signStatement } from "./statement.ts";
import {
  type CompleteSignOptions,
  carriesOne,
  checkCodeOptions,
  checkSigning,
  prepareMessage,
  withSignatures,
} from "./unsigned-message.ts";

/**
 * Signs a webhook. Several secrets give several signatures in one header, where the scheme's header takes a list.
 * @throws TypeError for an unknown scheme, an unusable secret, or an id or time that the scheme cannot carry.
 */
export function sign(
  schemeName: string,
  request: UnsignedRequest,
  secrets: Secrets,
  options: CompleteSignOptions,
): SignedMessage {
  return signMessage(schemeNamed(schemeName), request, secrets, options);
}

/** As `sign`, with the scheme itself. */
export function signMessage(
  compiled: CompiledScheme,
  request: UnsignedRequest,
  secrets: Secrets,
  options: CompleteSignOptions,
): SignedMessage {
  const { scheme } = compiled;
  const keys = checkSigning(request, secrets).map((secret, index) => {
    const key = keptSigningKey(compiled, secret);
    if (typeof key === "string") throw new TypeError(`secret #${index + 1} ${key}`);
    return key;
  });
  if (scheme.code !== undefined) return signByCode(compiled, request, keys, options);

  const message = prepareMessage(compiled, request, options);
  const signatures = keys.map((key) =>
    compiled.hash === undefined
      ? signStatement(
          scheme.algorithm as StatementAlgorithm,
          scheme.encoding,
          key,
          contentOf(compiled, key, message.values, request.body),
        )
      : computeSignature(compiled, key, message.values, request.body),
  );
  return withSignatures(compiled, message, signatures);
}

function signByCode(
  { scheme }: CompiledScheme,
  request: UnsignedRequest,
  [key, ...more]: readonly StatementKey[],
  options: CompleteSignOptions,
): SignedMessage {
  if (key === undefined || more.length > 0) throw carriesOne(scheme);
  const signing = scheme.code!.sign(request, checkCodeOptions(options, keyTypeOf(key)));
  let step = signing.next();
  while (step.done !== true) {
    const { value } = step;
    step = signing.next(
      "hash" in value
        ? hashBody(value.hash, value.encoding, value.of)
        : signStatement(value.sign, value.encoding, key, value.content),
    );
  }
  return step.value;
}
