// Where the webhooks of each scheme's provider say what happened, and by which id a repetition is known. Source: the
// providers' documentation, as linked in docs/schemes.md. What is not here is found by the general places.

/** A header's name, a JSON Pointer into the body ("/…"), or a word of its own ("=word"). */
export type Place = string;

export interface ProviderPlaces {
  /** The first that leads somewhere; a list: its parts with dots between them, of which the first must be there. */
  type: readonly (Place | readonly [Place, ...Place[]])[];
  /** Of the delivery or the event, never of the thing that it is about: that comes again with each change of it. */
  id: readonly Place[];
  /** Several events in one request stand in this list; `type` and `id` are then of each of them. */
  items?: string;
}

const STANDARD_ID = ["webhook-id", "svix-id"];
const TYPED: ProviderPlaces = { type: ["/type"], id: STANDARD_ID };
const GITHUB: ProviderPlaces = { type: [["x-github-event", "/action"]], id: ["x-github-delivery"] };
const HUBSPOT: ProviderPlaces = { type: ["/subscriptionType"], id: ["/eventId"], items: "" };

export const PROVIDER_PLACES: Readonly<Record<string, ProviderPlaces>> = {
  "standard-webhooks": TYPED,
  "standard-webhooks-v1a": TYPED,
  svix: TYPED,
  clerk: TYPED,
  resend: TYPED,
  openai: TYPED,
  anthropic: { type: ["/data/type", "/type"], id: [...STANDARD_ID, "/id"] },
  replicate: { type: [["=prediction", "/status"]], id: STANDARD_ID },
  polar: TYPED,
  "gitlab-signed": { type: ["x-gitlab-event"], id: ["webhook-id", "idempotency-key"] },
  "gitlab-token": { type: ["x-gitlab-event"], id: ["idempotency-key", "webhook-id"] },
  stripe: { type: ["/type"], id: ["/id"] },
  paddle: { type: ["/event_type"], id: ["/event_id"] },
  mux: { type: ["/type"], id: ["/id"] },
  workos: { type: ["/event"], id: ["/id"] },
  elevenlabs: { type: ["/type"], id: [] },
  sanity: { type: [["sanity-operation"]], id: ["idempotency-key"] },
  retell: { type: ["/event"], id: [] },
  calendly: { type: ["/event"], id: [] },
  slack: {
    type: ["/event/type", "/payload/type", ["=command", "/command"], "/type"],
    id: ["/event_id", "/payload/trigger_id", "/trigger_id"],
  },
  zoom: { type: ["/event"], id: [] },
  discord: { type: ["/event/type", ["=interaction", "/type"]], id: ["/id"] },
  telnyx: { type: ["/data/event_type"], id: ["/data/id"] },
  sendgrid: { type: ["/event"], id: ["/sg_event_id"], items: "" },
  twitch: { type: ["twitch-eventsub-subscription-type"], id: ["twitch-eventsub-message-id"] },
  zendesk: { type: ["/type"], id: ["x-zendesk-webhook-invocation-id", "/id"] },
  "hubspot-v1": HUBSPOT,
  "hubspot-v2": HUBSPOT,
  "hubspot-v3": HUBSPOT,
  box: { type: ["/trigger"], id: ["box-delivery-id", "/id"] },
  webflow: { type: ["/triggerType"], id: [] },
  github: GITHUB,
  "github-sha1": GITHUB,
  meta: { type: [["/object", "/entry/0/changes/0/field"]], id: [] },
  bitbucket: { type: ["x-event-key"], id: ["x-request-uuid"] },
  jira: { type: ["/webhookEvent"], id: ["x-atlassian-webhook-identifier"] },
  intercom: { type: ["/topic"], id: ["/id"] },
  notion: { type: ["/type"], id: ["/id"] },
  pagerduty: { type: ["/event/event_type"], id: ["/event/id"] },
  typeform: { type: ["/event_type"], id: ["/event_id"] },
  shopify: { type: ["x-shopify-topic"], id: ["x-shopify-webhook-id", "x-shopify-event-id"] },
  square: { type: ["/type"], id: ["/event_id"] },
  docusign: { type: ["/event"], id: [] },
  asana: { type: [["/resource/resource_type", "/action"]], id: [], items: "/events" },
  hookdeck: { type: ["/type", "/event"], id: ["x-hookdeck-eventid"] },
  "adyen-banking": { type: ["/type"], id: [] },
  linear: { type: [["/type", "/action"]], id: ["linear-delivery"] },
  plain: { type: ["/type"], id: ["/id"] },
  line: { type: ["/type"], id: ["/webhookEventId"], items: "/events" },
  razorpay: { type: ["/event"], id: ["x-razorpay-event-id"] },
  gocardless: { type: [["/resource_type", "/action"]], id: ["/id"], items: "/events" },
  onfido: { type: ["/payload/action"], id: [] },
  vercel: { type: ["/type"], id: ["/id"] },
  "custom-webhook-signature-256": { type: ["x-webhook-event", "/type"], id: ["x-webhook-delivery"] },
  "custom-x-signature": { type: ["x-event-type", "/event"], id: ["x-delivery-id"] },
  "custom-x-webhook-signature": { type: ["x-webhook-event-type", "/type"], id: ["x-webhook-event-id"] },
  "custom-securebase": { type: ["/event"], id: [] },
  "custom-foresight": { type: ["/type"], id: ["/id"] },
  okta: { type: ["/data/events/0/eventType", "/eventType"], id: ["/eventId"] },
  auth0: { type: ["/data/type", "/type"], id: ["/log_id"], items: "" },
  mailgun: { type: ["/event-data/event", "/event"], id: ["/event-data/id"] },
  "dropbox-sign": { type: ["/json/event/event_type", "/event/event_type"], id: [] },
  twilio: {
    type: [
      ["=message", "/MessageStatus"],
      ["=call", "/CallStatus"],
      ["=sms", "/SmsStatus"],
    ],
    id: ["i-twilio-idempotency-token"],
  },
  "adyen-payments": { type: ["/NotificationRequestItem/eventCode"], id: [], items: "/notificationItems" },
  sns: { type: ["x-amz-sns-message-type", "/Type"], id: ["x-amz-sns-message-id", "/MessageId"] },
  xero: { type: [["/eventCategory", "/eventType"]], id: [], items: "/events" },
  plaid: { type: [["/webhook_type", "/webhook_code"]], id: [] },
};

/** For everything else, and where a provider's own places lead nowhere. */
export const GENERAL_PLACES: ProviderPlaces = {
  type: [
    "ce-type",
    "webhook-event",
    "x-event-type",
    "x-event-name",
    "x-webhook-event",
    "x-event",
    "/type",
    "/event_type",
    "/eventType",
    "/event",
    "/event/type",
    "/event_name",
    "/eventName",
    "/topic",
  ],
  id: ["webhook-id", "idempotency-key", "ce-id", "/event_id", "/eventId", "/delivery_id"],
};
