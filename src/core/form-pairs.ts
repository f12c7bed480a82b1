/**
 * Names and values of a form (application/x-www-form-urlencoded), in order, as `URLSearchParams` reads them. That one takes
 * a time that grows with the square of how many names have no "=" (Node 24): a body of 10 MiB, which anybody may send, would
 * hold the event loop for minutes. Whoever needs some only may stop.
 */
export function* formPairs(text: string): Generator<[name: string, value: string]> {
  for (let start = 0; start < text.length; ) {
    const next = text.indexOf("&", start);
    const end = next === -1 ? text.length : next;
    if (start < end) {
      const pair = text.slice(start, end);
      const equals = pair.indexOf("=");
      yield equals === -1 ? [decoded(pair), ""] : [decoded(pair.slice(0, equals)), decoded(pair.slice(equals + 1))];
    }
    start = end + 1;
  }
}

function decoded(text: string): string {
  // What is written plainly stands for itself.
  return /^[\x20-\x24\x27-\x2a\x2c-\x7e]*$/.test(text) ? text : (new URLSearchParams(`x=${text}`).get("x") ?? "");
}
