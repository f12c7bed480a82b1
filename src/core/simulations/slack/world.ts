// Who and where Slack's events speak of.

import type { Fresh } from "../fresh.ts";

/** Who and where, with Slack's ids: a letter for the kind, and capitals and digits. */
export interface World {
  fresh: Fresh;
  team: string;
  app: string;
  user: string;
  userName: string;
  realName: string;
  bot: string;
  channel: string;
  token: string;
  /** `1732284655.000200`: the id of a message in its channel. */
  ts: string;
}

export function makeWorld(fresh: Fresh): World {
  const { login, first, last } = fresh.person();
  return {
    fresh,
    team: `T${fresh.base36(10)}`,
    app: `A${fresh.base36(10)}`,
    user: `U${fresh.base36(10)}`,
    userName: login.replace("-", "."),
    realName: `${first} ${last}`,
    bot: `U${fresh.base36(10)}`,
    channel: `C${fresh.base36(10)}`,
    token: fresh.base62(24),
    ts: `${fresh.seconds()}.${fresh.digits(6)}`,
  };
}

const AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)";

export function headers(contentType: string): Record<string, string> {
  return { "User-Agent": AGENT, Accept: "*/*", "Content-Type": contentType };
}
