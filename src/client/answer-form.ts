// What a JSON value must look like to be an answer of hooks. Another program may answer 200 and JSON, too: what it says
// is not to be believed, nor printed as if it were ours. Fields that are not named are passed on: a newer server has more.

/** What is wrong with the value that stands at `path`; undefined: nothing. */
export type Form = (value: unknown, path: string) => string | undefined;

export const text: Form = kind("string", "a string");
export const number: Form = kind("number", "a number");
export const flag: Form = kind("boolean", "true or false");
export const record: Form = (value, path) => (isObject(value) ? undefined : `${path} is no object`);
export const bytes: Form = (value, path) => (value instanceof Uint8Array ? undefined : `${path} is missing`);
export const anything: Form = () => undefined;

export function orNull(form: Form): Form {
  return (value, path) => (value === null ? undefined : form(value, path));
}

/** May be left out. */
export function maybe(form: Form): Form {
  return (value, path) => (value === undefined ? undefined : form(value, path));
}

export function listOf(form: Form): Form {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} is no list`;
    for (const [at, entry] of value.entries()) {
      const problem = form(entry, `${path}[${at}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** An object with these members. `T` is what the caller takes it for: a member that is forgotten here does not compile. */
export function objectOf<T extends object>(members: { [Name in keyof Required<T>]: Form }): Form {
  const entries = Object.entries<Form>(members);
  return (value, path) => {
    if (!isObject(value)) return `${path} is no object`;
    for (const [name, form] of entries) {
      const member: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
      const problem = form(member, `${path}.${name}`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** Either form; what the first says is wrong is told. */
export function either(one: Form, other: Form): Form {
  return (value, path) => {
    const problem = one(value, path);
    return problem === undefined || other(value, path) === undefined ? undefined : problem;
  };
}

function kind(type: "string" | "number" | "boolean", words: string): Form {
  return (value, path) =>
    typeof value === type ? undefined : value === undefined ? `${path} is missing` : `${path} is not ${words}`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
