import { type Fresh, MINUTE } from "./fresh.ts";
import type { JsonObject, Provider, Simulation } from "./provider.ts";
import { textAt } from "./text-at.ts";

/** What all events of one message have in common. */
interface Message {
  fresh: Fresh;
  email: string;
  sgMessageId: string;
  smtpId: string;
}

function makeMessage(fresh: Fresh): Message {
  const id = fresh.base62(22);
  return {
    fresh,
    email: fresh.person().email,
    sgMessageId: `${id}.recvd-${fresh.hex(10)}-${fresh.base62(5)}-1-${fresh.hex(8).toUpperCase()}-0.0`,
    smtpId: `<${id}@geopod-ismtpd-${fresh.integer(0, 30)}>`,
  };
}

/** The fields of one event, those that every event has first. */
function entry(
  event: string,
  { fresh, email, sgMessageId, smtpId }: Message,
  own: JsonObject,
  agoSeconds = 0,
): JsonObject {
  return {
    email,
    timestamp: fresh.seconds(agoSeconds),
    "smtp-id": smtpId,
    event,
    category: ["orders"],
    sg_event_id: fresh.base62(32),
    sg_message_id: sgMessageId,
    order_id: "ord_1001",
    ...own,
  };
}

const IP = "198.51.100.17";
const RECEIVER_IP = "203.0.113.24";
const AGENT =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15";
const GROUP = 13_371;

const OWN_FIELDS: Record<string, JsonObject> = {
  processed: { send_at: 0 },
  deferred: { response: "421 4.7.0 Try again later", attempt: "5", ip: IP, tls: 1, domain: "example.com" },
  delivered: { response: "250 2.0.0 OK  accepted", ip: IP, tls: 1 },
  dropped: { reason: "Bounced Address", status: "5.0.0" },
  bounce: {
    reason: "550 5.1.1 The email account that you tried to reach does not exist.",
    status: "5.1.1",
    type: "bounce",
    bounce_classification: "Invalid Address",
    ip: IP,
    tls: 1,
  },
  blocked: {
    reason: "554 5.7.1 Message refused because of its reputation",
    status: "5.7.1",
    type: "blocked",
    bounce_classification: "Reputation",
    ip: IP,
    tls: 1,
  },
  open: { useragent: AGENT, ip: RECEIVER_IP, sg_machine_open: false, sg_content_type: "html" },
  click: {
    useragent: AGENT,
    ip: RECEIVER_IP,
    url: "https://acme.example/orders/1001?utm_source=mail",
    url_offset: { index: 0, type: "html" },
  },
  spamreport: {},
  unsubscribe: {},
  group_unsubscribe: {
    useragent: AGENT,
    ip: RECEIVER_IP,
    url: "https://acme.example/unsubscribe",
    asm_group_id: GROUP,
  },
  group_resubscribe: {
    useragent: AGENT,
    ip: RECEIVER_IP,
    url: "https://acme.example/resubscribe",
    asm_group_id: GROUP,
  },
};

const TITLES: Record<string, string> = {
  processed: "A message was taken and will be sent",
  deferred: "A receiving server put a message off",
  delivered: "A message was delivered",
  dropped: "A message was not sent at all",
  bounce: "A receiving server refused a message for good",
  blocked: "A receiving server refused a message for now",
  open: "A message was opened",
  click: "A link in a message was clicked",
  spamreport: "A message was marked as spam",
  unsubscribe: "Somebody unsubscribed from everything",
  group_unsubscribe: "Somebody unsubscribed from a group",
  group_resubscribe: "Somebody subscribed to a group again",
};

/** On the wire a block is a bounce of another type. */
function fieldsOf(event: string, message: Message, agoSeconds = 0): JsonObject {
  return entry(event === "blocked" ? "bounce" : event, message, OWN_FIELDS[event] ?? {}, agoSeconds);
}

function simulation(type: string, title: string, entries: (message: Message) => readonly JsonObject[]): Simulation {
  const make = (fresh: Fresh) => {
    const body = entries(makeMessage(fresh));
    return {
      id: textAt(body[0], "sg_event_id"),
      headers: { "User-Agent": "SendGrid Event API", "Content-Type": "application/json" },
      body,
    };
  };
  return { type, title, make };
}

export const SENDGRID: Provider = {
  name: "sendgrid",
  title: "SendGrid",
  docs: "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event",
  schemes: ["sendgrid"],
  secret: "a private key (P-256): the receiver is given its public key",
  keyPair: "p256",
  signatureHeaders: ["X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"],
  style: "lines",
  dataPath: [],
  notes: [
    "The body is a list of events, one a line: `--set 0.email=ada@example.com`, and `--data` takes the list.",
    "`order_id` stands for a custom argument.",
  ],
  simulations: [
    ...Object.keys(OWN_FIELDS).map((type) => simulation(type, TITLES[type]!, (message) => [fieldsOf(type, message)])),
    simulation("batch", "What became of one message, in one request", (message) => [
      fieldsOf("processed", message, 2 * MINUTE),
      fieldsOf("delivered", message, MINUTE),
      fieldsOf("open", message, 20),
      fieldsOf("click", message),
    ]),
  ],
};
