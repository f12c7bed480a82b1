import { HooksError } from "../errors.ts";
import { quoted } from "../quoted.ts";
import { formatIp, parseIp } from "./ip-address.ts";

/** Which of a machine's addresses requests to receivers come from. */
export interface SourceAddresses {
  /** Undefined: receivers that have only IPv4 addresses are not sent to. */
  v4: string | undefined;
  v6: string | undefined;
}

/**
 * `203.0.113.7`, `2001:db8::7`, or one of each with a comma.
 * @throws HooksError `usage` naming `name`.
 */
export function parseSourceAddresses(text: string, name: string): SourceAddresses {
  const sources: SourceAddresses = { v4: undefined, v6: undefined };
  for (const entry of text.split(",").map((one) => one.trim())) {
    const address = parseSource(entry, name);
    const family = address.includes(":") ? "v6" : "v4";
    const other = sources[family];
    if (other !== undefined && other !== address) {
      throw usage(`${name} takes one address of each family, got ${other} and ${address}`, name);
    }
    sources[family] = address;
  }
  return sources;
}

/** In the order in which they are listed. */
export function sourceTexts({ v4, v6 }: SourceAddresses): string[] {
  return [v4, v6].filter((address) => address !== undefined);
}

function parseSource(text: string, name: string): string {
  const ip = parseIp(text);
  if (ip === undefined) {
    throw usage(
      `${name} must be an address of this machine, without a port, got ${quoted(text)}`,
      name,
      `for example: ${name} 203.0.113.7`,
    );
  }
  const { family, value } = ip;
  const first = family === 4 ? value >> 24n : value >> 120n;
  const isMulticast = family === 4 ? 224n <= first : first === 0xffn;
  const isMapped = family === 6 && value >> 32n === 0xffffn;
  if (value === 0n || isMulticast || isMapped) {
    throw usage(`${name} must be one address of this machine, got ${quoted(text)}`, name);
  }
  return formatIp(ip);
}

function usage(message: string, field: string, hint?: string): HooksError {
  return new HooksError("usage", message, { field, hint });
}
