const OUTSIDE = /[^\x20-\x7e]/gu;
const OUTSIDE_CLOUDEVENTS = /[^\x21-\x7e]|["%]/gu;

/**
 * Text as a header's value: what is no visible ASCII or a space is percent-encoded UTF-8, so that nothing a publisher
 * wrote can end the line.
 */
export function headerValue(text: string): string {
  return text.toWellFormed().replace(OUTSIDE, encodeURIComponent).trim();
}

/**
 * Of an attribute. Source: CloudEvents 1.0.2, HTTP binding, 3.1.3.2: space, the double quote, the percent sign and
 * everything outside U+0021 to U+007E are percent-encoded.
 */
export function cloudEventsHeaderValue(text: string): string {
  return text.toWellFormed().replace(OUTSIDE_CLOUDEVENTS, encodeURIComponent);
}
