// Other formats allow texts and tags that the catalogue does not.

const DESCRIPTION_MAX_CHARS = 1_024;
const TAG_MAX_CHARS = 64;
const MOST_TAGS = 20;

/** A description of several lines in one, cut where the catalogue's ends. */
export function oneLine(text: string): string {
  const line = text
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ")
    .trim()
    .toWellFormed();
  return line.length <= DESCRIPTION_MAX_CHARS ? line : `${line.slice(0, DESCRIPTION_MAX_CHARS - 1).toWellFormed()}…`;
}

/** `Pet Store` → `Pet-Store`; what has no letter or digit is left out. */
export function tagNames(tags: readonly unknown[]): string[] {
  const names = tags.flatMap((tag) => {
    if (typeof tag !== "string" || !/[A-Za-z0-9]/.test(tag)) return [];
    return [
      tag
        .replace(/[^A-Za-z0-9._:]+/g, "-")
        .replace(/^-|-$/g, "")
        .slice(0, TAG_MAX_CHARS),
    ];
  });
  return [...new Set(names)].slice(0, MOST_TAGS);
}
