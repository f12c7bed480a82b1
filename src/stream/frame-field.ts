/** How one field of a frame is read. Nothing is converted but base64: a number in quotes is not a number. */
export interface Field<T> {
  /** Completes "field must be …". */
  expects: string;
  optional: boolean;
  /** The value, or undefined when it is not as it must be. */
  read(value: unknown): T | undefined;
}

/** One reader for each field of a frame. */
export type FieldsOf<F> = {
  [Name in Exclude<keyof F, "type">]-?: Field<NonNullable<F[Name]> | Extract<F[Name], null>>;
};

/** The same field, which may be left out. */
export function optional<T>(field: Field<T>): Field<T> {
  return { ...field, optional: true };
}

export function nullable<T>(field: Field<T>): Field<T | null> {
  return {
    expects: `${field.expects} or null`,
    optional: field.optional,
    read: (value) => (value === null ? null : field.read(value)),
  };
}

/** Length in UTF-16 units. */
export function text(most: number, least = 0): Field<string> {
  return required(`a text of ${least} to ${most} characters`, (value) =>
    typeof value === "string" && least <= value.length && value.length <= most ? value : undefined,
  );
}

export function matching(pattern: RegExp, expects: string): Field<string> {
  return required(expects, (value) => (typeof value === "string" && pattern.test(value) ? value : undefined));
}

export function oneOf<T extends string>(...choices: T[]): Field<T> {
  return required(`one of ${choices.join(", ")}`, (value) => choices.find((choice) => choice === value));
}

export function integer(least: number, most: number): Field<number> {
  return required(`a whole number from ${least} to ${most}`, (value) =>
    Number.isSafeInteger(value) && least <= (value as number) && (value as number) <= most
      ? (value as number)
      : undefined,
  );
}

export const flag: Field<boolean> = required("true or false", (value) =>
  typeof value === "boolean" ? value : undefined,
);

export function list<T>(element: Field<T>, least: number, most: number): Field<T[]> {
  return required(`a list of ${least} to ${most}, each ${element.expects}`, (value) => {
    if (!Array.isArray(value) || value.length < least || most < value.length) return undefined;
    const elements: T[] = [];
    for (const each of value) {
      const read = element.read(each);
      if (read === undefined) return undefined;
      elements.push(read);
    }
    return elements;
  });
}

/** As long as a header can be that Node's parser takes (`--max-http-header-size` is 16 KiB). */
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,16384}$/;

/** Name and value of a header, as HTTP allows them: no line break gets into a request. */
export const headerPair: Field<[string, string]> = required("a pair of header name and value", (value) => {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [name, content] = value as unknown[];
  if (typeof name !== "string" || !HEADER_NAME.test(name)) return undefined;
  if (typeof content !== "string" || /[^\t\x20-\x7e\x80-\xff]/.test(content)) return undefined;
  return [name, content];
});

/** Bytes as canonical base64: padded, no line breaks, not the URL alphabet. */
export function base64(mostBytes: number): Field<Uint8Array> {
  return required(`base64 of at most ${mostBytes} bytes`, (value) => {
    if (typeof value !== "string" || Math.ceil(mostBytes / 3) * 4 < value.length) return undefined;
    const bytes = Buffer.from(value, "base64");
    // Buffer skips what is not base64; whatever it skipped is missing when the bytes are printed again.
    return bytes.byteLength <= mostBytes && bytes.toString("base64") === value ? bytes : undefined;
  });
}

function required<T>(expects: string, read: Field<T>["read"]): Field<T> {
  return { expects, optional: false, read };
}
