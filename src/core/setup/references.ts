import type { ReferencedText, SetupDocument } from "./setup.ts";

/** What a reference begins with, and what it then names. */
const FORMS = ["env:", "file:"] as const;

export function isReference(text: string): boolean {
  return FORMS.some((form) => text.startsWith(form) && form.length < text.length);
}

/** What it stands for. */
export function textOf(text: ReferencedText): string {
  return typeof text === "string" ? text : text.value;
}

/** Undefined: it was given as it is. */
export function referenceOf(text: ReferencedText | null | undefined): string | undefined {
  return typeof text === "object" && text !== null ? text.from : undefined;
}

/** A text of a set-up that may be a reference. */
export interface ReferencedPlace {
  field: string;
  text: ReferencedText;
  /** In a file it must be a reference: nobody should check a secret in. */
  isSecret: boolean;
  put(text: ReferencedText): void;
}

/** Every place of it where a reference may stand. Its form was checked before. */
export function referencedPlaces({ subscriptions = [], sources = [], keys = [] }: SetupDocument): ReferencedPlace[] {
  const places: ReferencedPlace[] = [];
  for (const [at, one] of subscriptions.entries()) {
    const field = `subscriptions[${at}]`;
    places.push({ field: `${field}.url`, text: one.url, isSecret: false, put: (text) => (one.url = text) });
    if (one.secret !== undefined && one.secret !== null) {
      places.push({ field: `${field}.secret`, text: one.secret, isSecret: true, put: (text) => (one.secret = text) });
    }
    const headers = one.headers ?? {};
    for (const [name, text] of Object.entries(headers)) {
      places.push({ field: `${field}.headers.${name}`, text, isSecret: false, put: (put) => (headers[name] = put) });
    }
  }
  for (const [at, one] of sources.entries()) {
    for (const secret of ["secret", "verify_token"] as const) {
      const text = one[secret];
      if (text === undefined || text === null) continue;
      places.push({ field: `sources[${at}].${secret}`, text, isSecret: true, put: (put) => (one[secret] = put) });
    }
  }
  for (const [at, one] of keys.entries()) {
    if (one.key === undefined || one.key === null) continue;
    places.push({ field: `keys[${at}].key`, text: one.key, isSecret: true, put: (text) => (one.key = text) });
  }
  return places;
}

/** Names for environment variables, made of what they are of; no two are the same. */
export class VariableNames {
  readonly #taken = new Set<string>();

  /** `("billing", "authorization")` → `env:BILLING_AUTHORIZATION` */
  referenceFor(...parts: readonly string[]): string {
    const words = parts.map((part) =>
      part
        .toUpperCase()
        .replace(/[^A-Z0-9]+/g, "_")
        .replace(/^_+|_+$/g, ""),
    );
    const base = words.filter((word) => word !== "").join("_") || "VALUE";
    const name = /^[0-9]/.test(base) ? `_${base}` : base;
    let free = name;
    for (let count = 2; this.#taken.has(free); count++) free = `${name}_${count}`;
    this.#taken.add(free);
    return `env:${free}`;
  }

  /** One that is used already. */
  take(reference: string): void {
    if (reference.startsWith("env:")) this.#taken.add(reference.slice("env:".length));
  }
}
