import { type Command, Option } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { collect, pair } from "../../src/cli/flag-values.ts";
import { readSecretValue } from "../../src/cli/secret-value.ts";
import { HANDSHAKES } from "../../src/core/sources/challenge.ts";
import { SOURCE_MODES, type SourceMode, type SourcePatch } from "../../src/core/sources/source.ts";
import { naming } from "../filter-flags.ts";

/** What create and update set, as parsed. */
export interface SourceFlags {
  description?: string;
  mode?: SourceMode;
  liveTimeout?: string;
  prefix?: string;
  typeFrom?: string;
  idFrom?: string;
  dataFrom?: string;
  map: string[];
  handshake?: string;
  verifyToken?: string;
  allowOrigin: string[];
  topic: string[];
  tolerance?: string;
  url?: string;
  rate?: string;
}

export function addSourceFlags(command: Command): Command {
  return command
    .option("--description <text>", "what it is for")
    .addOption(
      new Option(
        "--mode <mode>",
        "live: the sender gets the answer of the program behind hooks listen --source",
      ).choices(SOURCE_MODES),
    )
    .option("--live-timeout <duration>", "live: how long the sender waits for that answer (default: 10s)")
    .option("--prefix <name>", "what its event types begin with (default: its name; '': nothing)")
    .option("--type-from <place>", "where a request says what happened: a header, or a pointer into the body")
    .option("--id-from <place>", "where its id stands, by which a repetition is known")
    .option("--data-from <pointer>", "which part of the body is the event's data: /data/object (default: all of it)")
    .option(
      "--map <type=event-type>",
      "what the sender calls it = what it is here, 'ping=' for nothing (repeatable)",
      collect,
      [],
    )
    .addOption(
      new Option(
        "--handshake <name>",
        "how the sender asks whether the address is meant (default: the scheme's)",
      ).choices(["none", ...HANDSHAKES]),
    )
    .option("--verify-token <token>", "the text agreed on for the handshake: VALUE, @FILE, - or env:NAME")
    .option("--allow-origin <name>", "CloudEvents: who may send, '*' for anybody (repeatable)", collect, [])
    .option(
      "--topic <topic>",
      "SNS, WebSub: what it may be subscribed to; SNS: and nothing else is taken (repeatable)",
      collect,
      [],
    )
    .option("--tolerance <duration>", "how old a signature may be: 5m, or none (default: the scheme's)")
    .option(
      "--url <url>",
      "by which the sender calls it, where the scheme signs that (default: the server's public URL)",
    )
    .option("--rate <limit>", "requests that are taken: 10/s, 600/m (default: no limit)");
}

/** What the flags say, and nothing about what they do not. @throws HooksError `usage` */
export async function sourcePatch(flags: SourceFlags, context: CliContext): Promise<SourcePatch> {
  const { description, mode, liveTimeout, prefix, typeFrom, idFrom, dataFrom, handshake, tolerance, url, rate } = flags;
  const token =
    flags.verifyToken === undefined ? undefined : await readSecretValue(flags.verifyToken, "--verify-token", context);
  const map = flags.map.map((text) => pair("--map", text, "="));
  return {
    ...(description === undefined ? {} : { description }),
    ...(mode === undefined ? {} : { mode }),
    ...(liveTimeout === undefined ? {} : { live_timeout: liveTimeout }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(typeFrom === undefined ? {} : { type_from: typeFrom }),
    ...(idFrom === undefined ? {} : { id_from: idFrom }),
    ...(dataFrom === undefined ? {} : { data_from: dataFrom }),
    ...(map.length === 0 ? {} : { map: Object.fromEntries(map.map(([from, to]) => [from, to === "" ? null : to])) }),
    ...(handshake === undefined ? {} : { handshake }),
    ...(token === undefined ? {} : { verify_token: token }),
    ...(flags.allowOrigin.length === 0 ? {} : { allow_origins: flags.allowOrigin }),
    ...(flags.topic.length === 0 ? {} : { topics: flags.topic }),
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(url === undefined ? {} : { url }),
    ...(rate === undefined ? {} : { rate_limit: rate }),
  };
}

const FLAGS: Readonly<Record<string, string>> = {
  name: "<source>",
  scheme: "--scheme",
  secret: "--secret",
  grace: "--grace",
  description: "--description",
  mode: "--mode",
  live_timeout: "--live-timeout",
  prefix: "--prefix",
  type_from: "--type-from",
  id_from: "--id-from",
  data_from: "--data-from",
  map: "--map",
  handshake: "--handshake",
  verify_token: "--verify-token",
  allow_origins: "--allow-origin",
  topics: "--topic",
  tolerance: "--tolerance",
  url: "--url",
  rate_limit: "--rate",
  outcome: "--outcome",
  cursor: "--cursor",
  limit: "--limit",
};

/** Runs a call about sources; an error about a field names the argument or flag that set it. */
export function namingSourceFlags<T>(call: Promise<T>): Promise<T> {
  return naming(call, FLAGS);
}
