// CloudEvents 1.0.2: the JSON event format and the HTTP protocol binding, in its structured, binary and batched content
// modes. Signed as `standard` is: CloudEvents itself has no signature.

import { standardWebhooks } from "../signing/schemes/standard-webhooks.ts";
import type { ProfileRecord, WireForm } from "./profile-record.ts";
import { STANDARD_PROFILE } from "./standard.ts";

/** Member names and their order; `subject` is there when the event's metadata has one. */
const ENVELOPE = {
  specversion: "1.0",
  id: "{id}",
  source: "{source}",
  type: "{type}",
  "subject?": "{subject}",
  time: "{time}",
  datacontenttype: "application/json",
  data: "{data}",
};

const BATCH: WireForm = { contentType: "application/cloudevents-batch+json", headers: {}, envelope: ENVELOPE };

const { retry, timeoutMs, retryOn, on410, hasBreaker, autoDisable, test } = STANDARD_PROFILE;

const SHARED = {
  batch: BATCH,
  scheme: standardWebhooks,
  test: { type: test.type, data: { message: "This is a test from hooks.", timestamp: "{time}" } },
  secret: { prefix: "whsec_", encoding: "base64", bytes: 32 } as const,
  retry,
  timeoutMs,
  retryOn,
  on410,
  hasBreaker,
  autoDisable,
};

export const CLOUDEVENTS_PROFILES: readonly ProfileRecord[] = [
  {
    ...SHARED,
    name: "cloudevents",
    title: "CloudEvents 1.0, structured",
    form: { contentType: "application/cloudevents+json", headers: {}, envelope: ENVELOPE },
  },
  {
    ...SHARED,
    name: "cloudevents-binary",
    title: "CloudEvents 1.0, binary",
    form: {
      contentType: "application/json",
      headers: {
        "ce-specversion": "1.0",
        "ce-id": "{id}",
        "ce-source": "{source}",
        "ce-type": "{type}",
        "ce-subject": "{subject}",
        "ce-time": "{time}",
      },
      headerEncoding: "cloudevents",
      envelope: "{data}",
    },
  },
];
