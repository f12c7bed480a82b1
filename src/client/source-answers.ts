import type {
  SourceRequestDetail,
  SourceRequestResource,
  SourceResource,
  SourceWithSecret,
} from "../core/sources/source.ts";
import { flag, listOf, number, objectOf, orNull, record, text } from "./answer-form.ts";

// The forms of what the API answers about sources.

const SOURCE_MEMBERS = {
  id: text,
  name: text,
  description: text,
  enabled: flag,
  scheme: text,
  mode: text,
  live_timeout: text,
  prefix: text,
  type_from: orNull(text),
  id_from: orNull(text),
  data_from: orNull(text),
  map: record,
  handshake: orNull(text),
  has_verify_token: flag,
  allow_origins: listOf(text),
  topics: listOf(text),
  tolerance: orNull(text),
  url: orNull(text),
  rate_limit: orNull(text),
  tenant: text,
  environment: text,
  secrets: listOf(
    objectOf<SourceResource["secrets"][number]>({
      id: text,
      created_at: text,
      expires_at: orNull(text),
      hint: text,
    }),
  ),
  created_at: text,
  updated_at: text,
};
export const SOURCE = objectOf<SourceResource>(SOURCE_MEMBERS);
export const SOURCE_WITH_SECRET = objectOf<SourceWithSecret>({ ...SOURCE_MEMBERS, secret: orNull(text) });

const REQUEST_MEMBERS = {
  id: text,
  source: text,
  received_at: text,
  outcome: text,
  status: number,
  reason: orNull(text),
  detail: orNull(text),
  method: text,
  from: text,
  body_bytes: number,
  event_id: orNull(text),
  tenant: text,
  environment: text,
};
export const SOURCE_REQUEST = objectOf<SourceRequestResource>(REQUEST_MEMBERS);
export const SOURCE_REQUEST_DETAIL = objectOf<SourceRequestDetail>({
  ...REQUEST_MEMBERS,
  path: text,
  query: text,
  headers: listOf(listOf(text)),
  body: orNull(text),
  body_encoding: text,
  hints: listOf(text),
});
