// Twilio, "Validating requests": HMAC-SHA1 of the URL and what a form holds, sorted; or of a URL that has the hash of a
// body which is no form. https://www.twilio.com/docs/usage/security

import { formPairs } from "../../form-pairs.ts";
import { defineRecord } from "../define-record.ts";
import type { BodyHash, FindHeader, ReadMessage } from "../scheme-code.ts";
import { type Refusal, refuse } from "../verdict.ts";
import type { WebhookRequest } from "../webhook-request.ts";
import { oneHeader } from "./one-header.ts";

const HEADER = "x-twilio-signature";
const BODY_HASH = "bodySHA256";
/** Far more than Twilio sends: they are sorted before anybody knows who sent them. */
const MOST_FIELDS = 10_000;
const DEFAULT_PORTS: Partial<Record<string, string>> = { "http:": ":80", "https:": ":443" };

export const twilio = /* @__PURE__ */ defineRecord({
  name: "twilio",
  title: "Twilio (HMAC-SHA1)",
  signature: { headers: [HEADER], format: "raw" },
  content: "{url}{form}",
  algorithm: "hmac-sha1",
  encoding: "base64",
  secret: { decode: "utf8" },
  code: {
    headers: ["content-type"],
    namesKey: false,
    read: (request, find) => [read(request, find)],
    *sign({ url, body }) {
      const target = neededUrl(url);
      const hashes = bodyHashes(target);
      const isForm = hashes.length === 0 && !/^\s*[{[]/.test(textOf(body));
      if (!isForm) {
        const hash = yield { hash: "sha256", of: body, encoding: "hex" };
        if (hashes.length === 0) {
          throw new TypeError(`twilio signs a body that is no form by its hash: add ${BODY_HASH}=${hash} to the URL`);
        }
        if (hashes.join() !== hash) throw new TypeError(`the URL's ${BODY_HASH} is not the body's hash`);
      }
      const form = isForm ? sortedForm(textOf(body)) : "";
      if (form === undefined) throw new TypeError(`a form has at most ${MOST_FIELDS} fields`);
      const signature = yield { sign: "hmac-sha1", content: [target, form], encoding: "base64" };
      return { headers: { [HEADER]: signature }, signature };
    },
  },
  notes: [
    "Signs the URL that Twilio calls, so behind a proxy give the public one. The secret is the account's auth token.",
  ],
});

function read(request: WebhookRequest, find: FindHeader): ReadMessage | Refusal {
  const signature = oneHeader(HEADER, find);
  if (typeof signature !== "string") return signature;
  const url = neededUrl(request.url);
  const hashes = bodyHashes(url);
  let form = "";
  const named: BodyHash[] = [];
  if (hashes.length > 1) return refuse("signature_mismatch", `the URL has ${BODY_HASH} more than once`);
  if (hashes.length === 1) {
    const otherwise = refuse("signature_mismatch", `the body is not the one whose hash the URL has in ${BODY_HASH}`);
    named.push({ algorithm: "sha256", encoding: "hex", text: hashes[0]!, otherwise });
  } else if (request.body.length > 0) {
    const type = find("content-type")?.[0];
    if (type !== undefined && !/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
      return refuse("body_malformed", `the body is no form, and the URL has no ${BODY_HASH}: nothing signs the body`);
    }
    const sorted = sortedForm(textOf(request.body));
    if (sorted === undefined) return refuse("body_malformed", `the form has more than ${MOST_FIELDS} fields`);
    form = sorted;
  }
  const contents = spellings(url).map((target) => [target, form]);
  const statement = { algorithm: "hmac-sha1", encoding: "base64", signatures: [signature], contents } as const;
  return { bodyHashes: named, statements: [statement] };
}

function neededUrl(url: string | undefined): string {
  if (url === undefined) throw new TypeError("twilio signs the url: request.url is needed");
  return url;
}

/** Names and values as text without anything between them, sorted; of equal values one counts. Undefined: too many. */
function sortedForm(body: string): string | undefined {
  const values = new Map<string, Set<string>>();
  let left = MOST_FIELDS;
  for (const [name, value] of formPairs(body)) {
    if (left === 0) return undefined;
    left -= 1;
    values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  return [...values.keys()]
    .sort()
    .map((name) =>
      [...(values.get(name) ?? [])]
        .sort()
        .map((value) => name + value)
        .join(""),
    )
    .join("");
}

/** Twilio itself signs some URLs with the port and some without, whichever it was given. */
function spellings(url: string): string[] {
  const found = new Set([url]);
  try {
    const { href } = new URL(url);
    for (const text of [url, href]) {
      const [, scheme = "", authority = "", rest = ""] = /^([a-z]+:)\/\/([^/?#]*)(.*)$/is.exec(text) ?? [];
      const port = /:\d+$/.exec(authority)?.[0];
      found.add(text);
      if (port !== undefined) found.add(`${scheme}//${authority.slice(0, -port.length)}${rest}`);
      else found.add(`${scheme}//${authority}${DEFAULT_PORTS[scheme.toLowerCase()] ?? ""}${rest}`);
    }
  } catch {
    // Then it was signed as it is, or not at all.
  }
  return [...found];
}

function bodyHashes(url: string): string[] {
  const query = /\?([^#]*)/.exec(url)?.[1];
  return [...formPairs(query ?? "")].flatMap(([name, value]) => (name === BODY_HASH ? [value] : []));
}

function textOf(body: Uint8Array | string): string {
  return typeof body === "string" ? body : new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
}
