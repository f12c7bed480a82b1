import type { CliContext } from "../src/cli/context.ts";
import { HooksError } from "../src/core/errors.ts";
import type { ForwardRoute } from "../src/stream/forward-route.ts";
import type { ForwardTarget } from "../src/stream/forward-target.ts";
import type { LocalPrograms } from "../src/stream/local-programs.ts";
import type { ListenOptions } from "./listen-flags.ts";

/** Where deliveries go. */
export interface Forwarding {
  programs: LocalPrograms;
  /** For people: where what no route takes goes; undefined: nowhere, it is answered here. */
  otherwise: string | undefined;
  routes: readonly ForwardRoute[];
}

/**
 * The programs that the flags name, else those of the settings (a checked-in hooks.config.json); undefined: none is named.
 * @throws HooksError `usage`
 */
export async function openForwarding(options: ListenOptions, context: CliContext): Promise<Forwarding | undefined> {
  const { forward, routes } = context.settings().listen;
  const target = options.forward === undefined ? forward : { text: options.forward, origin: "--forward" };
  const given = options.route.length === 0 ? routes : options.route.map((text) => ({ text, origin: "--route" }));
  if (target === undefined && given.length === 0) {
    const flag =
      options.header.length !== 0 ? "--header" : options.forwardAllowRemote ? "--forward-allow-remote" : undefined;
    if (flag !== undefined) throw new HooksError("usage", `${flag} needs --forward or --route`, { field: flag });
    return undefined;
  }
  const [{ parseForwardHeader, parseForwardTarget }, { parseForwardRoute }, { LocalPrograms }] = await Promise.all([
    import("../src/stream/forward-target.ts"),
    import("../src/stream/forward-route.ts"),
    import("../src/stream/local-programs.ts"),
  ]);
  const allowRemote = options.forwardAllowRemote ?? false;
  const otherwise: ForwardTarget | undefined =
    target === undefined ? undefined : parseForwardTarget(target.text, allowRemote, target.origin);
  const parsed = given.map(({ text, origin }) => parseForwardRoute(text, allowRemote, origin));
  const programs = new LocalPrograms({
    routes: parsed,
    otherwise,
    headers: options.header.map(parseForwardHeader),
  });
  context.onExit(() => programs.close());
  const { yellow, green } = context.out.noteColors;
  programs.on("down", (where) => {
    context.out.note(`${yellow("○")} nothing listens on ${where}: start your program. Trying until it is there`);
  });
  programs.on("up", (where) => context.out.note(`${green("●")} ${where} is there`));
  return { programs, otherwise: otherwise?.text, routes: parsed };
}
