import { type CompiledScheme, contentOf } from "../compiled-scheme.ts";
import type { Secrets, SignedMessage, UnsignedRequest } from "../options.ts";
import type { StatementAlgorithm } from "../signed-content.ts";
import {
  type CompleteSignOptions,
  carriesOne,
  checkCodeOptions,
  checkSigning,
  prepareMessage,
  withSignatures,
} from "../unsigned-message.ts";
import { readSigningKey } from "./read-key.ts";
import { hashBody, signStatement } from "./statement.ts";
import { subtle } from "./subtle.ts";
import type { WebKey } from "./web-key.ts";

/** As `signMessage` of node:crypto, by Web Crypto. Rejects where that throws. */
export async function signMessage(
  compiled: CompiledScheme,
  request: UnsignedRequest,
  secrets: Secrets,
  options: CompleteSignOptions,
): Promise<SignedMessage> {
  subtle();
  const { scheme } = compiled;
  const keys: WebKey[] = [];
  for (const [index, secret] of checkSigning(request, secrets).entries()) {
    const key = await readSigningKey(scheme, secret);
    if (typeof key === "string") throw new TypeError(`secret #${index + 1} ${key}`);
    keys.push(key);
  }
  if (scheme.code !== undefined) return await signByCode(compiled, request, keys, options);

  const message = prepareMessage(compiled, request, options);
  const signatures: string[] = [];
  for (const key of keys) {
    const content = contentOf(compiled, key, message.values, request.body);
    signatures.push(await signStatement(scheme.algorithm as StatementAlgorithm, scheme.encoding, key, content));
  }
  return withSignatures(compiled, message, signatures);
}

async function signByCode(
  { scheme }: CompiledScheme,
  request: UnsignedRequest,
  [key, ...more]: readonly WebKey[],
  options: CompleteSignOptions,
): Promise<SignedMessage> {
  if (key === undefined || more.length > 0) throw carriesOne(scheme);
  const keyType = key.kind === "secret" ? "secret" : (key.curve ?? key.type);
  const signing = scheme.code!.sign(request, checkCodeOptions(options, keyType));
  let step = signing.next();
  while (step.done !== true) {
    const { value } = step;
    step = signing.next(
      "hash" in value
        ? await hashBody(value.hash, value.encoding, value.of)
        : await signStatement(value.sign, value.encoding, key, value.content),
    );
  }
  return step.value;
}
