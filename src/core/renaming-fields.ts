import { HooksError, isHooksError } from "./errors.ts";

/**
 * Runs a call that knows the fields of a request by other names than whoever asked: its errors name them as `nameOf`
 * does, which answers a field that both call the same as it is.
 */
async function renamingFields<T>(call: () => Promise<T>, nameOf: (field: string) => string): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isHooksError(error) || error.field === undefined) throw error;
    const { code, message, field, hint, retryAfterMs } = error;
    const name = nameOf(field);
    if (name === field) throw error;
    const isSubject = message.startsWith(field) && !/^\w/.test(message.slice(field.length));
    const renamed = isSubject ? name + message.slice(field.length) : message;
    throw new HooksError(code, renamed, { field: name, hint, retryAfterMs, cause: error });
  }
}

/** The same for one field. */
export function renamingField<T>(from: string, to: string, call: () => Promise<T>): Promise<T> {
  return renamingFields(call, (field) => (field === from ? to : field));
}

/** Of a request that has these fields of the call in its `filter`: `filter.types[0]`. */
export function inFilter<T>(filter: object | undefined, call: () => Promise<T>): Promise<T> {
  const isIn = (field: string): boolean => Object.hasOwn(filter ?? {}, field.replace(/[.[].*$/, ""));
  return renamingFields(call, (field) => (isIn(field) ? `filter.${field}` : field));
}

/** Of a call whose request has its fields in a `filter`. */
export function outOfFilter<T>(call: () => Promise<T>): Promise<T> {
  return renamingFields(call, (field) => field.replace(/^filter\./, ""));
}
