// Every record under its name in camel case.

export { adyenPayments } from "./core/signing/schemes/adyen-payments.ts";
export {
  adyenBanking,
  asana,
  bitbucket,
  convoySimple,
  customSecurebase,
  customWebhookSignature256,
  customXSignature,
  customXWebhookSignature,
  docusign,
  dropbox,
  github,
  githubSha1,
  gocardless,
  hookdeck,
  intercom,
  jira,
  line,
  linear,
  meta,
  notion,
  onfido,
  pagerduty,
  plain,
  razorpay,
  shopify,
  square,
  typeform,
  vercel,
  x,
  xero,
} from "./core/signing/schemes/body-only.ts";
export { plaid } from "./core/signing/schemes/plaid.ts";
export { rfc9421 } from "./core/signing/schemes/rfc9421.ts";
export { sns } from "./core/signing/schemes/sns.ts";
export {
  anthropic,
  clerk,
  gitlabSigned,
  openai,
  polar,
  replicate,
  resend,
  standardWebhooks,
  standardWebhooksV1a,
  svix,
} from "./core/signing/schemes/standard-webhooks.ts";
export {
  box,
  customForesight,
  discord,
  hubspotV3,
  sendgrid,
  slack,
  telnyx,
  twitch,
  webflow,
  zendesk,
  zoom,
} from "./core/signing/schemes/timed-header.ts";
export {
  calendly,
  convoyAdvanced,
  elevenlabs,
  mux,
  paddle,
  retell,
  sanity,
  stripe,
  workos,
} from "./core/signing/schemes/timed-list.ts";
export { twilio } from "./core/signing/schemes/twilio.ts";
export {
  auth0,
  dropboxSign,
  gitlabToken,
  hubspotV1,
  hubspotV2,
  mailgun,
  okta,
} from "./core/signing/schemes/unusual.ts";
