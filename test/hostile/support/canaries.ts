import { randomBytes } from "node:crypto";

/** A marked secret: wherever it turns up, in whatever form, something leaked. */
export interface Canary {
  name: string;
  text: string;
}

/** A text that is nowhere by chance; `before` is what its kind begins with (`whsec_`). */
export function canary(name: string, before = ""): Canary {
  return { name, text: before + randomLetters(8) + randomBytes(18).toString("hex") };
}

/** A signing secret in its text form: its first characters are its own, too. */
export function secretCanary(name: string): Canary {
  return { name, text: `whsec_${randomBytes(32).toString("base64")}` };
}

/** So that no two begin alike: eight letters of 26 are 37 bits. */
function randomLetters(count: number): string {
  return Array.from(randomBytes(count), (byte) => String.fromCharCode(97 + (byte % 26))).join("");
}

/** The ways in which a secret is written, and its beginning: what a log that "masks" leaves of it. */
export function formsOf({ text }: Canary): Record<string, string> {
  const bare = text.replace(/^(whsec_|hk_[a-z]+_)/, "");
  const bytes = Buffer.from(bare);
  const forms: Record<string, string> = {
    raw: bare,
    hex: bytes.toString("hex"),
    "URL-encoded": encodeURIComponent(bare),
    "JSON-escaped": JSON.stringify(bare).slice(1, -1),
    "JSON in JSON": JSON.stringify(JSON.stringify(bare).slice(1, -1)).slice(1, -1),
    "first 8": bare.slice(0, 8),
  };
  // A key in base64 stands for bytes: those are the secret as well.
  if (/^[A-Za-z0-9+/]{43}=$/.test(bare)) {
    const decoded = Buffer.from(bare, "base64");
    forms["decoded"] = decoded.toString("latin1");
    forms["decoded, hex"] = decoded.toString("hex");
  }
  // Base64 of a text that the secret is a part of: three ways to fall, of which the ends belong to what stands around.
  for (const shift of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    forms[`base64 (${shift})`] = encoded.slice(shift === 0 ? 0 : 4, -4);
    forms[`base64url (${shift})`] = forms[`base64 (${shift})`]!.replaceAll("+", "-").replaceAll("/", "_");
  }
  return forms;
}

/** Where something was written, and what. */
export class Written {
  readonly #places: { place: string; text: string }[] = [];

  add(place: string, content: string | Uint8Array): void {
    // Byte for character, so that what is no text is searched as well.
    const text = typeof content === "string" ? content : Buffer.from(content).toString("latin1");
    this.#places.push({ place, text });
  }

  get places(): string[] {
    return this.#places.map(({ place }) => place);
  }

  /**
   * Each canary that was found: its name, form and place, but for the places that are meant to show it.
   * @param meant name of a canary → patterns of places.
   */
  leaks(canaries: readonly Canary[], meant: Readonly<Record<string, readonly RegExp[]>>): string[] {
    const found: string[] = [];
    for (const one of canaries) {
      const forms = Object.entries(formsOf(one));
      for (const { place, text } of this.#places) {
        if ((meant[one.name] ?? []).some((pattern) => pattern.test(place))) continue;
        const folded = text.toLowerCase();
        // Hex is written in both cases.
        const hit = forms.find(([form, written]) =>
          form.endsWith("hex") ? folded.includes(written) : text.includes(written),
        );
        if (hit !== undefined) found.push(`${one.name} (${hit[0]}) in ${place}: ${around(text, hit[1])}`);
      }
    }
    return found;
  }
}

function around(text: string, part: string): string {
  const at = Math.max(0, text.indexOf(part));
  return JSON.stringify(text.slice(Math.max(0, at - 80), at + part.length + 20));
}
