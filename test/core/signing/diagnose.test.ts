import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diagnose, type NamedSecret } from "../../../src/core/signing/diagnose.ts";
import type { Hint } from "../../../src/core/signing/explain/hint.ts";
import { Trials } from "../../../src/core/signing/explain/trials.ts";
import { findScheme, SCHEMES } from "../../../src/core/signing/registry.ts";
import { sign } from "../../../src/core/signing/sign.ts";
import { suggestSchemes } from "../../../src/core/signing/suggest-scheme.ts";
import { Verifier } from "../../../src/core/signing/verify.ts";
import type { WebhookRequest } from "../../../src/core/signing/webhook-request.ts";
import { bodyFor, keysOf, SAMPLE_REQUEST } from "./support/scheme-samples.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const KEY = Buffer.from(SECRET.slice("whsec_".length), "base64");
/** Of schemes that take it as text. */
const TEXT = "a text, secret";
const NOW = 1_760_000_000;
const PLAIN = "https://hooks.example.com/in";

/** Codes for a message that must be invalid: a wrong signature stays wrong, whatever explains it. */
function explain(scheme: string, request: WebhookRequest, secret: string, others: NamedSecret[] = []): string[] {
  return hintsOf(scheme, request, secret, { others }).map((hint) => hint.code);
}

function hintsOf(
  scheme: string,
  request: WebhookRequest,
  secret: string,
  { tolerance, others = [] }: { tolerance?: number; others?: NamedSecret[] } = {},
): Hint[] {
  const compiled = findScheme(scheme)!;
  const result = new Verifier(compiled, secret, { tolerance }).verify(request, NOW);
  if (result.valid) throw new Error("this request should not be valid");
  const found = diagnose(compiled, request, secret, result, { now: NOW, tolerance, others });
  expect(JSON.stringify(found)).not.toContain(secret);
  return found;
}

/** For a body that was signed as `sent` and arrived as `received`. */
function hints(
  sent: string | Uint8Array,
  received: string | Uint8Array,
  change: Record<string, string> = {},
): string[] {
  const { headers } = sign("standard-webhooks", { body: sent }, SECRET, { id: "msg_1", timestamp: NOW });
  return explain("standard-webhooks", { headers: { ...headers, ...change }, body: Buffer.from(received) }, SECRET);
}

const hmac = (
  key: string | Buffer,
  text: string | Buffer,
  encoding: "hex" | "base64" = "base64",
  hash = "sha256",
): string => createHmac(hash, key).update(text).digest(encoding);

describe("what happened to the body", () => {
  const VALUE = '{"b":"é/<","a":[1.0,{"c":null}]}';

  it.each([
    ["trailing_newline", '{"a":1}', '{"a":1}\n'],
    ["trailing_newline", '{"a":1}', '{"a":1}\r\n'],
    ["missing_newline", '{"a":1}\n', '{"a":1}'],
    ["missing_newline", '{"a":1}\r\n', '{"a":1}'],
    ["line_endings", '{\n"a":1}', '{\r\n"a":1}'],
    ["line_endings", '{\r\n"a":1}', '{\n"a":1}'],
    ["byte_order_mark", '{"a":1}', '\ufeff{"a":1}'],
    ["byte_order_mark", '\ufeff{"a":1}', '{"a":1}'],
    ["outer_whitespace", '{"a":1}', '  {"a":1} \n\n'],
    ["body_reserialized", '{"a":1}', '{ "a": 1 }'],
    ["body_reserialized", '{"b": "é/<", "a": [1.0, {"c": null}]}', VALUE],
    ["body_reserialized", JSON.stringify(JSON.parse(VALUE), undefined, 2).replace("1,", "1.0,"), VALUE],
    ["body_reserialized", JSON.stringify({ a: [1] }, undefined, 4), '{"a":[1]}'],
    ["body_reserialized", JSON.stringify({ a: [1] }, undefined, "\t"), '{"a":[1]}'],
    ["body_reserialized", '{"a":1}\n', '{"a": 1}'],
    ["body_reserialized", '{"b":1,"10":2}', '{\n  "b": 1,\n  "10": 2\n}'],
    ["body_reserialized", '{"b":1,"10":{"raw":"x"}}', '{ "b": 1, "10": { "raw": "x" } }'],
    ["body_key_order", '{"10":2,"9":3,"b":1}', '{ "b": 1, "9": 3, "10": 2 }'],
    ["body_key_order", '{"a":[1.0,{"c":null}],"b":"é/<"}', VALUE],
    ["body_escapes", String.raw`{"b":"\u00e9/<","a":[1.0,{"c":null}]}`, VALUE],
    ["body_escapes", String.raw`{"b": "\u00e9/<", "a": [1.0, {"c": null}]}`, VALUE],
    ["body_escapes", String.raw`{"b":"\u00E9/<","a":[1.0,{"c":null}]}`, VALUE],
    ["body_escapes", String.raw`{"b":"\u00e9\/<","a":[1.0,{"c":null}]}`, VALUE],
    ["body_escapes", String.raw`{"b":"é/\u003c","a":[1.0,{"c":null}]}`, VALUE],
    ["body_encoding", '{"a":"é"}', Buffer.from('{"a":"é"}', "latin1").toString("latin1").replace("é", "Ã©")],
    ["body_encoding", '{"a":"Ã©"}', '{"a":"é"}'],
  ])("finds %s: %j became %j", (code, sent, received) => {
    expect(hints(sent, received)).toEqual([code]);
  });

  it("finds nothing where nothing that it tries would match", () => {
    expect(hints('{"a":1}', '{"a":2}\n')).toEqual([]);
    expect(hints("a", "")).toEqual([]);
    for (const depth of [600, 2_000, 7_000]) {
      expect(hints("a", "[".repeat(depth) + "]".repeat(depth)), `${depth} levels`).toEqual([]);
    }
  });
});

describe("what happened to the secret", () => {
  const message = (key: string | Buffer) => ({
    headers: {
      "webhook-id": "msg_1",
      "webhook-timestamp": String(NOW),
      "webhook-signature": `v1,${hmac(key, `msg_1.${NOW}.{}`)}`,
    },
    body: "{}",
  });

  it.each([
    ["secret_not_decoded", SECRET, SECRET],
    ["secret_not_decoded", SECRET.slice("whsec_".length), SECRET],
    ["secret_not_decoded", "not base64!", "not base64!"],
    ["secret_decoded", Buffer.from("00112233445566778899aabbccddeeff", "hex"), "00112233445566778899aabbccddeeff"],
    ["secret_prefix", Buffer.from("AAECAwQFBgcICQoL", "base64"), "shk_AAECAwQFBgcICQoL"],
    ["secret_whitespace", KEY, ` ${SECRET}`],
    ["secret_whitespace", KEY, `"${SECRET}"`],
  ])("finds %s", (code, key, secret) => {
    expect(explain("standard-webhooks", message(key), secret)).toEqual([code]);
  });

  it.each([
    ["secret_decoded", KEY, SECRET],
    ["secret_prefix", SECRET.slice("whsec_".length), SECRET],
    ["secret_prefix", SECRET, SECRET.slice("whsec_".length)],
    ["secret_whitespace", "abc\n", "abc"],
    ["secret_whitespace", "abc", "'abc'"],
  ])("finds %s where the scheme takes text", (code, key, secret) => {
    const headers = { "stripe-signature": `t=${NOW},v1=${hmac(key, `${NOW}.{}`, "hex")}` };

    expect(explain("stripe", { headers, body: "{}" }, secret)).toEqual([code]);
  });

  it("names the prefix that is missing, and of another spelling of base64 what it lacks", () => {
    const bare = OTHER.slice("whsec_".length);
    const ofOpenai = sign("openai", { body: "{}" }, OTHER, { id: "msg_1", timestamp: NOW });
    const v1a = findScheme("standard-webhooks-v1a")!.scheme;
    const { signing, verifying } = keysOf(v1a);
    const ofV1a = sign(v1a.name, { body: "{}" }, signing, { id: "msg_1", timestamp: NOW });
    const says = (scheme: string, headers: Record<string, string>, secret: string) =>
      hintsOf(scheme, { headers, body: "{}" }, secret);
    const prefix = (name: string) => [
      { code: "secret_prefix", text: `It matches when the secret is taken with "${name}" before it.` },
    ];
    const spelling = [{ code: "secret_spelling", text: expect.stringMatching(/base64 .*padding \(=\)\.$/) }];

    expect(says("openai", ofOpenai.headers, bare)).toEqual(prefix("whsec_"));
    expect(says(v1a.name, ofV1a.headers, verifying.slice("whpk_".length))).toEqual(prefix("whpk_"));
    for (const key of [Buffer.from(Array.from({ length: 32 }, (_, at) => at)), Buffer.alloc(24, 0xfb)]) {
      const { headers } = message(key);
      const unpadded = key.toString("base64url");

      expect(says("standard-webhooks", headers, unpadded)).toEqual(spelling);
      expect(says("standard-webhooks", headers, `whsec_${unpadded}`)).toEqual(spelling);
      expect(says("openai", headers, `whsec_${unpadded}`)).toEqual(spelling);
    }
  });

  it("finds another subscription's secret, and only among those that it is given", () => {
    const others = [
      { name: "shop", secret: "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
      { name: "crm", secret: SECRET },
    ];

    expect(explain("standard-webhooks", message(KEY), OTHER, others)).toEqual(["other_secret"]);
    expect(explain("standard-webhooks", message(KEY), OTHER, others.slice(0, 1))).toEqual([]);
  });

  it("finds two mistakes at once", () => {
    const { headers } = message(SECRET);

    expect(explain("standard-webhooks", { headers, body: "{}\n" }, SECRET)).toEqual([
      "trailing_newline",
      "secret_not_decoded",
    ]);
  });
});

describe("what happened to the headers", () => {
  const { headers } = sign("standard-webhooks", { body: "{}" }, SECRET, { id: "msg_2", timestamp: NOW });
  const right = headers["webhook-signature"]!;
  const other = `v1,${hmac("other", "x")}`;

  it("has a plus, a slash and padding in its example", () => {
    expect(right).toMatch(/\+.*\/|\/.*\+/);
    expect(right).toMatch(/=$/);
  });

  it.each([
    ["header_mangled", right.replaceAll("+", "%2B").replaceAll("=", "%3D")],
    ["header_mangled", right.replaceAll("+", " ")],
    ["header_mangled", `"${right}"`],
    ["header_mangled", `${right.slice(0, 20)}\r\n ${right.slice(20)}`],
    ["header_mangled", `${other},${right}`],
    ["header_mangled", right.slice("v1,".length)],
    ["signature_encoding", right.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")],
    ["signature_encoding", `v1,${Buffer.from(right.slice(3), "base64").toString("hex")}`],
    ["signature_truncated", right.slice(0, 30)],
  ])("finds %s: %j", (code, signature) => {
    expect(
      explain("standard-webhooks", { headers: { ...headers, "webhook-signature": signature }, body: "{}" }, SECRET),
    ).toEqual([code]);
  });

  it.each([
    ["SHA256=", "hex_case"],
    ["", "header_mangled"],
  ])("finds the prefix %j", (prefix, code) => {
    const value = prefix + hmac(TEXT, "{}", "hex");

    expect(explain("github", { headers: { "x-hub-signature-256": value }, body: "{}" }, TEXT)).toEqual([code]);
  });

  it("finds hex in upper case under a prefix that must be lower", () => {
    const headers = { "x-hub-signature-256": `sha256=${hmac(TEXT, "{}", "hex")}`.toUpperCase() };

    expect(explain("github", { headers, body: "{}" }, TEXT)).toEqual(["hex_case"]);
  });
});

describe("what happened to time and id", () => {
  it("finds a time in milliseconds, and not one that is merely ahead", () => {
    expect(hints("{}", "{}", { "webhook-timestamp": String(NOW * 1000) })).toEqual(["timestamp_milliseconds"]);
    expect(hints("{}", "{}", { "webhook-timestamp": String(NOW + 3600) })).not.toContain("timestamp_milliseconds");
  });

  it("finds seconds where milliseconds count, and a unit that was signed but not sent", () => {
    const seconds = { "x-webflow-timestamp": String(NOW), "x-webflow-signature": hmac(TEXT, `${NOW}:{}`, "hex") };
    expect(explain("webflow", { headers: seconds, body: "{}" }, TEXT)).toEqual(["timestamp_milliseconds"]);

    const mixed = { "stripe-signature": `t=${NOW},v1=${hmac(TEXT, `${NOW * 1000}.{}`, "hex")}` };
    expect(explain("stripe", { headers: mixed, body: "{}" }, TEXT)).toEqual(["timestamp_milliseconds"]);
  });

  it("finds id and time that changed places, in the headers and in what is signed", () => {
    const { headers } = sign("standard-webhooks", { body: "{}" }, SECRET, { id: "msg_1", timestamp: NOW });
    const swapped = { ...headers, "webhook-id": String(NOW), "webhook-timestamp": "msg_1" };
    expect(explain("standard-webhooks", { headers: swapped, body: "{}" }, SECRET)).toEqual(["id_timestamp_swapped"]);

    const signature = `v1,${hmac(KEY, `${NOW}.msg_1.{}`)}`;
    expect(hints("{}", "{}", { "webhook-signature": signature })).toEqual(["id_timestamp_swapped"]);
  });

  it.each([
    ["stripe", NOW - 301],
    ["standard-webhooks", NOW - 86_400],
    ["standard-webhooks", NOW + 301],
  ])("says of an old message that only its time is wrong: %s", (scheme, timestamp) => {
    const { headers } = sign(scheme, { body: "{}" }, SECRET, { id: "msg_1", timestamp });

    expect(explain(scheme, { headers, body: "{}" }, SECRET)).toEqual(["outside_tolerance"]);
    expect(explain(scheme, { headers, body: "[]" }, SECRET)).toEqual(["signature_wrong_too"]);
  });

  it.each([
    [NOW - 301, undefined, "by 1 s: the message is 301 s old; at most 300 s is accepted."],
    [NOW + 400, undefined, "by 100 s: the message is dated 400 s ahead of this clock; at most 300 s is accepted."],
    [NOW - 60, 10, "by 50 s: the message is 60 s old; at most 10 s is accepted."],
    [NOW + 3, 0, "by 3 s: the message is dated 3 s ahead of this clock; at most 0 s is accepted."],
  ])("says by how much, and by which limit: %i judged with %s", (timestamp, tolerance, said) => {
    const { headers } = sign("standard-webhooks", { body: "{}" }, SECRET, { id: "msg_1", timestamp });
    const judged = tolerance === undefined ? {} : { tolerance };

    const [hint] = hintsOf("standard-webhooks", { headers, body: "{}" }, SECRET, judged);

    expect(hint?.text).toContain(`The signature itself matches, only its time is outside the limits ${said}`);
  });

  describe("of an old message finds what is wrong besides", () => {
    const timestamp = NOW - 86_400;
    const old = (scheme: string, body: string, secret: string) => ({
      headers: sign(scheme, { body, url: PLAIN, method: "POST" }, secret, { id: "msg_1", timestamp }).headers,
      url: PLAIN,
      method: "POST",
    });

    it.each([
      ["trailing_newline", '{"a":1}\n'],
      ["body_reserialized", '{ "a": 1 }'],
      ["line_endings", '{"a":1}\r\n\r\n', '{"a":1}\n\n'],
    ])("the body: %s", (code, received, sent = '{"a":1}') => {
      const request = { ...old("standard-webhooks", sent, SECRET), body: received };

      const found = hintsOf("standard-webhooks", request, SECRET);

      expect(found.map((hint) => hint.code)).toEqual([code, "outside_tolerance"]);
      expect(found[1]?.text).toMatch(/^Besides, its time is outside the limits by 86100 s: the message is 86400 s old/);
    });

    it("the secret, alone and together with the body", () => {
      const request = old("standard-webhooks", "{}", SECRET);
      const others = [{ name: "shop", secret: SECRET }];
      const notDecoded = {
        ...request.headers,
        "webhook-signature": `v1,${hmac(SECRET, `msg_1.${timestamp}.{}`)}`,
      };

      const of = (body: string, secret: string, headers = request.headers) =>
        explain("standard-webhooks", { headers, body }, secret, secret === OTHER ? others : []);

      expect(of("{}", OTHER)).toEqual(["other_secret", "outside_tolerance"]);
      expect(of("{}", SECRET, notDecoded)).toEqual(["secret_not_decoded", "outside_tolerance"]);
      expect(of("{}\n", SECRET, notDecoded)).toEqual(["trailing_newline", "secret_not_decoded", "outside_tolerance"]);
      expect(explain("standard-webhooks", { ...request, body: "{}" }, OTHER)).toEqual(["signature_wrong_too"]);
    });

    it("the headers, the URL, and the attempt", () => {
      const { headers } = old("standard-webhooks", "{}", SECRET);
      const mangled = { ...headers, "webhook-signature": `"${headers["webhook-signature"]}"` };
      expect(explain("standard-webhooks", { headers: mangled, body: "{}" }, SECRET)).toEqual([
        "header_mangled",
        "outside_tolerance",
      ]);
      const later = { ...headers, "webhook-timestamp": String(timestamp + 7) };
      expect(explain("standard-webhooks", { headers: later, body: "{}" }, SECRET)).toEqual([
        "other_attempt",
        "outside_tolerance",
      ]);
      const hubspot = { ...old("hubspot", "{}", TEXT), body: "{}" };
      expect(explain("hubspot", { ...hubspot, url: PLAIN.replace("https", "http") }, TEXT)).toEqual([
        "other_url",
        "outside_tolerance",
      ]);
    });

    it("but not of one whose time is only in the wrong place, or whose scheme judges no age", () => {
      const swapped = sign("standard-webhooks", { body: "{}" }, SECRET, { id: "1234", timestamp: NOW }).headers;
      const headers = { ...swapped, "webhook-id": String(NOW), "webhook-timestamp": "1234" };
      expect(explain("standard-webhooks", { headers, body: "{}" }, SECRET)).toEqual(["id_timestamp_swapped"]);

      const mixed = { "stripe-signature": `t=${timestamp},v1=${hmac(TEXT, `${timestamp * 1000}.{}`, "hex")}` };
      expect(explain("stripe", { headers: mixed, body: "{}" }, TEXT)).toEqual([
        "timestamp_milliseconds",
        "outside_tolerance",
      ]);
      const { headers: ofSvix } = old("svix", "{}", SECRET);
      const asStripe = { ...ofSvix, "stripe-signature": `t=${timestamp},v1=${"0".repeat(64)}` };
      expect(explain("stripe", { headers: asStripe, body: "{}" }, SECRET)).toEqual([
        "other_scheme",
        "outside_tolerance",
      ]);
      const github = { ...asStripe, "x-hub-signature-256": `sha256=${hmac(TEXT, "{}", "hex")}` };
      expect(explain("stripe", { headers: github, body: "{}" }, TEXT)).toEqual(["other_scheme"]);
    });

    it("read by a scheme's own code, whether it is old or says itself that it has expired", () => {
      const key = KEY.toString("base64");
      const request = old("rfc9421", "{}", key);
      expect(explain("rfc9421", { ...request, body: "{}" }, key)).toEqual(["outside_tolerance"]);
      expect(explain("rfc9421", { ...request, body: "{}\n" }, key)).toEqual(["trailing_newline", "outside_tolerance"]);
      expect(explain("rfc9421", { ...request, body: "{}" }, OTHER.slice("whsec_".length))).toEqual([
        "signature_wrong_too",
      ]);

      const digest = `sha-256=:${createHash("sha256").update("{}").digest("base64")}:`;
      const expired = (expires: number, body: string) => {
        const input = `("content-digest");created=${NOW - 60};expires=${expires};alg="hmac-sha256"`;
        const signed = hmac(KEY, `"content-digest": ${digest}\n"@signature-params": ${input}`);
        const headers = { "content-digest": digest, "signature-input": `a=${input}`, signature: `a=:${signed}:` };
        return explain("rfc9421", { headers, body }, key);
      };
      expect(expired(NOW - 5, "{}")).toEqual(["outside_tolerance"]);
      expect(expired(NOW - 5, "{}\n")).toEqual(["trailing_newline", "outside_tolerance"]);
      expect(expired(NOW + 5, "{}\n")).toEqual(["trailing_newline"]);
    });
  });

  it.each([-5, 120, -300, 299, -3601, 50_400])("finds the signature of an attempt %i s away", (distance) => {
    const { headers } = sign("standard-webhooks", { body: "{}" }, SECRET, { id: "msg_1", timestamp: NOW + distance });

    expect(hints("{}", "{}", { "webhook-signature": headers["webhook-signature"]! })).toEqual(["other_attempt"]);
  });

  it("does not find the signature of another message's attempt", () => {
    const { headers } = sign("standard-webhooks", { body: "{}" }, SECRET, { id: "msg_2", timestamp: NOW });

    expect(hints("{}", "{}", { "webhook-signature": headers["webhook-signature"]! })).toEqual([]);
  });
});

describe("another scheme", () => {
  it("finds the one that the message is of", () => {
    const github = { headers: { "x-hub-signature": `sha256=${hmac(TEXT, "{}", "hex")}` }, body: "{}" };
    expect(explain("intercom", github, TEXT)).toEqual(["other_scheme"]);

    const stripe = { headers: { "stripe-signature": `t=${NOW},v1=${hmac(TEXT, `${NOW}.{}`, "hex")}` }, body: "{}" };
    expect(explain("github", stripe, TEXT)).toEqual(["other_scheme"]);
  });

  it("says whose the headers are, even when the secret is another", () => {
    const stripe = { headers: { "stripe-signature": `t=${NOW},v1=${hmac(TEXT, `${NOW}.{}`, "hex")}` }, body: "{}" };

    expect(explain("github", stripe, "not it")).toEqual(["other_scheme"]);
    expect(explain("github", { headers: {}, body: "{}" }, TEXT)).toEqual([]);
  });

  it.each([
    ["other_content", "{}", "hex", "sha256"],
    ["other_content", `${NOW}{}`, "hex", "sha256"],
    ["other_content", `${NOW}:{}`, "hex", "sha256"],
    ["other_algorithm", `${NOW}.{}`, "hex", "sha512"],
    ["signature_encoding", `${NOW}.{}`, "base64", "sha256"],
  ] as const)("finds %s: %j as %s of %s", (code, text, encoding, hash) => {
    const headers = { "stripe-signature": `t=${NOW},v1=${hmac(TEXT, text, encoding, hash)}` };

    expect(explain("stripe", { headers, body: "{}" }, TEXT)).toEqual([code]);
  });

  it.each([
    ["http://hooks.example.com/in", {}],
    ["https://hooks.example.com/in/", {}],
    ["http://127.0.0.1:3000/in", { "x-forwarded-host": "hooks.example.com" }],
    ["http://127.0.0.1:3000/in", { host: "hooks.example.com" }],
    ["https://hooks.example.com/in?x=1", {}],
  ])("finds the URL that a proxy changed to %s", (url, more) => {
    const headers = { ...more, "x-square-hmacsha256-signature": hmac(TEXT, `${PLAIN}{}`) };

    expect(explain("square", { headers, body: "{}", url }, TEXT)).toEqual(["other_url"]);
    expect(explain("square", { headers, body: "{}", url: "https://elsewhere.example.com/in" }, "x")).toEqual([]);
  });
});

describe("whatever is given", () => {
  it("explains garbage without an exception, and calls nothing valid", () => {
    const name = fc.constantFrom(...SCHEMES.map((scheme) => scheme.name));
    const text = fc.oneof(fc.string(), fc.json(), fc.stringMatching(/^(v1|t|=|,| |[a-f0-9]{8}){1,12}$/));
    fc.assert(
      fc.property(name, text, text, text, text, (scheme, one, two, three, body) => {
        const names = findScheme(scheme)!.scheme.signature;
        const headers = {
          ["headers" in names ? names.headers[0]! : "x"]: one,
          "webhook-id": two,
          "webhook-timestamp": three,
        };
        const request = { headers, body, method: "POST", url: PLAIN };
        const result = new Verifier(findScheme(scheme)!, "abcd").verify(request, NOW);
        if (result.valid) return;

        diagnose(findScheme(scheme)!, request, "abcd", result, { now: NOW });

        expect(new Verifier(findScheme(scheme)!, "abcd").verify(request, NOW)).toEqual(result);
      }),
      { numRuns: 60 },
    );
  });

  it("does bounded work, whatever the size of the body", () => {
    const trialsOf = (bytes: number): number => {
      const trials = new Trials(findScheme("github")!, { headers: {}, body: Buffer.alloc(bytes) }, "abcd");
      let count = 0;
      for (; trials.left > 0; count++) trials.matches({});
      return count;
    };

    expect(trialsOf(100)).toBe(5_000);
    expect(trialsOf(1024 * 1024)).toBe(256);
    expect(trialsOf(40 * 1024 * 1024)).toBe(6);
  });

  it("tries nothing more once that is used up", () => {
    const body = Buffer.alloc(40 * 1024 * 1024, "x");
    const trials = new Trials(
      findScheme("github")!,
      { headers: { "x-hub-signature-256": `sha256=${hmac("s", body, "hex")}` }, body },
      "s",
    );
    const before = trials.matches({});
    while (trials.left > 0) trials.matches({});

    expect([before, trials.matches({})]).toEqual([true, false]);
  });
});

describe("suggestSchemes", () => {
  const named = (headers: Record<string, string>, body = "{}"): string[] =>
    suggestSchemes({ headers, body }).map(({ name }) => name);

  // Schemes that others make their own headers of, and those that have none but a mark's.
  const SHARED: Record<string, Record<string, string>> = {
    github: { "x-github-event": "push" },
    "github-sha1": { "x-github-event": "push" },
    bitbucket: { "x-event-key": "repo:push" },
    jira: { "x-atlassian-webhook-identifier": "1" },
    "gitlab-signed": { "x-gitlab-event": "Push Hook" },
  };
  /** Under another's name, so that only the name can tell. */
  const UNTOLD = [
    "clerk",
    "resend",
    "openai",
    "anthropic",
    "replicate",
    "polar",
    "meta",
    "hubspot-v1",
    "hubspot-v2",
    "okta",
    "auth0",
  ];

  it.each(SCHEMES.filter(({ name }) => !UNTOLD.includes(name)))("knows $name", (scheme) => {
    const body = bodyFor(scheme, "{}", NOW);
    const signed = sign(scheme.name, { ...SAMPLE_REQUEST, body }, keysOf(scheme).signing, {
      id: "msg_1",
      timestamp: NOW,
    });
    const headers = { ...signed.headers, ...SHARED[scheme.name], "content-type": "x" };

    expect(named(headers, signed.body ?? body)).toEqual([scheme.name]);
    expect(named({ "content-type": "x" }, "[]")).toEqual([]);
  });

  it("names all that fit, and does not choose", () => {
    const hub = { "x-hub-signature-256": `sha256=${"0".repeat(64)}` };
    expect(named(hub)).toEqual(["github", "meta"]);
    expect(named({ ...hub, "x-github-event": "push", "x-hub-signature": `sha1=${"0".repeat(40)}` })).toEqual([
      "github",
    ]);
    expect(named({ authorization: "abc" })).toEqual(["okta", "auth0"]);
    expect(named({ ...hub, authorization: "abc", "x-github-event": "push" })).toEqual(["github"]);
  });
});
