/** Apart from what is in them: help texts and the API's document name them, and only an import needs the rest. */
export const PACK_NAMES = ["foresight", "aegisx", "arsmedica", "dotmac", "securebase"] as const;
export type PackName = (typeof PACK_NAMES)[number];

export function isPackName(text: string): text is PackName {
  return PACK_NAMES.some((name) => name === text);
}
