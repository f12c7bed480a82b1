// AWS SNS, "Verifying the signatures of Amazon SNS messages": RSA over named fields of the body, with a certificate whose
// URL stands in it. https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html

import { defineRecord } from "../define-record.ts";
import { formatTimestamp, parseTimestamp } from "../message-time.ts";
import type { ReadMessage } from "../scheme-code.ts";
import { type Refusal, refuse } from "../verdict.ts";
import type { WebhookRequest } from "../webhook-request.ts";
import { type JsonObject, own, ownText, parseObject } from "./json-object.ts";

const CONFIRMATION = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
const SIGNED: Partial<Record<string, readonly string[]>> = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: CONFIRMATION,
  UnsubscribeConfirmation: CONFIRMATION,
};

/** Exactly an SNS host of a region: a bucket that somebody calls "sns" has another form. */
const CERT_URL = /^https:\/\/sns\.[a-z]{2}(-[a-z]+)+-\d{1,2}\.amazonaws\.com(\.cn)?\/[\w.-]+\.pem$/;

export const sns = /* @__PURE__ */ defineRecord({
  name: "sns",
  title: "AWS SNS (RSA)",
  aliases: ["aws-sns"],
  marks: ["x-amz-sns-message-type"],
  signature: { json: "Signature", format: "raw" },
  timestamp: { json: "Timestamp", unit: "iso" },
  content: "{Name}\\n{value}\\n of Message, MessageId, Subject or SubscribeURL, Timestamp, Token, TopicArn, Type",
  algorithm: "rsa",
  encoding: "base64",
  secret: { decode: "pem" },
  code: {
    headers: [],
    namesKey: true,
    read: (request) => [read(request)],
    *sign({ body }, { id, timestamp }) {
      const fields = parseObject(body);
      if (fields === undefined) throw new TypeError("sns signs fields of the body: it must be a JSON object");
      const message: JsonObject = {
        Type: "Notification",
        MessageId: id,
        TopicArn: "arn:aws:sns:us-east-1:000000000000:hooks",
        Timestamp: formatTimestamp(timestamp, "iso"),
        SigningCertURL: "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-hooks.pem",
        ...fields,
        SignatureVersion: "2",
      };
      const content = contentOf(message);
      if (typeof content !== "string") throw new TypeError(`sns signs fields of the body: ${content.detail}`);
      const signature = yield { sign: "rsa-sha256", content: [content], encoding: "base64" };
      return { headers: {}, body: JSON.stringify({ ...message, Signature: signature }), signature };
    },
  },
  notes: [
    "The key is the certificate behind `SigningCertURL`: give it as the secret, or answer it in `resolveKey`, which is asked only for URLs of SNS.",
    "Fields are signed, not the bytes of the JSON. SNS names no limit of age.",
    "**Check `TopicArn`.** One key signs the messages of all AWS customers of a region: a right signature says that SNS sent it, and not that it is of your topic. A source does (`--topic`); `hooks verify` and the library cannot.",
  ],
});

function read({ body }: WebhookRequest): ReadMessage | Refusal {
  const message = parseObject(body);
  if (message === undefined) return refuse("body_malformed", "the body is not a JSON object");
  const content = contentOf(message);
  if (typeof content !== "string") return content;
  const signature = ownText(message, "Signature");
  if (signature === undefined || signature === "") return refuse("malformed_header", "the body has no Signature");
  const version = own(message, "SignatureVersion");
  if (version !== "1" && version !== "2")
    return refuse("unsupported_version", 'SignatureVersion is neither "1" nor "2"');
  const certUrl = ownText(message, "SigningCertURL");
  if (certUrl === undefined || !CERT_URL.test(certUrl)) {
    return refuse("malformed_header", "SigningCertURL is no certificate of an SNS host");
  }
  const timestamp = parseTimestamp(ownText(message, "Timestamp") ?? "", "iso");
  if (timestamp === undefined) return refuse("timestamp_malformed", "Timestamp is not an RFC 3339 time");
  const algorithm = version === "1" ? "rsa-sha1" : "rsa-sha256";
  const statement = { algorithm, encoding: "base64", signatures: [signature], contents: [[content]] } as const;
  return { timestamp, keyName: certUrl, statements: [statement] };
}

function contentOf(message: JsonObject): string | Refusal {
  const names = SIGNED[ownText(message, "Type") ?? ""];
  if (names === undefined) return refuse("body_malformed", "Type is none of SNS");
  let content = "";
  for (const name of names) {
    const value = own(message, name);
    if (name === "Subject" && (value === undefined || value === null)) continue;
    if (typeof value !== "string") return refuse("body_malformed", `${name} is not text`);
    content += `${name}\n${value}\n`;
  }
  return content;
}
