// The names by which others reach this program, as its operator gave them. A receiver there would be the program itself:
// each event that it takes would make the next one.

import { readTargetUrl, type TargetUrl } from "./target-url.ts";

/** Where a name leads to this program. */
export interface OwnName {
  /** As in `TargetUrl`. */
  host: string;
  ports: readonly number[];
  /** What its paths begin with, without a "/" at the end; "": all of them are its. */
  path: string;
}

/** What was given: `--public-url`, and `--allow-host` as it stands in the header Host. */
export interface GivenNames {
  publicUrl?: URL | undefined;
  allowedHosts?: readonly string[] | undefined;
}

/** A proxy stands there, and what does not redirect from the one passes on from both. */
const DEFAULT_PORTS = [80, 443];

/** @param port where the program listens; 0: not known yet */
export function ownNames({ publicUrl, allowedHosts = [] }: GivenNames, port: number): OwnName[] {
  const usual = port === 0 ? DEFAULT_PORTS : [...DEFAULT_PORTS, port];
  const name = (url: string, ports: readonly number[], path: string): OwnName[] => {
    const read = readTargetUrl(url);
    return "host" in read ? [{ host: read.host, ports, path }] : [];
  };
  return [
    ...(publicUrl === undefined
      ? []
      : name(
          `${publicUrl.origin}/`,
          publicUrl.port === "" ? usual : [Number(publicUrl.port)],
          plainPath(publicUrl.pathname).replace(/\/+$/, ""),
        )),
    ...allowedHosts.flatMap((host) => {
      const given = /:(\d{1,5})$/.exec(host)?.[1];
      return name(`http://${host}/`, given === undefined ? usual : [Number(given)], "");
    }),
  ];
}

export function leadsTo({ host, ports, path }: OwnName, target: TargetUrl): boolean {
  if (host !== target.host || !ports.includes(target.port)) return false;
  return path === "" || `${plainPath(target.path.replace(/\?.*$/s, ""))}/`.startsWith(`${path}/`);
}

/** As most proxies compare it: escapes undone, slashes once. */
function plainPath(path: string): string {
  let plain = path;
  try {
    plain = decodeURIComponent(path);
  } catch {
    // What is no escape stays as it is.
  }
  return plain.replaceAll(/\/{2,}/g, "/");
}
