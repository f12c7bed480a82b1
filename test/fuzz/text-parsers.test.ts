import { isIP } from "node:net";
import { expect } from "vitest";
import { NO_COLORS } from "../../src/cli/color.ts";
import { cutToWidth, displayWidth } from "../../src/cli/display-width.ts";
import { escapeBlock, escapeJson, escapeLeftovers, escapeLine } from "../../src/cli/escape.ts";
import { pair } from "../../src/cli/flag-values.ts";
import { prettyJson } from "../../src/cli/json-text.ts";
import { setPath } from "../../src/cli/set-path.ts";
import { targetUrl } from "../../src/cli/target-url.ts";
import { rowFilter } from "../../src/cli/tui/row-filter.ts";
import { toErrorOfAnswer } from "../../src/client/error-answer.ts";
import { parseAlertRules } from "../../src/core/alert-rule.ts";
import { readDocuments } from "../../src/core/catalogue/documents/document-format.ts";
import { parseCursor, parseMomentCursor, parseSpanCursor } from "../../src/core/cursor.ts";
import { parseAllowedHosts, parsePublicUrl, parseTrustedProxies } from "../../src/core/door-settings.ts";
import { parseDuration } from "../../src/core/duration.ts";
import { formatIp, parseIp } from "../../src/core/egress/ip-address.ts";
import { parseNetEntry } from "../../src/core/egress/net-list.ts";
import { readNetwork } from "../../src/core/egress/network.ts";
import { HooksError } from "../../src/core/errors.ts";
import { checkEventPattern, checkEventType } from "../../src/core/event-pattern.ts";
import { parseExact } from "../../src/core/exact-json.ts";
import { wantedFormat } from "../../src/core/exposition.ts";
import { Filter } from "../../src/core/filter/filter.ts";
import { parseFilter } from "../../src/core/filter/filter-language.ts";
import { FilterSubject } from "../../src/core/filter/filter-subject.ts";
import { parseHostsFile } from "../../src/core/hosts-file.ts";
import { idRange, parseId } from "../../src/core/ids.ts";
import { parseBound, parseInstant } from "../../src/core/instant.ts";
import { checkRawJson, readBatch, readEnvelope, readLines } from "../../src/core/json-envelope.ts";
import { nearest, nearestEventType } from "../../src/core/nearest.ts";
import { parseOrderBy } from "../../src/core/order-key.ts";
import { parseProfiles } from "../../src/core/profiles/profile-file.ts";
import { conditionText, maskedCondition } from "../../src/core/purge-condition.ts";
import { parseRateLimit } from "../../src/core/rate-limit.ts";
import { decodeEvent } from "../../src/core/raw-json.ts";
import { parseRetention, retentionPatch } from "../../src/core/retention.ts";
import { parseRetryAfter } from "../../src/core/retry-after.ts";
import { checkScopeName } from "../../src/core/scope.ts";
import {
  checkApiKey,
  checkContextName,
  parseNameServer,
  parseServer,
  parseShare,
  SETTING_RULES,
} from "../../src/core/setting-rules.ts";
import { shellWord } from "../../src/core/shell-word.ts";
import { parseHeader, parseHeaderFile, parseHttpRequest } from "../../src/core/signing/http-text.ts";
import { parseTimestamp } from "../../src/core/signing/message-time.ts";
import { decodeStandardSecret } from "../../src/core/signing/standard-secret.ts";
import { verify } from "../../src/core/signing/verify.ts";
import { readBody } from "../../src/core/sources/request-body.ts";
import { blankSettings, changedSettings, checkSourceScheme } from "../../src/core/sources/source-settings.ts";
import { checkSourceName } from "../../src/core/sources/source-texts.ts";
import { prefixed, typeText } from "../../src/core/sources/type-text.ts";
import { checkTargetUrl } from "../../src/core/subscription-url.ts";
import { declareEvents } from "../../src/core/typescript/event-declarations.ts";
import { idsOfUuid, uuidOf } from "../../src/core/uuid.ts";
import { parseBatch, parseEvent, parseJson, parseWithRawData } from "../../src/receive/body.ts";
import { printable } from "../../src/receive/http-error.ts";
import { loadMasterKey } from "../../src/service/master-key.ts";
import { parseForwardHeader, parseForwardTarget } from "../../src/stream/forward-target.ts";
import { parseClientFrame, parseServerFrame } from "../../src/stream/protocol.ts";
import { describeParsers, itNoticesSlowParsers, type Parsers } from "./support/parser-table.ts";

// Every parser of text that comes from outside: whatever it is given, it answers or throws an error that is meant for
// whoever gave it, and in time that grows with the text's length only.

const NOW = Date.UTC(2026, 0, 31);
/** As an import reads them, and as TypeScript has them. */
function typesIn(text: string, name: string): unknown {
  const document = { name, value: (parseJson(Buffer.from(text), "json") as object | null) ?? {} };
  return declareEvents(readDocuments([document]));
}

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const EVENT = '{"type":"order.paid","id":"evt_1","data":{"a":[1,2.50,"x\\u0000"]},"metadata":{"by":"x"}}';

const SOURCE = blankSettings("a", "github", undefined);

/** Name → what it does with a text, and texts that are good. */
const TEXTS: Parsers<string> = {
  "types in JSON": {
    parse: (text) => typesIn(text, "x.json"),
    samples: [
      '{"title":"a.b","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"$ref":"#"}}}',
      '{"openapi":"3.1.0","webhooks":{"a.b":{"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}},"components":{"schemas":{"A":{}}}}',
      '{"asyncapi":"3.0.0","channels":{"a":{"messages":{"m":{"name":"a.b","payload":{"items":[{}]}}}}}}',
      '{"format":"hooks-event-types/1","event_types":[{"name":"a.b","schema":{"type":"object"}}]}',
    ],
  },
  duration: { parse: (text) => parseDuration(text, "x"), samples: ["10s", "500ms", "365d", "0s"] },
  "rate limit": { parse: (text) => parseRateLimit(text, "x"), samples: ["10/s", "100000/h"] },
  "Retry-After": {
    parse: (text) => parseRetryAfter(text, NOW),
    samples: ["120", "Wed, 21 Oct 2026 07:28:00 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"],
  },
  instant: { parse: parseInstant, samples: ["2026-01-31T12:00:00.000Z", "2026-01-31T12:00+01:00"] },
  bound: { parse: (text) => parseBound(text, "since", NOW), samples: ["2h", "2026-01-31", "2026-01-31T12:00:00Z"] },
  "event type": { parse: (text) => checkEventType(text, "type"), samples: ["order.paid", "a.b-c.d_e"] },
  "event pattern": { parse: (text) => checkEventPattern(text, "events[0]"), samples: ["order.*", "*", "a.b.c"] },
  "type of a sender": {
    parse: (text) => {
      const type = typeText(text);
      if (type !== undefined) checkEventType(prefixed("src", type), "type");
    },
    samples: ["orders/create", "Push Hook", "jira:issue_created", "a..b"],
  },
  "body of a sender": {
    parse: (text) => {
      for (const kind of ["application/json", "application/x-www-form-urlencoded", undefined]) {
        JSON.parse(Buffer.from(readBody(Buffer.from(text), kind, text).data).toString());
      }
    },
    samples: ['{"type":"a","data":[1]}', "a=1&b=%2F&a=2", "payload=%7B%7D"],
  },
  "place in a sender's request": {
    parse: (text) => changedSettings(SOURCE, { type_from: text, id_from: text }, SOURCE),
    samples: ["/event/type", "x-event", "/a~0b~1c"],
  },
  "URL of a source": {
    parse: (text) => changedSettings(SOURCE, { url: text }, SOURCE),
    samples: ["https://relay.example/in/a", "http://[::1]:80/in/a"],
  },
  "name of a source": { parse: checkSourceName, samples: ["github", "a-1"] },
  "scheme of a source": { parse: checkSourceScheme, samples: ["github", "facebook", "none"] },
  "order by": {
    parse: (text) => parseOrderBy(text, "order_by"),
    samples: ["/order/id", "data.order.id", "*", "/a~0b"],
  },
  filter: {
    parse: (text) => {
      const expression = parseFilter(text, "filter");
      const filter = new Filter(text, expression);
      const event = { id: "e", type: "a.b", timestamp: NOW, version: undefined, metadata: undefined };
      const subject = new FilterSubject({ ...event, data: Buffer.from('{"a":[1,"x"],"b":{"c":null}}') });
      return [filter.outcomeFor(subject), filter.explain(subject)];
    },
    samples: [
      "data.a[0] > 1 && type == 'a.b'",
      "has(data.b.c) || data.?d.orValue(1) in [1, 2]",
      "data.a.exists(x, x == 'x') ? event.timestamp < timestamp('2026-01-31T12:00:00Z') : size(data) == 2",
    ],
  },
  cursor: { parse: parseCursor, samples: ["cjE", "cjEyMw"] },
  "span cursor": { parse: parseSpanCursor, samples: ["YzEwMC4xNTAwLjE3NjcyMjU2MDAwMDA"] },
  "cursor of times": { parse: parseMomentCursor, samples: ["YTEuNQ", "YTE3NjAwMDAwMDAwMDAuNDI"] },
  id: {
    parse: (text) => [parseId("evt", text), idRange("sub", text)],
    samples: ["evt_01kz4y2m7q8v9w0x1y2z3a4b5c", "sub_01kz"],
  },
  "UUID of an id": {
    parse: (text) => {
      const [first] = idsOfUuid("dlv", text);
      if (first !== undefined) expect(uuidOf("dlv", first)).toMatch(/^[0-9a-f-]{14}4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
    },
    samples: ["0199c784-5e20-4ed0-b160-74254b635cf9", "0199C784-5E20-7ED0-0160-74254B635CF9"],
  },
  "file with profiles": {
    parse: (text) => {
      for (const { name, test } of parseProfiles(text, "x.json")) {
        expect(name).toMatch(/^[a-z0-9][a-z0-9_-]{0,63}$/);
        JSON.parse(Buffer.from(test.data(0)).toString());
      }
    },
    samples: [
      '{"name":"acme","envelope":{"a":"{type}","b?":"{metadata.x}"},"scheme":"github","headers":{"X-A":"{id}"}}',
      '[{"name":"b","extends":"aegisx","timeout":"5s","test":{"type":"a.b","data":{}}}]',
    ],
  },
  "scope name": { parse: (text) => checkScopeName(text, "tenant"), samples: ["default", "production-2"] },
  "subscription URL": {
    parse: (text) => checkTargetUrl(text, "url"),
    samples: ["https://example.com/in?a=1", "http://[::1]:80/", "https://bücher.example/"],
  },
  address: {
    parse: (text) => {
      const ip = parseIp(text);
      if (ip !== undefined) expect(parseIp(formatIp(ip))).toEqual(ip);
    },
    samples: ["127.0.0.1", "::ffff:10.0.0.1", "2001:db8::1"],
  },
  network: { parse: readNetwork, samples: ["10.0.0.0/8", "fc00::/7"] },
  "network that is allowed": {
    parse: (text) => parseNetEntry(text, "allow", "--allow-net"),
    samples: ["10.0.0.0/8", "db.internal:8080", "[fc00::1]:80", "127.0.0.1"],
  },
  "network that is denied": {
    parse: (text) => parseNetEntry(text, "deny", "--deny-net"),
    samples: ["0.0.0.0/0", "*.internal", "::1/128"],
  },
  "trusted proxies": {
    parse: (text) => parseTrustedProxies(text, "--trust-proxy"),
    samples: ["10.0.0.0/8,127.0.0.1", "1"],
  },
  "allowed hosts": {
    parse: (text) => parseAllowedHosts(text, "--allow-host"),
    samples: ["hooks.example.com", "a:1,b"],
  },
  "public URL": { parse: (text) => parsePublicUrl(text, "--public-url"), samples: ["https://hooks.example.com/"] },
  "context name": { parse: (text) => checkContextName(text, "--context"), samples: ["prod"] },
  "server URL": {
    parse: (text) => parseServer(text, "--server"),
    samples: ["https://hooks.example.com/x", "http://[::1]:4680"],
  },
  "name server": { parse: (text) => parseNameServer(text, "--dns"), samples: ["9.9.9.9", "[::1]:5353", "2001:db8::1"] },
  "API key": { parse: (text) => checkApiKey(text, "--api-key"), samples: ["hk_abc"] },
  "alert rules": {
    parse: (text) => parseAlertRules(text, "alerts"),
    samples: [
      "failure_count > 10 in 5m",
      "failure_rate > 50% min 5 per subscription, backlog_age > 10m tenant a env b",
    ],
  },
  retention: {
    parse: (text) => parseRetention(text, "--retention"),
    samples: ["events=7d,dead_letters=0", "audit=365d"],
  },
  "retention's change": { parse: (text) => retentionPatch([text], "--retention"), samples: ["events=default"] },
  "condition of a purge": { parse: conditionText, samples: [`data.user_id = "u_1" && data.n == ''' ''' a '''`] },
  "condition as shown": { parse: maskedCondition, samples: [`data.user_id == 'u_1' || data.n = 5`] },
  "Accept of metrics": {
    parse: wantedFormat,
    samples: ["application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"],
  },
  share: { parse: (text) => parseShare(text, "x"), samples: ["0.95", "1"] },
  "forward target": {
    parse: (text) => parseForwardTarget(text, true),
    samples: ["3000", "localhost:3000/x?y=1", "http://[::1]:3000/", "https://a:b@c/"],
  },
  "forward header": { parse: parseForwardHeader, samples: ["x-team: a", "authorization: Bearer x"] },
  "--to": { parse: (text) => targetUrl(text, "--to"), samples: ["3000/x", "localhost:3000", "https://example.com/?a"] },
  "name=value": { parse: (text) => pair("--metadata", text, "="), samples: ["a=b", "a=b=c"] },
  "--set": {
    parse: (text) => setPath({ a: [{ b: 1 }] }, text),
    samples: ["a[0].b=5", "a.1=x", 'c.d={"e":1}', "__proto__.x=1"],
  },
  "header line": { parse: (text) => parseHeader(text, "--header"), samples: ["webhook-id: msg_1", "A:b"] },
  "headers file": {
    parse: (text) => parseHeaderFile(text, "--headers"),
    samples: ["POST /in HTTP/1.1\r\nwebhook-id: msg_1\r\n", '{"a":"b","c":["d","e"]}', '[["a","b"]]'],
  },
  "signed webhook": {
    parse: (text) =>
      verify(
        "standard-webhooks",
        { headers: { "webhook-id": text, "webhook-timestamp": text, "webhook-signature": text }, body: text },
        SECRET,
        { now: 1_760_000_000 },
      ),
    samples: ["v1,AAAA v1,BBBB", "1760000000", "v1,C2FVsBQIhrscChlQIMV+b5sSYspob7oD="],
  },
  timestamp: {
    parse: (text) => (["s", "ms", "iso"] as const).map((unit) => parseTimestamp(text, unit)),
    samples: ["1760000000", "1760000000000", "2026-01-31T12:00:00Z"],
  },
  "signing secret": { parse: decodeStandardSecret, samples: [SECRET, "whsec_AAAA"] },
  "master key": {
    parse: (text) =>
      loadMasterKey(
        { env: { HOOKS_MASTER_KEY: text }, dataDirectory: "/nowhere", random: () => new Uint8Array(32) },
        false,
      ),
    samples: ["0".repeat(64), Buffer.alloc(32, 7).toString("base64")],
  },
  "frame of a listener": {
    parse: parseClientFrame,
    samples: [
      '{"type":"hello","events":["*"],"credit":1}',
      '{"type":"credit","add":1}',
      '{"type":"result","delivery_id":"dlv_1","attempt":1,"status":200,"headers":[["a","b"]],"body":"YQ==","truncated":false,"duration_ms":1}',
    ],
  },
  "frame of a server": {
    parse: parseServerFrame,
    samples: ['{"type":"drain"}', '{"type":"problem","code":"a","message":"b","fatal":true}'],
  },
  "hosts file": {
    parse: (text) => parseHostsFile(text, (one) => isIP(one) !== 0),
    samples: ["127.0.0.1 localhost a # b\n::1 c\r\n"],
  },
  "exact JSON": {
    parse: (text) => {
      try {
        return parseExact(text);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        return undefined;
      }
    },
    samples: ['{"a":[1.10,9007199254740993,1e400]}'],
  },
  "filter of a list": { parse: rowFilter, samples: ["order.* -4xx >100ms failed text", "--a <1s"] },
  "pretty JSON": { parse: (text) => prettyJson(text, NO_COLORS), samples: ['{"a":[1.10,"x"]}'] },
  "answer of a server": {
    parse: (text) =>
      [200, 302, 400, 401, 500].map((status) =>
        toErrorOfAnswer(new URL("http://h/"), true, {
          status,
          headers: { location: text, "retry-after": text },
          body: Buffer.from(text),
        }),
      ),
    samples: ['{"error":{"code":"not_found","message":"x","field":"y","hint":"z"}}', "120"],
  },
  escaping: {
    parse: (text) => [
      escapeLine(text),
      escapeBlock(text),
      escapeJson(text),
      escapeLeftovers(text, true),
      printable(text, 500),
    ],
    samples: ["a\x1b[31mb"],
  },
  width: { parse: (text) => [displayWidth(text), cutToWidth(text, 20)], samples: ["東京 👩‍👩‍👧 क्‍ष", "abc"] },
  "nearest name": {
    parse: (text) => [nearest(text, ["limit", "live"]), nearestEventType(text, ["order.created"])],
    samples: ["limt", "ordr.created"],
  },
  "shell word": { parse: shellWord, samples: ["a b", "it's"] },
  settings: {
    parse: (text) => {
      for (const [key, { check }] of Object.entries(SETTING_RULES)) {
        try {
          check?.(text, key);
        } catch (error) {
          if (!(error instanceof HooksError)) throw error;
        }
      }
    },
    samples: ["4680", "127.0.0.1", "10s", "./hooks.db", "debug"],
  },
};

/** The same for bytes. */
const BYTES: Parsers<Uint8Array> = {
  "JSON text": {
    parse: (bytes) => checkRawJson(bytes, "data"),
    samples: ['{"a":[1,2.5e-3,"\\ud83d",true,null]}', "[[[]]]", '"x"'],
  },
  envelope: { parse: (bytes) => readEnvelope(bytes), samples: [EVENT] },
  batch: { parse: readBatch, samples: [`{"events":[${EVENT},${EVENT}]}`, '{"events":{}}'] },
  NDJSON: { parse: readLines, samples: [`${EVENT}\n${EVENT}\r\n\n`, "{}\n[]"] },
  "event as a body": { parse: (bytes) => parseEvent(bytes, "json"), samples: [EVENT] },
  "batch as a body": {
    parse: (bytes) => {
      for (const format of ["json", "ndjson"] as const) {
        try {
          parseBatch(bytes, format);
        } catch (error) {
          if (!(error instanceof HooksError)) throw error;
          expect(error.code).not.toBe("internal");
        }
      }
    },
    samples: [`{"events":[${EVENT}]}`, `${EVENT}\n${EVENT}\n`],
  },
  "subscription as a body": {
    parse: (bytes) => parseJson(bytes, "json"),
    samples: ['{"url":"https://a/","events":["*"]}'],
  },
  "test as a body": { parse: (bytes) => parseWithRawData(bytes, "json"), samples: ['{"type":"a","data":{"n":1.0}}'] },
  "event from a server": {
    parse: decodeEvent,
    samples: [`{"id":"evt_1","metadata":null,"deliveries":[],"data":{"n":1.0}}`],
  },
  "raw request": {
    parse: (bytes) => parseHttpRequest(bytes, "--request"),
    samples: ["POST /in HTTP/1.1\r\nHost: a\r\nwebhook-id: 1\r\n\r\n{}", "GET / HTTP/1.0\n\n"],
  },
};

describeParsers(TEXTS, BYTES);
itNoticesSlowParsers();
