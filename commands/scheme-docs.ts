// The text of docs/schemes.md: the records in tables, and where we are stricter than the providers' own libraries.

import { ageLimits, neededParts, secretForm, signaturePlace } from "../src/core/signing/describe-scheme.ts";
import { SCHEMES } from "../src/core/signing/registry.ts";
import type { Scheme } from "../src/core/signing/scheme.ts";

/** A kind of message that providers' own libraries judge otherwise than we do. */
export interface Difference {
  /** Names of test vectors (test/fixtures/vectors) without their scheme. */
  cases: readonly string[];
  /** Whose library it is: names of schemes. */
  schemes: readonly string[];
  what: string;
  ours: "refused" | "accepted";
  why: string;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    cases: ["empty-secret-forgery", "secret-one-byte-forgery", "secret-not-base64"],
    schemes: [
      "adyen-banking",
      "box",
      "dropbox-sign",
      "gocardless",
      "hubspot-v1",
      "hubspot-v3",
      "line",
      "onfido",
      "openai",
      "paddle",
      "twitch",
    ],
    what: "An empty secret, or one that does not decode",
    ours: "refused",
    why: "Everybody can make the signature of an empty or shortened key. A secret that is not set is `secret_unusable`.",
  },
  {
    cases: ["tampered-lossy-utf8", "tampered-lossy-utf8-swap", "tampered-body-bom-added"],
    schemes: [
      "adyen-banking",
      "box",
      "clerk",
      "github",
      "github-sha1",
      "hookdeck",
      "hubspot-v1",
      "hubspot-v2",
      "hubspot-v3",
      "mux",
      "openai",
      "paddle",
      "polar",
      "razorpay",
      "replicate",
      "resend",
      "retell",
      "sanity",
      "shopify",
      "slack",
      "square",
      "standard-webhooks",
      "stripe",
      "svix",
      "telnyx",
      "twitch",
      "webflow",
      "workos",
      "zoom",
    ],
    what: "Bytes that are no UTF-8, or a byte order mark, changed on the way",
    ours: "refused",
    why: "The bytes are hashed as they came. Libraries that decode them to text first take different bodies for one.",
  },
  {
    cases: ["valid-binary-not-utf8", "valid-bom-body"],
    schemes: [
      "anthropic",
      "box",
      "clerk",
      "elevenlabs",
      "hubspot-v2",
      "hubspot-v3",
      "openai",
      "paddle",
      "polar",
      "retell",
      "sanity",
      "sendgrid",
      "shopify",
      "slack",
      "stripe",
      "svix",
      "telnyx",
      "twitch",
      "workos",
      "zoom",
    ],
    what: "A body that is no UTF-8, or begins with a byte order mark, rightly signed",
    ours: "accepted",
    why: "For the same reason: what was signed is what came.",
  },
  {
    cases: ["tampered-body-newline-appended", "tampered-body-unicode-escape", "tampered-duplicate-json-key"],
    schemes: ["zoom"],
    what: "A body whose JSON means the same in other bytes",
    ours: "refused",
    why: "Zoom's library parses the body and prints it again before it hashes it; we hash what came.",
  },
  {
    cases: ["valid-control-characters", "valid-form-body"],
    schemes: ["zoom"],
    what: "A body rightly signed that is no JSON, or is written as nobody prints it",
    ours: "accepted",
    why: "For the same reason: what was signed is what came.",
  },
  {
    cases: [
      "timestamp-decimal-zero",
      "timestamp-exponent",
      "timestamp-fraction",
      "timestamp-hex",
      "timestamp-leading-plus",
      "timestamp-leading-space",
      "timestamp-leading-zero",
      "timestamp-signed-not-a-number",
      "timestamp-trailing-garbage",
      "timestamp-trailing-space-text",
    ],
    schemes: [
      "anthropic",
      "clerk",
      "elevenlabs",
      "mux",
      "paddle",
      "polar",
      "replicate",
      "resend",
      "retell",
      "slack",
      "standard-webhooks",
      "stripe",
      "svix",
      "webflow",
      "zoom",
    ],
    what: "A time that is written otherwise than as digits without a leading zero",
    ours: "refused",
    why: "What is compared with the clock has to be what was signed: one spelling for one time.",
  },
  {
    cases: [
      "timestamp-one-second-too-old",
      "timestamp-year-old",
      "timestamp-year-ahead",
      "timestamp-signed-in-milliseconds",
      "timestamp-signed-in-seconds",
    ],
    schemes: ["replicate", "webflow", "zoom"],
    what: "A time that is outside the limits, or counts in another unit, where the library judges no age",
    ours: "refused",
    why: "The provider's documentation names a limit; without it a recorded request is valid for ever.",
  },
  {
    cases: [
      "signature-base64-inner-newline",
      "signature-base64-trailing-garbage",
      "signature-hex-trailing-garbage",
      "signature-twice",
      "whitespace-inside-signature",
      "field-signature-with-equals",
    ],
    schemes: [
      "adyen-banking",
      "box",
      "gocardless",
      "line",
      "openai",
      "paddle",
      "polar",
      "sendgrid",
      "twitch",
      "workos",
    ],
    what: "A right signature with something in or behind it",
    ours: "refused",
    why: "Decoders that skip what they do not know make many spellings of one signature.",
  },
  {
    cases: [
      "prefix-missing",
      "multi-good-digest-under-unknown-version",
      "wrong-version-other",
      "wrong-version-v0",
      "wrong-version-v1a",
      "wrong-version-v2",
    ],
    schemes: ["openai", "replicate", "workos"],
    what: "A right signature under another version's name, or under none",
    ours: "refused",
    why: "The version says how to check: one that is not known is not checked as another.",
  },
  {
    cases: ["tampered-body"],
    schemes: ["rfc9421"],
    what: "RFC 9421: a body that its Content-Digest does not fit",
    ours: "refused",
    why: "The signature covers the digest only; whoever does not compare that with the body has checked nothing of it.",
  },
  {
    cases: ["cert-url-s3-bucket-named-sns"],
    schemes: ["sns"],
    what: "SNS: a certificate from a bucket that is called `sns`",
    ours: "refused",
    why: "Anybody can make one. Only hosts `sns.<region>.amazonaws.com` hold the certificates of SNS.",
  },
  {
    cases: ["valid-unsubscribe-confirmation"],
    schemes: ["sns"],
    what: "SNS: an UnsubscribeConfirmation",
    ours: "accepted",
    why: "AWS signs its Token and SubscribeURL too; sns-validator leaves the token out.",
  },
  {
    cases: ["url-escapes-decoded-before-signing"],
    schemes: ["hubspot-v3"],
    what: "HubSpot v3: a URL with escapes",
    ours: "accepted",
    why: "HubSpot undoes twelve escapes before it signs, as its documentation says; its library does not.",
  },
];

/** The whole page. */
export function schemeDocs(): string {
  return `${[HEAD, ...SCHEMES.map(section), OWN, "## Where hooks is stricter than the provider's library", STRICTER, differenceTable()].join("\n\n")}\n`;
}

const HEAD = `# Signature schemes

<!-- Made from the records in src/core/signing/schemes by \`node commands/write-scheme-docs.ts\`. -->

What \`--scheme\` of \`hooks sign\` and \`hooks verify\` takes, and the first argument of \`sign\` and \`verify\` in programs.
\`hooks verify --scheme auto\` takes the one that the headers fit, one of \`--scheme-file\` too, and refuses when several do. Every
signature is compared in constant time, over the bytes as they came; several secrets may be given, any of which may have
signed. \`{timestamp}\` is the text that was sent.`;

function section(scheme: Scheme): string {
  const { name, title, aliases = [], content, algorithm, id, timestamp, notes = [] } = scheme;
  const needs = neededParts(scheme);
  const rows: [string, string | undefined][] = [
    ["names", [name, ...aliases].map(code).join(", ")],
    ["signature", code(signaturePlace(scheme))],
    ["id", id && code(id.headers[0]!)],
    ["time", timestamp && timePlace(timestamp)],
    ["signed", algorithm === "token" ? "nothing: the secret is sent" : code(content)],
    ["algorithm", algorithm],
    ["secret", secretForm(scheme)],
    ["age", ageLimits(scheme) ?? "any"],
    ["also needed", needs.length === 0 ? undefined : needs.map((part) => code(`--${part}`)).join(", ")],
  ];
  const lines = rows.flatMap(([label, value]) =>
    value === undefined ? [] : [`| ${label} | ${value.replaceAll("|", "\\|")} |`],
  );
  return [`## ${title}`, ["| | |", "|---|---|", ...lines].join("\n"), ...notes].join("\n\n");
}

function timePlace(rule: NonNullable<Scheme["timestamp"]>): string {
  const unit = { s: "unix seconds", ms: "unix milliseconds", iso: "RFC 3339" }[rule.unit];
  if ("headers" in rule) return `${code(rule.headers[0]!)}, ${unit}`;
  return "field" in rule
    ? `${code(`${rule.field}=`)} in the signature's header, ${unit}`
    : `${code(rule.json)} of the body, ${unit}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

const OWN = `## Schemes of your own

\`--scheme-file FILE\` takes a record, a list of them, or \`{"schemes": […]}\`; in programs \`defineScheme(record)\` answers what
\`sign\` and \`verify\` take in place of a name. What is wrong in it is named with its field.

    {
      "name": "acme",
      "signature": { "headers": ["x-acme-signature"], "format": "list", "separator": ",", "pair": "=", "field": "v1" },
      "timestamp": { "field": "t", "unit": "s", "past": 300, "future": 300 },
      "content": "{timestamp}.{body}",
      "algorithm": "hmac-sha256",
      "encoding": "hex",
      "secret": { "decode": "utf8" }
    }

- \`extends\`: the name of a scheme above, whose fields count where the record has none.
- \`signature.format\`: \`raw\`, \`prefixed\` (with \`prefix\`), or \`list\` (with \`separator\`, \`pair\`, \`field\`). In place of \`headers\`,
  \`json\` is a path in the body. \`signature.also\`: further headers, of which any may match.
- \`id.headers\`; \`timestamp.headers\`, \`.field\` (in the list) or \`.json\`; \`timestamp.unit\`: \`s\`, \`ms\` or \`iso\`; \`past\` and \`future\`
  in seconds, without which that side is not judged.
- \`content\`: \`{id}\`, \`{timestamp}\`, \`{method}\`, \`{url}\`, \`{secret}\`, \`{json:path}\`, \`{body}\` and text between them.
- \`algorithm\`: \`hmac-sha1\`, \`hmac-sha256\`, \`hmac-sha512\`, \`sha256\`, \`ed25519\`, \`ecdsa-p256-sha256\`, \`token\`; \`encoding\`: \`hex\`,
  \`base64\`, \`base64url\`; \`secret.decode\`: \`utf8\`, \`base64\`, \`hex\`, \`pem\`, after \`secret.prefix\`.
- \`require\`: headers that must have exactly this value.`;

const STRICTER = `In the test vectors the provider's own library gives another verdict than hooks for these. Vectors are named without
their scheme.`;

function differenceTable(): string {
  const rows = DIFFERENCES.map(
    ({ cases, schemes, what, ours, why }) =>
      `| ${what} | ${ours} | ${why} | ${schemes.join(", ")} | ${cases.map(code).join(", ")} |`,
  );
  return ["| message | here | why | otherwise in the library of | vectors |", "|---|---|---|---|---|", ...rows].join(
    "\n",
  );
}
