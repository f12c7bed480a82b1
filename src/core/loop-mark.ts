// Which hooks a request has passed through: RFC 8586, the header CDN-Loop. The rules of egress know the names that the
// operator gave; behind a name that nobody told them of, a request's own mark is all that shows that it came back.

import { hash } from "node:crypto";

export const LOOP_HEADER = "cdn-loop";

/** The pseudonym of an installation: nobody else's in practice, and nothing else is to be learnt from it. */
const MARK = /^hooks-[0-9a-f]{16}$/;
const MARK_DIGITS = 16;
/** Of a chain of them the last ones are handed on. */
const MOST_HOPS = 16;
/** Where an event's metadata names those that its request came through. */
const FIELD = "hops";
const HAS_FIELD = Buffer.from(`"${FIELD}"`);

/** @param token a secret of the installation's own */
export function loopMark(token: string): string {
  return `hooks-${hash("sha256", `loop ${token}`, "hex").slice(0, MARK_DIGITS)}`;
}

/** The marks of any hooks in a header's values; each member is a name, and may have parameters (RFC 8586, 2). */
export function marksIn(values: readonly string[]): string[] {
  const members = values.flatMap((value) => value.split(","));
  return onlyMarks(members.map((member) => member.replace(/;.*$/s, "").trim().toLowerCase()));
}

/** What an event's metadata says of it, in the place of its request's header; {}: nothing. */
export function hopsField(values: readonly string[]): { [FIELD]?: string[] } {
  const marks = marksIn(values);
  return marks.length === 0 ? {} : { [FIELD]: marks };
}

/** What goes with a request for these events, name and value: this installation's mark behind those that it came through. */
export function loopHeaders(
  mark: string,
): (events: readonly { metadata: Uint8Array | undefined }[]) => readonly string[] {
  const alone = [LOOP_HEADER, mark];
  return (events) => {
    const before = events.flatMap(({ metadata }) => (metadata === undefined ? [] : hopsOf(metadata)));
    return before.length === 0 ? alone : [LOOP_HEADER, [...onlyMarks(before), mark].join(", ")];
  };
}

function hopsOf(metadata: Uint8Array): string[] {
  const { buffer, byteOffset, byteLength } = metadata;
  // A few nanoseconds for what nearly none has.
  if (!Buffer.from(buffer, byteOffset, byteLength).includes(HAS_FIELD)) return [];
  const { [FIELD]: hops } = JSON.parse(Buffer.from(metadata).toString()) as { [FIELD]?: unknown };
  // Publishers write metadata, too: nothing else comes into a header.
  return Array.isArray(hops) ? hops.filter((hop) => typeof hop === "string") : [];
}

function onlyMarks(names: readonly string[]): string[] {
  return [...new Set(names.filter((name) => MARK.test(name)))].slice(-MOST_HOPS);
}
