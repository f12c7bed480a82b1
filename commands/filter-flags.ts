import { HooksError, isHooksError } from "../src/core/errors.ts";

const FILTER_FLAGS: Readonly<Record<string, string>> = {
  since: "--since",
  until: "--until",
  type: "--type",
  types: "--type",
  status: "--status",
  subscription: "--sub",
  subscriptions: "--sub",
  event: "--event",
  cursor: "--cursor",
  limit: "--limit",
  reason: "--reason",
  rate: "--rate",
};

const PUBLISH_FLAGS: Readonly<Record<string, string>> = {
  type: "<event-type>",
  id: "--id",
  timestamp: "--timestamp",
  metadata: "--metadata",
  version: "--event-version",
  data: "--data",
};

/** Runs a call with filters; an error about a filter names the flag that set it. */
export function namingFilterFlags<T>(call: Promise<T>): Promise<T> {
  return naming(call, FILTER_FLAGS);
}

export function namingPublishFlags<T>(call: Promise<T>): Promise<T> {
  return naming(call, PUBLISH_FLAGS);
}

export async function naming<T>(call: Promise<T>, flags: Readonly<Record<string, string>>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const field = isHooksError(error) ? (error.field ?? "") : "";
    // Of a list the error names the entry: `types[1]` is `--type`.
    const known = [field, field.replace(/\[\d+\]$/, "")].find((one) => Object.hasOwn(flags, one));
    const flag = known === undefined ? undefined : flags[known];
    if (!isHooksError(error) || flag === undefined) throw error;
    const { code, message, hint } = error;
    const named = (message.startsWith(`${field} `) ? flag + message.slice(field.length) : message).replace(
      /(?<!-)\b(since|until)\b/g,
      "--$1",
    );
    throw new HooksError(code, named, { field: flag, hint, cause: error });
  }
}
