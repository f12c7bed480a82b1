// Of some providers every customer's messages are signed with the same key: then a right signature says that the
// provider sent it, and not for whom.

import { invalid } from "../errors.ts";
import { quoted } from "../quoted.ts";
import { own, parseObject } from "../signing/schemes/json-object.ts";

/** Where the body says which of the provider's topics it is of. It has to be among what is signed. */
const TOPIC_FIELD: Readonly<Partial<Record<string, string>>> = {
  // One certificate for a whole region; TopicArn is signed in each kind of message.
  // https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
  sns: "TopicArn",
};
/** The reason in the log of a source, beside those of `hooks verify`. */
export const WRONG_TOPIC = "wrong_topic";

/** @throws HooksError `invalid_request` when a source of this scheme would take messages of anybody */
export function checkTopics(scheme: string, topics: readonly string[]): void {
  const field = TOPIC_FIELD[scheme];
  if (field === undefined || 0 < topics.length) return;
  throw invalid(
    "topics",
    `topics is missing: ${scheme} signs the messages of all its customers with one key, so only ${field} tells yours`,
    "for example: arn:aws:sns:eu-central-1:123456789012:orders",
  );
}

/** Why a message that is rightly signed is refused all the same, for the operator; undefined: it may come. */
export function refusalOfTopic(
  { name, scheme, topics }: { name: string; scheme: string; topics: readonly string[] },
  body: Uint8Array,
): string | undefined {
  const field = TOPIC_FIELD[scheme];
  if (field === undefined) return undefined;
  const topic = own(parseObject(body) ?? {}, field);
  if (typeof topic === "string" && topics.includes(topic)) return undefined;
  const found = typeof topic === "string" ? `${field} ${quoted(topic)}` : `no ${field}`;
  return 0 < topics.length
    ? `${found} is none of the source's topics`
    : `the source names no topic, and any customer can have one: hooks source update ${name} --topic ARN`;
}
