// The formats of JSON Schema 2020-12 (Validation, section 7.3), asserted. Each is judged in time proportional to the
// text, and none of these expressions can read a text in more than one way.

/** Longer texts are no value of a format that has a limit of its own. */
const HOST_MAX_CHARS = 253;
const MAIL_MAX_CHARS = 320;

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[zZ]|([+-])(\d\d):(\d\d))$/;
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
const UNICODE_LABEL = /^[\p{L}\p{N}\p{M}_-]{1,63}$/u;
const ATOM = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+$/;
const UNICODE_ATOM = /^[^\s"(),:;<>@[\\\].\u0000-\u001f]+$/u;
const URI_CHARS = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;
const IRI_CHARS = /^(?:[^\u0000-\u0020\u007f-\u009f"<>\\^`{|}%]|%[0-9A-Fa-f]{2})*$/u;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const TEMPLATE =
  /^(?:[^\u0000-\u0020"'<>\\^`{|}%]|%[0-9A-Fa-f]{2}|\{[+#./;?&=,!@|]?[\w.%]+(?::\d{1,4}|\*)?(?:,[\w.%]+(?::\d{1,4}|\*)?)*\})*$/u;
const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/u;
const DURATION =
  /^P(?:\d+W|(?=\d|T\d)(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)?(?:T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?)$/;

/** Format → whether a text is of it. What is not here is not judged. */
export const FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ["date-time", isDateTime],
  ["date", isDate],
  ["time", isTime],
  ["duration", (text: string) => DURATION.test(text)],
  ["email", (text: string) => isMail(text, ATOM, isHostName)],
  ["idn-email", (text: string) => isMail(text, UNICODE_ATOM, isUnicodeHostName)],
  ["hostname", isHostName],
  ["idn-hostname", isUnicodeHostName],
  ["ipv4", isIpv4],
  ["ipv6", isIpv6],
  ["uri", (text: string) => SCHEME.test(text) && isReference(text, URI_CHARS)],
  ["uri-reference", (text: string) => isReference(text, URI_CHARS)],
  ["iri", (text: string) => SCHEME.test(text) && isReference(text, IRI_CHARS)],
  ["iri-reference", (text: string) => isReference(text, IRI_CHARS)],
  ["uri-template", (text: string) => TEMPLATE.test(text)],
  ["uuid", (text: string) => /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/.test(text)],
  ["json-pointer", (text: string) => POINTER.test(text)],
  ["relative-json-pointer", isRelativePointer],
  ["regex", isRegex],
]);

/** RFC 3339, section 5.6. */
function isDateTime(text: string): boolean {
  return /^[tT]$/.test(text[10] ?? "") && isDate(text.slice(0, 10)) && isTime(text.slice(11));
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last = month === 2 && isLeap ? 29 : DAYS[month - 1];
  return last !== undefined && 1 <= day && day <= last;
}

function isTime(text: string): boolean {
  const match = 40 < text.length ? null : TIME.exec(text);
  if (match === null) return false;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [offsetHour, offsetMinute] = [Number(match[5] ?? 0), Number(match[6] ?? 0)];
  if (23 < hour || 59 < minute || 60 < second || 23 < offsetHour || 59 < offsetMinute) return false;
  if (second < 60) return true;
  // A leap second is at the end of a day in UTC.
  const offset = (match[4] === "-" ? -1 : 1) * (60 * offsetHour + offsetMinute);
  return (60 * hour + minute - offset + 1440) % 1440 === 1439;
}

function isMail(text: string, atom: RegExp, isHost: (text: string) => boolean): boolean {
  if (MAIL_MAX_CHARS < text.length) return false;
  const at = text.lastIndexOf("@");
  const [local, host] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || 64 < local.length) return false;
  const isLocal = /^"(?:[^"\\\u0000-\u001f]|\\[^\u0000-\u001f])*"$/u.test(local)
    ? true
    : local.split(".").every((part) => atom.test(part));
  const literal = /^\[(?:IPv6:(.+)|(.+))\]$/.exec(host);
  if (literal === null) return isLocal && isHost(host);
  return isLocal && (literal[1] === undefined ? isIpv4(literal[2]!) : isIpv6(literal[1]));
}

function isHostName(text: string): boolean {
  return text.length <= HOST_MAX_CHARS && text.split(".").every((label) => LABEL.test(label));
}

function isUnicodeHostName(text: string): boolean {
  const isLabel = (label: string): boolean =>
    UNICODE_LABEL.test(label) && !label.startsWith("-") && !label.endsWith("-");
  return text.length <= HOST_MAX_CHARS && text.split(/[.\u3002\uff0e\uff61]/).every(isLabel);
}

function isIpv4(text: string): boolean {
  if (15 < text.length) return false;
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** RFC 4291, section 2.2. */
function isIpv6(text: string): boolean {
  if (45 < text.length) return false;
  const halves = text.split("::");
  if (2 < halves.length) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    const parts = half === "" ? [] : half.split(":");
    for (const [at, part] of parts.entries()) {
      const isLast = index === halves.length - 1 && at === parts.length - 1;
      if (isLast && part.includes(".")) {
        if (!isIpv4(part)) return false;
        groups += 2;
      } else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups += 1;
      else return false;
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

/** RFC 3986: the characters, and what must not be there. Parts are not taken further apart. */
function isReference(text: string, characters: RegExp): boolean {
  if (!characters.test(text)) return false;
  const hash = text.indexOf("#");
  if (hash !== -1 && text.includes("#", hash + 1)) return false;
  const rest = text.replace(SCHEME, "");
  if (!rest.startsWith("//")) return !/[[\]]/.test(rest) && !(rest === text && /^[^/?#]*:/.test(text));
  const end = rest.slice(2).search(/[/?#]/);
  const authority = end === -1 ? rest.slice(2) : rest.slice(2, 2 + end);
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (/[[\]]/.test(rest.slice(2 + authority.length))) return false;
  const literal = /^\[([^\]]*)\](?::\d*)?$/.exec(host);
  return literal === null ? !/[[\]]/.test(host) && !/:(?!\d*$)/.test(host) : isIpv6(literal[1]!);
}

function isRelativePointer(text: string): boolean {
  const match = /^(?:0|[1-9]\d*)(?:#|((?:\/[\s\S]*)?))$/.exec(text);
  return match !== null && POINTER.test(match[1] ?? "");
}

function isRegex(text: string): boolean {
  if (10_000 < text.length) return false;
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}
