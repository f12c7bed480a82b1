// A profile as data: envelope, headers, scheme and defaults. All but `standard` are such records, and so are those that
// users write (profile-file.ts).

import type { ClaimedEvent } from "../delivery.ts";
import { ORIGIN_HEADER } from "../handshake.ts";
import { LOOP_HEADER } from "../loop-mark.ts";
import { prepared } from "../signing/prepared-scheme.ts";
import type { Scheme } from "../signing/scheme.ts";
import { formatStandardSecret } from "../signing/standard-secret.ts";
import { signatureHeaderNames, signatureHeaders } from "./delivery-signature.ts";
import { cloudEventsHeaderValue, headerValue } from "./header-value.ts";
import type {
  Profile,
  ProfileBatch,
  ProfileDefaults,
  ProfileMessage,
  ProfileRequest,
  ProfileRequestContext,
} from "./profile.ts";
import { readSecretOf, type SecretForm, writeSecret } from "./secret-form.ts";
import { readStandardSecret, standardSignatures } from "./standard.ts";
import { compileJson, compileText, type JsonTemplate, Pieces, type TextTemplate } from "./template.ts";

export interface ProfileRecord extends ProfileDefaults {
  name: string;
  title: string;
  form: WireForm;
  /** Of several events in one request. Left out: an array of envelopes. */
  batch?: WireForm;
  test: { type: string; data: unknown; form?: WireForm };
  scheme: Scheme;
  /** Names of headers that are not in `form` as they are written, where that is not in lower case. */
  headerCase?: readonly string[];
  secret: SecretForm;
  leastTimeoutMs?: number;
}

/** What is written of an event. Names of headers as they are written; values and envelope are templates (template.ts). */
export interface WireForm {
  contentType: string;
  /** Default: the program's own. */
  userAgent?: string;
  headers: Readonly<Record<string, string>>;
  /** How their values are written that no header can hold. Default: header-value.ts's own. */
  headerEncoding?: "cloudevents";
  envelope: unknown;
}

/** In no event type's name can it stand: of a batch whose events have several. */
const SEVERAL_TYPES = "*";
const SECOND = 1_000;
/** In lower case. */
const ALWAYS_RESERVED = ["content-type", "user-agent", ORIGIN_HEADER, "traceparent", LOOP_HEADER];

/** @throws WrongField for a template that names what there is not */
export function compileProfile(record: ProfileRecord): Profile {
  const { name, title, scheme, form, test, secret } = record;
  const { retry, timeoutMs, leastTimeoutMs = SECOND, retryOn, on410, hasBreaker, autoDisable } = record;
  const isStandard = scheme.name === "standard-webhooks";
  const forms = [form, ...(record.batch === undefined ? [] : [record.batch])];
  const reserved = new Set([
    ...ALWAYS_RESERVED,
    ...forms.flatMap(({ headers }) => Object.keys(headers).map((header) => header.toLowerCase())),
    ...signatureHeaderNames(scheme),
  ]);
  const spell = spelling(record.headerCase ?? []);
  const sign = signerOf(scheme, spell);
  const compile = (what: WireForm, at: string): CompiledForm => compileForm(what, at, { sign, spell, reserved });
  const one = compile(form, "");
  const own = test.form === undefined ? one : compile(test.form, "test.");
  const several = record.batch === undefined ? one : compile(record.batch, "batch.");
  const testData = compileJson(test.data, "test.data");
  return {
    name,
    title,
    scheme: scheme.name,
    retry,
    timeoutMs,
    leastTimeoutMs,
    retryOn,
    on410,
    hasBreaker,
    autoDisable,
    reservedHeaders: [...reserved],
    test: { type: test.type, data: (at) => dataOf(testData, test.type, at) },
    formatSecret: isStandard ? formatStandardSecret : (random) => writeSecret(secret, random),
    decodeSecret: isStandard ? readStandardSecret : (text) => readSecretOf(scheme, text),
    build: (message) => one.request(message, one.body(message), message.event.id),
    buildTest: (message) => own.request(message, own.body(message), message.event.id),
    buildBatch: (batch) => {
      const messages = batch.deliveries.map((delivery) => ({ ...batch, ...delivery }));
      return several.request(asOne(batch), arrayOf(messages, several.envelope), batch.id);
    },
  };
}

interface CompiledForm {
  envelope: JsonTemplate;
  body(message: ProfileMessage): Uint8Array;
  request(message: ProfileMessage, body: Uint8Array, id: string): ProfileRequest;
}

/** Headers of a signature: name, value, name, value … */
type Signer = (context: ProfileRequestContext, id: string, body: Uint8Array) => string[];

interface FormRules {
  sign: Signer;
  spell(name: string): string;
  reserved: ReadonlySet<string>;
}

function compileForm(form: WireForm, at: string, { sign, spell, reserved }: FormRules): CompiledForm {
  const envelope = compileJson(form.envelope, `${at}envelope`);
  const templates = Object.entries(form.headers).map(([name, value]): [string, TextTemplate] => [
    name,
    compileText(value, `${at}headers.${name}`),
  ]);
  const { contentType, userAgent: ownAgent } = form;
  const encode = form.headerEncoding === "cloudevents" ? cloudEventsHeaderValue : headerValue;
  const [typeName, agentName] = [spell("content-type"), spell("user-agent")];
  return {
    envelope,
    body: (message) => bytesOf(message, envelope),
    request: (message, body, id) => {
      const { subscription, userAgent } = message;
      const headers = [typeName, contentType, agentName, ownAgent ?? userAgent];
      for (const [name, write] of templates) {
        const value = write(message);
        if (value !== undefined) headers.push(name, encode(value));
      }
      headers.push(...sign(message, id, body));
      if (subscription.requestOrigin !== undefined) headers.push(ORIGIN_HEADER, subscription.requestOrigin);
      for (const [name, value] of Object.entries(subscription.headers)) {
        if (!reserved.has(name)) headers.push(name, value);
      }
      return { headers, body };
    },
  };
}

function signerOf(scheme: Scheme, spell: FormRules["spell"]): Signer {
  if (scheme.name === "standard-webhooks") {
    return ({ subscription, sentAt }, id, body) => {
      const timestamp = Math.floor(sentAt / SECOND);
      const signature = standardSignatures(subscription.secrets, id, timestamp, body, sentAt);
      const headers = ["webhook-id", id, "webhook-timestamp", String(timestamp)];
      return signature === "" ? headers : [...headers, "webhook-signature", signature];
    };
  }
  const compiled = prepared(scheme);
  return ({ subscription: { secrets, url }, sentAt }, id, body) =>
    signatureHeaders(compiled, { secrets, id, sentAt, url, body }).flatMap(([name, value]) => [spell(name), value]);
}

/** From the name in lower case to what is written, `<header>-next` with its header. */
function spelling(headerCase: readonly string[]): FormRules["spell"] {
  const written = new Map(
    headerCase.flatMap((name) => [name, `${name}-next`]).map((name) => [name.toLowerCase(), name]),
  );
  return (name) => written.get(name) ?? name;
}

/** What the headers of a batch say: its id for that of event and delivery, the first one's times. */
function asOne({ id, deliveries, ...context }: ProfileBatch): ProfileMessage {
  const [first] = deliveries as [ProfileBatch["deliveries"][number]];
  const { timestamp, type } = first.event;
  const isOneType = deliveries.every(({ event }) => event.type === type);
  const event: ClaimedEvent = {
    id,
    type: isOneType ? type : SEVERAL_TYPES,
    timestamp,
    data: new Uint8Array(0),
    metadata: undefined,
    version: undefined,
  };
  return { ...context, event, deliveryId: id, madeAt: first.madeAt };
}

function bytesOf(message: ProfileMessage, envelope: JsonTemplate): Uint8Array {
  const pieces = new Pieces();
  envelope.write(message, pieces);
  return pieces.join();
}

function arrayOf(messages: readonly ProfileMessage[], envelope: JsonTemplate): Uint8Array {
  const pieces = new Pieces();
  for (const [index, message] of messages.entries()) {
    pieces.text(index === 0 ? "[" : ",");
    envelope.write(message, pieces);
  }
  pieces.text("]");
  return pieces.join();
}

/** A test's data knows its time, and nothing of an event. */
function dataOf(template: JsonTemplate, type: string, at: number): Uint8Array {
  const nothing = { data: new Uint8Array(0), metadata: undefined, version: undefined };
  return bytesOf(
    {
      event: { id: "", type, timestamp: at, ...nothing },
      deliveryId: "",
      madeAt: at,
      sentAt: at,
      userAgent: "",
      subscription: { id: "", name: "", scope: { tenant: "", environment: "" }, headers: {}, secrets: [] },
    },
    template,
  );
}
