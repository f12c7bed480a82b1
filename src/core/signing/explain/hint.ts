/** What went wrong between the sender and here: a closed list. */
export type HintCode =
  | "trailing_newline"
  | "missing_newline"
  | "outer_whitespace"
  | "line_endings"
  | "byte_order_mark"
  | "body_reserialized"
  | "body_key_order"
  | "body_escapes"
  | "body_encoding"
  | "secret_not_decoded"
  | "secret_decoded"
  | "secret_prefix"
  | "secret_spelling"
  | "secret_whitespace"
  | "other_secret"
  | "other_scheme"
  | "other_content"
  | "other_algorithm"
  | "signature_encoding"
  | "signature_truncated"
  | "header_mangled"
  | "hex_case"
  | "id_timestamp_swapped"
  | "timestamp_milliseconds"
  | "outside_tolerance"
  | "signature_wrong_too"
  | "other_attempt"
  | "other_url";

export interface Hint {
  code: HintCode;
  /** One sentence for people; holds no secret, and no signature. */
  text: string;
}
