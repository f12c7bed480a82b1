import type { BadInput, Surface } from "../../support/bad-inputs.ts";
import type { CorpusInput } from "./corpus-request.ts";
import { BAD_PURGES } from "./own-bad-purges.ts";

// More of the kind of test/fixtures/bad-inputs.json: what its entries have beside them by the same rule.

type Row = [name: string, input: CorpusInput, field: string | null, ...statuses: number[]];

const HEAD = "Host: 127.0.0.1\r\nAuthorization: Bearer VALIDKEY\r\nContent-Type: application/json\r\n";
const BODY = '{"type":"order.created","data":1}';
const event = { type: "order.created", data: { id: 1 } };
const subscription = { url: "https://hooks.example.com/in", events: ["order.created"] };

function raw(text: string): CorpusInput {
  return { raw_http: text };
}

/** A POST whose framing is wrong. */
function framed(lines: string, body = BODY): CorpusInput {
  return raw(`POST /v1/events HTTP/1.1\r\n${HEAD}${lines}\r\n\r\n${body}`);
}

const HTTP: Row[] = [
  ["Bearer without a key", { request: "GET /v1/events", headers: { authorization: "Bearer" } }, "authorization", 401],
  [
    "two keys in one header",
    { request: "GET /v1/events", headers: { authorization: "Bearer VALIDKEY, Bearer VALIDKEY" } },
    "authorization",
    401,
  ],
  [
    "key with a letter beyond ASCII",
    { request: "GET /v1/events", headers: { authorization: "Bearer VALIDKEYé" } },
    "authorization",
    401,
  ],
  [
    "key in a cookie",
    { request: "GET /v1/events", headers: { authorization: null, cookie: "token=VALIDKEY" } },
    "authorization",
    401,
  ],
  [
    "key of another scheme's name",
    { request: "GET /v1/events", headers: { authorization: "Token VALIDKEY" } },
    "authorization",
    401,
  ],
  [
    "content-length and chunks (smuggling)",
    framed("Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\nGET /v1/meta HTTP/1.1\r\n\r\n"),
    null,
    400,
  ],
  ["chunked twice", framed("Transfer-Encoding: chunked, chunked"), null, 400, 408, 0],
  ["an encoding that ends like chunked", framed("Transfer-Encoding: xchunked"), null, 400],
  ["chunked, then another encoding", framed("Transfer-Encoding: chunked, identity"), null, 400],
  ["negative content-length", framed("Content-Length: -1"), null, 400],
  ["content-length with a sign", framed("Content-Length: +33"), null, 400],
  ["content-length in hex", framed("Content-Length: 0x21"), null, 400],
  ["two values in one content-length", framed("Content-Length: 33, 34"), null, 400],
  ["a space before the colon", framed("Content-Length : 33"), null, 400],
  ["a header folded over two lines", framed("X-A: 1\r\n 2\r\nContent-Length: 33"), null, 400],
  ["a header without a colon", framed("X-A\r\nContent-Length: 33"), null, 400],
  ["a header without a name", framed(": a\r\nContent-Length: 33"), null, 400],
  ["NUL in a header", framed("X-A: a\u0000b\r\nContent-Length: 33"), null, 400],
  ["a lone carriage return in a header", framed("X-A: a\rX-B: b\r\nContent-Length: 33"), null, 400],
  ["a chunk whose size is no number", framed("Transfer-Encoding: chunked", "zz\r\n"), null, 400],
  ["a chunk of 2^64 bytes", framed("Transfer-Encoding: chunked", "10000000000000000\r\n"), null, 400, 413],
  ["a chunk with a negative size", framed("Transfer-Encoding: chunked", "-1\r\n"), null, 400],
  [
    "a chunk extension without end",
    framed("Transfer-Encoding: chunked", `1;${"a".repeat(40_000)}\r\n`),
    null,
    400,
    413,
    431,
  ],
  ["HTTP/2", raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), null, 400, 505],
  ["HTTP/3.7", raw(`GET /v1/events HTTP/3.7\r\n${HEAD}\r\n`), null, 400, 505],
  ["TLS on a plain port", raw("\u0016\u0003\u0001\u0000\u0005\u0001\u0000\u0000\u0001\u0000"), null, 400],
  ["a method of small letters", raw(`get /v1/events HTTP/1.1\r\n${HEAD}\r\n`), null, 400],
  ["a method that nobody knows", raw(`FROB /v1/events HTTP/1.1\r\n${HEAD}\r\n`), null, 400, 405],
  ["CONNECT", raw(`CONNECT 169.254.169.254:80 HTTP/1.1\r\n${HEAD}\r\n`), null, 400, 404, 405, 421, 0],
  ["TRACE", raw(`TRACE /v1/events HTTP/1.1\r\n${HEAD}\r\n`), null, 400, 404, 405],
  [
    "a target that is another server's",
    raw(`GET https://127.0.0.2/v1/events HTTP/1.1\r\n${HEAD}\r\n`),
    "host",
    400,
    421,
  ],
  ["NUL in the path", raw(`GET /v1/events\u0000 HTTP/1.1\r\n${HEAD}\r\n`), null, 400],
  ["a path with two slashes", { request: "GET //v1/events" }, null, 404],
  ["a path in capitals", { request: "GET /V1/EVENTS" }, null, 404],
  ["a path that goes up", { request: "GET /v1/../v1/events" }, null, 400, 404],
  ["an encoded slash in an id", { request: "GET /v1/events/a%2Fb" }, "id", 404],
  ["an encoded NUL in an id", { request: "GET /v1/events/%00" }, "id", 404],
  ["an id of 4,000 characters", { request_gen: { prefix: "GET /v1/events/", unit: "a", n: 4_000 } }, "id", 404],
  [
    "a body on a request that takes none",
    { request: "POST /v1/subscriptions/sub_1/pause", json: { a: 1 } },
    "body",
    400,
    404,
  ],
  [
    "a charset that is none",
    { request: "POST /v1/events", headers: { "content-type": "application/json; charset=utf-7" }, json: event },
    "content-type",
    415,
  ],
  [
    "a kind that begins like JSON",
    { request: "POST /v1/events", headers: { "content-type": "application/jsonx" }, json: event },
    "content-type",
    415,
  ],
  [
    "multipart",
    { request: "POST /v1/events", headers: { "content-type": "multipart/form-data; boundary=a" }, raw: "--a--" },
    "content-type",
    415,
  ],
  ["no kind", { request: "POST /v1/events", headers: { "content-type": null }, json: event }, "content-type", 415],
  ["br", { request: "POST /v1/events", headers: { "content-encoding": "br" }, json: event }, "content-encoding", 415],
  [
    "gzip in capitals",
    { request: "POST /v1/events", headers: { "content-encoding": "GZIP" }, json: event },
    "content-encoding",
    415,
  ],
  ["Host with a user", { request: "GET /v1/events", headers: { host: "a@127.0.0.1" } }, "host", 400, 421],
  ["Host with another port", { request: "GET /v1/events", headers: { host: "127.0.0.1:1" } }, "host", 421],
  ["Host in decimal", { request: "GET /v1/events", headers: { host: "2130706433" } }, "host", 421],
  ["Host with a dot behind", { request: "GET /v1/events", headers: { host: "localhost." } }, "host", 421],
  ["Host below localhost", { request: "GET /v1/events", headers: { host: "evil.localhost" } }, "host", 421],
  [
    "an origin that ends like ours",
    { request: "GET /v1/events", headers: { origin: "http://evil-127.0.0.1" } },
    "origin",
    403,
  ],
  ["an origin of a file", { request: "GET /v1/events", headers: { origin: "file://" } }, "origin", 403],
  [
    "Sec-Fetch-Site: same-site",
    { request: "GET /v1/events", headers: { "sec-fetch-site": "same-site" } },
    "sec-fetch-site",
    403,
  ],
  [
    "a tenant that is another's",
    { request: "GET /v1/events", headers: { "hooks-tenant": "acme" } },
    "Hooks-Tenant",
    403,
  ],
  [
    "a tenant that is no name",
    { request: "GET /v1/events", headers: { "hooks-tenant": "../acme" } },
    "Hooks-Tenant",
    400,
  ],
  [
    "two environments",
    {
      request: "GET /v1/events",
      headers_raw: [
        ["hooks-environment", "production"],
        ["hooks-environment", "development"],
      ],
    },
    "Hooks-Environment",
    400,
  ],
];

/** A subscription with one field that is wrong. */
const FIELDS: [name: string, change: object, field: string, ...statuses: number[]][] = [
  ["a URL with a backslash", { url: "https://hooks.example.com\\@evil.example/" }, "url", 422],
  ["a URL with a tab", { url: "https://hooks.exam\tple.com/" }, "url", 422],
  ["a URL with a line break at its end", { url: "https://hooks.example.com/\n" }, "url", 422],
  ["a URL with a soft hyphen", { url: "https://hooks.exam\u00adple.com/" }, "url", 422],
  ["a URL without a host", { url: "https:///in" }, "url", 422],
  ["a URL of a script", { url: "javascript:alert(1)" }, "url", 422],
  ["a URL of a file", { url: "file:///etc/passwd" }, "url", 422],
  ["a URL of another protocol", { url: "gopher://hooks.example.com/" }, "url", 422],
  ["a URL with a bracket", { url: "https://[::1/" }, "url", 422],
  ["a URL with port 65536", { url: "https://hooks.example.com:65536/" }, "url", 422],
  ["a URL with a name only", { url: "https://user@hooks.example.com/" }, "url", 422],
  ["a URL with an escape in its host", { url: "https://hooks%2eexample.com/" }, "url", 422],
  ["a URL that is a list", { url: ["https://hooks.example.com/"] }, "url", 422],
  ["a URL that is plain in production", { url: "http://hooks.example.com/" }, "url", 422],
  ["events that are a text", { events: "order.created" }, "events", 422],
  ["events in events", { events: [["order.created"]] }, "events[0]", 422],
  ["a pattern with a star inside", { events: ["order.*.created"] }, "events[0]", 422],
  ["a pattern of two stars", { events: ["**"] }, "events[0]", 422],
  ["101 patterns", { events: Array.from({ length: 101 }, (_, n) => `a.n${n}`) }, "events", 422],
  ["a name of 256 characters", { name: "a".repeat(256) }, "name", 422],
  ["a description of 1,025 characters", { description: "a".repeat(1_025) }, "description", 422],
  ["concurrency 0", { concurrency: 0 }, "concurrency", 422],
  ["concurrency 1.5", { concurrency: 1.5 }, "concurrency", 422],
  ["concurrency 1e9", { concurrency: 1e9 }, "concurrency", 422],
  ["a time-out of 0", { timeout_ms: 0 }, "timeout_ms", 422],
  ["a time-out of 301 s", { timeout_ms: 301_000 }, "timeout_ms", 422],
  ["excerpts of 16,385 characters", { excerpt_chars: 16_385 }, "excerpt_chars", 422],
  ["excerpts of -1 characters", { excerpt_chars: -1 }, "excerpt_chars", 422],
  ["excerpts of half a character", { excerpt_chars: 0.5 }, "excerpt_chars", 422],
  ["excerpts that are a text", { excerpt_chars: "1000" }, "excerpt_chars", 422],
  ["a rate of 0", { rate_limit: "0/s" }, "rate_limit", 422],
  ["a rate per fortnight", { rate_limit: "1/fortnight" }, "rate_limit", 422],
  ["a jitter of 2", { retry: { strategy: "list", delays: ["5s"], jitter: 2 } }, "retry.jitter", 422],
  ["21 attempts", { retry: { strategy: "linear", max_attempts: 21 } }, "retry.max_attempts", 422],
  ["a schedule that nobody knows", { retry: "acme" }, "retry", 422],
  ["a strategy that nobody knows", { retry: { strategy: "__proto__" } }, "retry.strategy", 422],
  [
    "21 headers",
    { headers: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`x-${n}`, "a"])) },
    "headers",
    422,
  ],
  ["a header of 4,097 bytes", { headers: { "x-a": "a".repeat(4_097) } }, "headers.x-a", 422],
  ["a header twice in different case", { headers: { "x-a": "1", "X-A": "2" } }, "headers.X-A", 422],
  ["a header of a proxy", { headers: { "Proxy-Authorization": "a" } }, "headers.Proxy-Authorization", 422],
  ["a header Transfer-Encoding", { headers: { "transfer-encoding": "chunked" } }, "headers.transfer-encoding", 422],
  ["a masked header of a new subscription", { headers: { "x-a": "***" } }, "headers.x-a", 422],
  ["headers that are a list", { headers: [["x-a", "1"]] }, "headers", 422],
  ["a secret of 65 bytes", { secret: `whsec_${Buffer.alloc(65, 1).toString("base64")}` }, "secret", 422],
  ["a secret of 23 bytes", { secret: `whsec_${Buffer.alloc(23, 1).toString("base64")}` }, "secret", 422],
  ["a secret in the URL's base64", { secret: "whsec_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_" }, "secret", 422],
  ["a profile that nobody knows", { profile: "constructor" }, "profile", 422],
  ["a profile that is a number", { profile: 5 }, "profile", 422],
  [
    "a secret of 256 characters in a profile that takes any text",
    { profile: "aegisx", secret: "a".repeat(256) },
    "secret",
    422,
  ],
  ["a secret of nothing but blanks", { profile: "dotmac", secret: "   " }, "secret", 422],
  ["a time-out of 4 s in dotmac", { profile: "dotmac", timeout: "4s" }, "timeout", 422],
  [
    "a header that is the profile's",
    { profile: "aegisx", headers: { "X-Webhook-Event": "a" } },
    "headers.X-Webhook-Event",
    422,
  ],
  [
    "a header that is the profile's for the next secret",
    { profile: "arsmedica", headers: { "x-signature-next": "a" } },
    "headers.x-signature-next",
    422,
  ],
  ["a handshake with a URL", { handshake: { origin: "https://a.example" } }, "handshake.origin", 422],
  ["a handshake with a line break", { handshake: { origin: "a.example\r\nx: y" } }, "handshake.origin", 422],
  ["a handshake without a name", { handshake: {} }, "handshake.origin", 422],
  ["a handshake for 0 a minute", { handshake: { origin: "a.example", rate: 0 } }, "handshake.rate", 422],
  ["a handshake that is a text", { handshake: "a.example" }, "handshake", 422],
  ["an order and batches", { order_by: "/id", batch: { max_events: 10 } }, "batch", 422],
  ["a pointer that is none", { order_by: "/a~2" }, "order_by", 422],
  ["a filter that ends too early", { filter: "data.amount >" }, "filter", 400],
  ["an empty filter", { filter: "" }, "filter", 400],
  ["a filter that is no text", { filter: { $where: "sleep(1000)" } }, "filter", 400, 422],
  ["a filter that is too long", { filter: `data.a == "${"x".repeat(2_000)}"` }, "filter", 400, 422],
  ["a filter with too many parts", { filter: "data.a || ".repeat(150).concat("true") }, "filter", 400],
  ["a filter that is nested too deeply", { filter: `${"(".repeat(100)}true${")".repeat(100)}` }, "filter", 400],
  ["a filter with a regular expression", { filter: "data.a.matches('(a+)+$')" }, "filter", 400],
  ["a filter whose work grows with the square", { filter: "data.a.all(x, data.a.all(y, x != y))" }, "filter", 400],
  ["a filter that reaches for a prototype", { filter: "event.constructor.constructor('return 1')()" }, "filter", 400],
  ["a filter that is no condition", { filter: "'text'" }, "filter", 400],
  ["a filter with a number that JSON cannot hold", { filter: "data.id == 9007199254740993" }, "filter", 400],
  ["a filter for what hooks tells of itself", { events: ["hooks.*"], filter: "true" }, "filter", 400],
  ["batches of one", { batch: { max_events: 1 } }, "batch.max_events", 422],
  ["a misspelt part of a part", { auto_disable: { failure: 5 } }, "auto_disable.failure", 422],
  ["metadata that is null in a list", { metadata: [null] }, "metadata", 422],
  ["an environment that is another's", { environment: "staging" }, "environment", 403],
  ["an environment that is no name", { environment: "Prod" }, "environment", 422],
];

const EVENTS: [name: string, change: object, field: string, ...statuses: number[]][] = [
  ["a type of hooks' own", { type: "hooks.subscription.disabled" }, "type", 422],
  ["a type of 129 characters", { type: "a".repeat(129) }, "type", 422],
  ["a type that ends with a dot", { type: "order." }, "type", 422],
  ["a type with a line break at its end", { type: "order.created\n" }, "type", 422],
  ["a type in full-width letters", { type: "ｏｒｄｅｒ" }, "type", 422],
  ["an id of 129 characters", { id: "a".repeat(129) }, "id", 422],
  ["an id with a line break at its end", { id: "evt_2\n" }, "id", 422],
  ["an id that is a number", { id: 5 }, "id", 422],
  ["a timestamp before 1970", { timestamp: "1969-12-31T23:59:59Z" }, "timestamp", 422],
  ["a timestamp without an offset", { timestamp: "2026-01-31T12:00:00" }, "timestamp", 422],
  ["a timestamp at 24:00", { timestamp: "2026-01-31T24:00:00Z" }, "timestamp", 422],
  ["a timestamp in words", { timestamp: "Sat, 31 Jan 2026 12:00:00 GMT" }, "timestamp", 422],
  ["a timestamp in a year of five digits", { timestamp: "12026-01-31T12:00:00Z" }, "timestamp", 422],
  ["metadata that is a list", { metadata: [1] }, "metadata", 422],
  ["metadata that is a text", { metadata: "a" }, "metadata", 422],
  ["a version that is a number", { version: 1 }, "version", 422],
  ["a tenant that is another's", { tenant: "acme" }, "tenant", 403],
  ["a tenant with a capital", { tenant: "Acme" }, "tenant", 422],
];

const LISTS: Row[] = [
  "limit=201",
  "limit=%EF%BC%95",
  "limit=+5",
  "limit=5%20",
  "limit=NaN",
  "since=-5",
  "since=1e9",
  "since=2026-02-30",
  "since=99999999999d",
  "type=%2A%2A",
  "type=order.",
  "type=a&type=b",
  "cursor=cjA",
  "cursor=cjE%3D",
  "cursor=cjE5MDA3MTk5MjU0NzQwOTkz",
  "constructor=1",
  "LIMIT=5",
].map((query): Row => [`events?${query}`, { request: `GET /v1/events?${query}` }, /^(\w+)=/.exec(query)![1]!, 422]);

const BATCHES: Row[] = [
  ["1,001 events", { json: { events: Array.from({ length: 1_001 }, () => event) } }, "events", 413, 422],
  ["events that are null", { json: { events: null } }, "events", 422],
  ["no events", { json: {} }, "events", 422],
  ["something beside the events", { json: { events: [event], atomic: true } }, "atomic", 422],
  ["a list of events", { json: [event] }, null, 400, 422],
  ["an event that is a list, atomically", { json: { events: [[event]] }, query: "?atomic=true" }, "events[0]", 422],
  [
    "the same id with two contents, atomically",
    {
      json: {
        events: [
          { ...event, id: "evt_9" },
          { ...event, id: "evt_9", data: 2 },
        ],
      },
      query: "?atomic=true",
    },
    "events[1].id",
    409,
    422,
  ],
  ["atomic=yes", { json: { events: [event] }, query: "?atomic=yes" }, "atomic", 422],
  ["an Idempotency-Key", { json: { events: [event] }, headers: { "idempotency-key": "a" } }, "idempotency-key", 422],
];

const EXPLAIN: Row[] = [
  ["why without an event", { request: "GET /v1/why" }, "event", 400],
  ["why of an event that is not there", { request: "GET /v1/why?event=evt_zzz" }, "event", 404],
  ["why of another tenant's event", { request: "GET /v1/why?event=evt_OTHER_TENANT" }, "event", 404],
  ["why with an unknown parameter", { request: "GET /v1/why?event=evt_1&sub=x" }, "sub", 400],
  [
    "why of a subscription that is not there",
    { request: "GET /v1/why?event=evt_1&subscription=x" },
    "subscription",
    404,
  ],
  ["why of two events", { request: "GET /v1/why?event=evt_1&event=evt_2" }, "event", 400],
];

/** What the catalogue of event types refuses. */
const TYPES: [name: string, change: object, field: string, ...statuses: number[]][] = [
  ["a name with a space", { name: "order paid" }, "name", 400],
  ["a name of hooks' own", { name: "hooks.order" }, "name", 400],
  ["no name", { name: undefined }, "name", 400],
  ["a name that is a list", { name: ["a"] }, "name", 400],
  ["an unknown field", { shcema: {} }, "shcema", 400],
  ["a schema that is a text", { schema: "{}" }, "schema", 400],
  ["a schema of no type", { schema: { type: "objekt" } }, "schema.type", 400],
  ["a schema elsewhere", { schema: { $ref: "http://169.254.169.254/latest" } }, "schema.$ref", 400],
  ["a schema in a file", { schema: { $ref: "file:///etc/passwd" } }, "schema.$ref", 400],
  ["a schema in a circle", { schema: { allOf: [{ $ref: "#" }] } }, "schema", 400],
  ["a pattern that looks ahead", { schema: { pattern: "^(?=.*a).*$" } }, "schema.pattern", 400],
  ["a pattern that refers back", { schema: { pattern: "(a+)\\1" } }, "schema.pattern", 400],
  ["a pattern of a million states", { schema: { pattern: "((a{99}){99}){99}" } }, "schema.pattern", 400],
  ["a schema of too many schemas", { schema: { allOf: Array.from({ length: 5_001 }, () => ({})) } }, "schema", 400],
  ["a schema that is too large", { schema: { const: "x".repeat(263_000) } }, "schema", 413],
  ["an example that does not fit", { schema: { type: "string" }, example: 5 }, "example", 400],
  ["a version with a slash", { version: "1/2" }, "version", 400],
  ["too many tags", { tags: Array.from({ length: 21 }, (_, at) => `t${at}`) }, "tags", 400],
  ["a tag with a line break", { tags: ["a\nb"] }, "tags[0]", 400],
  ["a description over several lines", { description: "a\nb" }, "description", 400],
  ["a conversion to nowhere", { version: "2", down: { to: "1", steps: [] } }, "down.to", 400],
  ["a conversion by code", { version: "2", down: { steps: "data => data" } }, "down.steps", 400],
];

const type = { name: "order.created" };

/** What a source refuses. */
const SOURCES: [name: string, change: object, field: string, ...statuses: number[]][] = [
  ["no name", { name: undefined }, "name", 400],
  ["a name with a slash", { name: "a/b" }, "name", 400],
  ["a name in capitals", { name: "GitHub" }, "name", 400],
  ["a name of hooks' own", { name: "hooks" }, "name", 400],
  ["no scheme", { scheme: undefined }, "scheme", 400],
  ["a scheme that there is not", { scheme: "githbu" }, "scheme", 400],
  ["an empty secret", { secret: "" }, "secret", 400],
  ["a secret that the scheme cannot read", { scheme: "standard-webhooks", secret: "whsec_!" }, "secret", 400],
  ["no secret where the sender makes it", { scheme: "stripe" }, "secret", 400],
  ["a secret for no scheme", { scheme: "none", secret: "x" }, "secret", 400],
  ["an unknown field", { secrte: "x" }, "secrte", 400],
  ["a prefix of hooks' own", { prefix: "hooks.a" }, "prefix", 400],
  ["a prefix with a blank", { prefix: "a b" }, "prefix", 400],
  ["a place that is none", { type_from: "a b" }, "type_from", 400],
  ["a pointer with a bad escape", { id_from: "/a~2" }, "id_from", 400],
  ["a header as data", { data_from: "x-data" }, "data_from", 400],
  ["a map that is a list", { map: [["a", "b"]] }, "map", 400],
  ["a map to hooks' own", { map: { a: "hooks.b" } }, "map.a", 400],
  ["a map to no type", { map: { a: "b c" } }, "map.a", 400],
  ["a mode that there is not", { mode: "lvie" }, "mode", 400],
  ["a live time-out that is too long", { live_timeout: "1h" }, "live_timeout", 400],
  ["a handshake that there is not", { handshake: "slak" }, "handshake", 400],
  ["an origin with a path", { allow_origins: ["a/b"] }, "allow_origins[0]", 400],
  ["a topic with a blank", { topics: ["a b"] }, "topics[0]", 400],
  ["a tolerance below zero", { tolerance: "-1s" }, "tolerance", 400],
  ["a URL of another kind", { url: "ftp://example.com/" }, "url", 400],
  ["a URL with a query", { url: "https://example.com/in/a?b" }, "url", 400],
  ["a rate of nothing", { rate_limit: "0/s" }, "rate_limit", 400],
  ["a description over several lines", { description: "a\nb" }, "description", 400],
  ["enabled as a text", { enabled: "yes" }, "enabled", 400],
];

function sourceRows(): Row[] {
  return SOURCES.map(([name, change, field, ...statuses]) => [
    `source: ${name}`,
    { request: "POST /v1/sources", json: { name: "made", scheme: "github", ...change } },
    field,
    ...statuses,
  ]);
}

function typeRows(): Row[] {
  return TYPES.map(([name, change, field, ...statuses]) => [
    `event type: ${name}`,
    { request: "POST /v1/event-types", json: { ...type, ...change } },
    field,
    ...statuses,
  ]);
}

const schema = { name: "order.json", content: { title: "order.created", type: "object" } };
/** What may not be in an import of event types. */
const IMPORTS: [name: string, body: object, field: string, ...statuses: number[]][] = [
  ["nothing to import", {}, "documents", 400],
  ["a pack and documents", { pack: "foresight", documents: [schema] }, "documents", 400],
  ["a pack that is none", { pack: "foresigth" }, "pack", 400],
  ["a pack that is a path", { pack: "../../etc/passwd" }, "pack", 400],
  ["a pack that is a number", { pack: 5 }, "pack", 400],
  ["no documents", { documents: [] }, "documents", 400],
  ["documents that are one", { documents: schema }, "documents", 400],
  ["a document that is a text", { documents: ["{}"] }, "documents[0]", 400],
  ["an unknown field", { pack: "foresight", replce: true }, "replce", 400],
  ["two ways to take it", { pack: "foresight", replace: true, as_new_version: true }, "as_new_version", 400],
  ["replace that is a text", { pack: "foresight", replace: "yes" }, "replace", 400],
];

function importRows(): Row[] {
  return IMPORTS.map(([name, json, field, ...statuses]) => [
    `event type import: ${name}`,
    { request: "POST /v1/event-types/import", json },
    field,
    ...statuses,
  ]);
}

function entries(surface: Surface, rows: readonly Row[]): BadInput<CorpusInput>[] {
  return rows.map(([name, input, field, ...status], at) => ({
    id: `${surface}-${at + 1}`,
    surface,
    name,
    input,
    expect: { outcome: "reject", status, field },
  }));
}

function changed(base: object, rows: readonly [string, object, string, ...number[]][]): Row[] {
  return rows.map(([name, change, field, ...statuses]) => [name, { json: { ...base, ...change } }, field, ...statuses]);
}

export const OWN_BAD_INPUTS: readonly BadInput<CorpusInput>[] = [
  ...entries("http", HTTP),
  ...entries("http", typeRows()),
  ...entries("http", sourceRows()).map((entry) => ({ ...entry, id: `source-${entry.id}` })),
  ...entries("http", importRows()).map((entry) => ({ ...entry, id: `import-${entry.id}` })),
  ...entries("create_subscription", changed(subscription, FIELDS)),
  ...entries("publish_event", changed(event, EVENTS)),
  ...entries("publish_batch", BATCHES),
  ...entries("list", LISTS),
  ...entries(
    "http",
    BAD_PURGES.map(([name, input, field]) => [name, input, field, 400]),
  ).map((entry) => ({ ...entry, id: `purge-${entry.id}` })),
  ...entries("http", EXPLAIN).map((entry) => ({ ...entry, id: `explain-${entry.id}` })),
];
