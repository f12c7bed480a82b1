import path from "node:path";
import { Command } from "commander";
import { complaint } from "../src/cli/complaint.ts";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { collect } from "../src/cli/flag-values.ts";
import { examples } from "../src/cli/help.ts";
import { findProjectFile } from "../src/config/setting-files.ts";
import { HooksError } from "../src/core/errors.ts";
import { SETTING_RULES } from "../src/core/setting-rules.ts";
import { shellWord } from "../src/core/shell-word.ts";
import type { InitFile, LocalProgram } from "./init-files.ts";

export interface InitOptions {
  forward?: string;
  route: string[];
  setup?: boolean;
  force?: boolean;
  dryRun?: boolean;
}

const CONFIG_FILE = "hooks.config.json";
const SETUP_FILE = "hooks.yaml";
/** What most programs that are being written listen on. */
const USUAL_TARGET = "localhost:3000/webhooks";
/** What this very command line says of where commands work is written down, in the file's words. */
const WRITTEN_DOWN: readonly string[] = ["store", "server", "tenant", "environment"];

/** Defines `hooks init`. */
export function initCommand(context: CliContext, run = runInit): Command {
  return new Command("init")
    .description(
      "Writes hooks.config.json into this folder: where hooks listen forwards to, and what --env, --tenant, --server and " +
        "--store say here, so that nobody who works in it types them again. --setup writes hooks.yaml too, with a " +
        "subscription for each of these programs, for hooks apply. What is there already is left alone. Check both in: " +
        "no secret is in them.",
    )
    .option("--forward <target>", `your program: a port, HOST:PORT/PATH or a URL (--yes: ${USUAL_TARGET})`)
    .option(
      "--route <route>",
      "these events elsewhere: 'invoice.*=localhost:4000/billing'; first match wins, --forward is the rest (repeatable)",
      collect,
      [],
    )
    .option("--setup", `write ${SETUP_FILE} too`)
    .option("--force", "write over what is there")
    .option("--dry-run", "print what would be written, and write nothing")
    .addHelpText(
      "after",
      examples(
        "hooks init",
        "hooks init --forward 3000/webhooks --route 'invoice.*=localhost:4000/billing'",
        "hooks init --forward 3000/webhooks --setup --dry-run",
        "hooks init --forward 3000/webhooks --env staging --server https://hooks.example.com",
      ),
    )
    .action((flags: InitOptions) => run(flags, context));
}

/** @throws HooksError `usage` for a file that is there, a target that is none, or nobody to ask for one */
export async function runInit(options: InitOptions, context: CliContext): Promise<void> {
  const { out, cwd } = context;
  const { dryRun = false, force = false } = options;
  const { configFileText, refuseExisting, setupFileText, writeInitFiles } = await import("./init-files.ts");
  const looked = dryRun || force ? [] : [CONFIG_FILE, ...(options.setup === true ? [SETUP_FILE] : [])];
  // Before anything is asked.
  refuseExisting(looked, cwd);
  const { forward, route, setup } = await answers(options, context);
  const programs = await programsOf(forward, route);
  const before = findProjectFile(path.dirname(cwd));
  const config = {
    ...named(context),
    ...(forward === undefined ? {} : { forward }),
    ...(route.length === 0 ? {} : { routes: route }),
  };
  const files: InitFile[] = [{ name: CONFIG_FILE, text: configFileText(config) }];
  if (setup) files.push({ name: SETUP_FILE, text: await setupFileText(programs, path.basename(cwd) || "project") });
  if (!dryRun) {
    if (!force) refuseExisting([CONFIG_FILE, ...(setup ? [SETUP_FILE] : [])], cwd);
    writeInitFiles(files, cwd, force);
  }
  show(files, dryRun, context);
  if (before !== undefined) out.note(`note: ${before} counts no more in this folder: the nearest one does`);
  if (out.mode === "human" && !dryRun) sayNext(config, setup, context);
}

/** What the flags say, and on a terminal what is asked for. */
async function answers(
  { forward, route, setup = false }: InitOptions,
  context: CliContext,
): Promise<{ forward: string | undefined; route: string[]; setup: boolean }> {
  if (forward !== undefined || 0 < route.length) return { forward, route, setup };
  if (context.yes) return { forward: USUAL_TARGET, route, setup };
  if (!context.canPrompt) {
    throw new HooksError("usage", "--forward is missing: where your program takes webhooks", {
      field: "--forward",
      hint: `hooks init --forward ${USUAL_TARGET}`,
    });
  }
  const { parseForwardTarget } = await import("../src/stream/forward-target.ts");
  const given = await context.ask.text("Where does your program take webhooks?", {
    fallback: USUAL_TARGET,
    check: (text) => complaint(() => parseForwardTarget(text, false)),
  });
  const wantsSetup = setup || (await context.ask.confirm(`Write ${SETUP_FILE} too, for hooks apply?`));
  return { forward: given.trim(), route, setup: wantsSetup };
}

/** @throws HooksError `usage`: what is checked in names programs of whoever clones it, on his computer */
async function programsOf(forward: string | undefined, routes: readonly string[]): Promise<LocalProgram[]> {
  const [{ parseForwardRoute }, { parseForwardTarget }] = await Promise.all([
    import("../src/stream/forward-route.ts"),
    import("../src/stream/forward-target.ts"),
  ]);
  const programs = routes.map((text): LocalProgram => {
    const { pattern, target } = parseForwardRoute(text, false);
    return { pattern, url: target.url };
  });
  if (forward !== undefined) programs.push({ pattern: "*", url: parseForwardTarget(forward, false).url });
  const last = programs.findIndex(({ pattern }) => pattern === "*");
  return last === -1 ? programs : programs.slice(0, last + 1);
}

function named(context: CliContext): Record<string, string> {
  const values = context.settings().values.filter(({ key, origin }) => {
    const rule = SETTING_RULES[key];
    return WRITTEN_DOWN.includes(key) && rule?.inProject === true && origin === rule.flag;
  });
  return Object.fromEntries(
    values.map(({ key, value = "" }) => [key, key === "store" ? path.relative(context.cwd, value) : value]),
  );
}

function show(files: readonly InitFile[], dryRun: boolean, { out, cwd }: CliContext): void {
  if (out.mode === "json") {
    const rows = files.map(({ name, text }) => ({ path: path.join(cwd, name), text }));
    out.print(jsonLine({ dry_run: dryRun, files: rows }));
    return;
  }
  for (const { name, text } of files) {
    if (out.mode === "human") out.print(dryRun ? `${out.colors.dim(`# ${name}`)}` : `${tick(out)} wrote ${name}`);
    if (!dryRun && out.mode !== "human") out.print(escapeLine(path.join(cwd, name)));
    if (dryRun) for (const line of text.trimEnd().split("\n")) out.print(escapeLine(line));
  }
}

function tick(out: CliContext["out"]): string {
  return out.colors.green("✓");
}

function sayNext(config: Record<string, unknown>, setup: boolean, { out }: CliContext): void {
  const { server } = config;
  const next = [
    ...(typeof server === "string" ? [["sign in", `hooks login ${shellWord(server)}`] as const] : []),
    ["bring webhooks here", "hooks listen"] as const,
    ["send one", "hooks trigger order.paid"] as const,
    ...(setup ? [["subscribe for good", `hooks apply -f ${SETUP_FILE} --plan`] as const] : []),
    ["see what is set", "hooks config"] as const,
  ];
  out.note("");
  for (const [what, command] of next) out.note(`  ${what.padEnd(20)} ${command}`);
}
