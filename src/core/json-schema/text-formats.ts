// Formats that a text may be found to have. Each is a part of what JSON Schema's own format takes, so that whatever is
// found here passes any validator that knows the format.

export type TextFormat = "date-time" | "date" | "email" | "uuid" | "uri";

const MAX_LENGTH = 2_048;

const TESTS: Record<TextFormat, (text: string) => boolean> = {
  // RFC 3339, 5.6
  "date-time": (text) => {
    const parts = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))$/.exec(text);
    if (parts === null) return false;
    const [, date = "", hour, minute, second, offsetHour = "0", offsetMinute = "0"] = parts;
    const isTime = Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 59;
    return isDate(date) && isTime && Number(offsetHour) <= 23 && Number(offsetMinute) <= 59;
  },
  date: isDate,
  // Of RFC 5321 what people have.
  email: (text) =>
    text.length <= 254 &&
    /^[A-Za-z0-9]+(?:[._%+-][A-Za-z0-9]+)*@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,}$/.test(text),
  uuid: (text) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text),
  // RFC 3986 with an authority: "note: paid" is a URI by the letter, and nobody means it.
  uri: (text) =>
    /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?(?![^/?#])(?:[A-Za-z0-9._~/:@!$&'()*+,;=?-]|%[0-9A-Fa-f]{2})*(?:#(?:[A-Za-z0-9._~/:@!$&'()*+,;=?-]|%[0-9A-Fa-f]{2})*)?$/.test(
      text,
    ),
};

export const TEXT_FORMATS = Object.keys(TESTS) as readonly TextFormat[];

export function hasFormat(text: string, format: TextFormat): boolean {
  return text.length <= MAX_LENGTH && TESTS[format](text);
}

function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (parts === null) return false;
  const [, year, month, day] = parts.map(Number) as [number, number, number, number];
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && 1 <= day && day <= days;
}
