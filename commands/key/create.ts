import { Command, Option } from "commander";
import { newKeyView } from "../../src/cli/admin-view.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { printList, printSection } from "../../src/cli/table.ts";
import { ANY, type KeyWithSecret, ROLES, type Role } from "../../src/core/key.ts";
import { namedReach, namingKeyFlags, type ReachFlags } from "./key-flags.ts";

export interface KeyCreateOptions extends ReachFlags {
  name: string;
  role: Role;
  expires?: string;
  rate?: string;
  fields?: string[];
  /** Of the global flags. */
  tenant?: string;
  env?: string;
}

/** Defines `hooks key create`. */
export function keyCreateCommand(context: CliContext, run = runKeyCreate): Command {
  return addFieldsFlag(new Command("create"))
    .description(
      "Makes a key and prints it, this once: only its digest is stored. It works in one tenant (--tenant, default: " +
        "default) and one environment (--env, default: production), or in all of them. --quiet prints the key alone.",
    )
    .argument("<name>", "what it is for")
    .addOption(new Option("--role <role>", "what it may do").choices(ROLES).makeOptionMandatory())
    .option("--all-tenants", "for every tenant: each request names one")
    .option("--all-environments", "for every environment: each request names one")
    .option("--expires <when>", "when it ends: 30d, 2027-01-31T00:00:00Z (default: it does not)")
    .option("--rate <limit>", "at most so many requests with it: 10/s, 600/m")
    .addHelpText(
      "after",
      examples(
        "hooks key create shop-backend --role publisher --tenant acme --env production",
        "hooks key create ci --role admin --expires 30d --quiet > ci.key",
        "hooks key create gateway --role publisher --all-tenants --all-environments --json",
      ),
    )
    .action((name: string, flags: Omit<KeyCreateOptions, "name">) => run({ ...flags, name }, context));
}

/** @throws HooksError the service's errors, naming the flag */
export async function runKeyCreate(options: KeyCreateOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { name, role, expires, rate, fields } = options;
  const view = newKeyView(context.now());
  if (printsFields(out, view, fields)) return;
  const reach = namedReach(options, context);
  const admin = await context.admin();
  const created = await namingKeyFlags(admin.createKey({ name, role, ...reach, expires, rate_limit: rate }));
  if (out.mode === "json" || fields !== undefined) printList(out, [created], view, fields);
  // Whoever wants one line wants what cannot be had again.
  else if (out.mode === "quiet") out.print(created.key);
  else if (out.mode === "plain") out.print(`${created.id}\t${created.key}`);
  else printForPeople(created, context);
  tellWhatNext(created, context);
}

function printForPeople(created: KeyWithSecret, { out }: CliContext): void {
  const of = (name: string): string => (name === ANY ? "any" : name);
  out.print(`${out.colors.green("✓")} created key ${out.colors.bold(escapeLine(created.name))}\n`);
  printSection(out, [
    ["id", created.id],
    ["role", created.role],
    ["tenant", of(created.tenant)],
    ["environment", of(created.environment)],
    ["expires", created.expires_at ?? "never"],
    ["key", created.key + out.colors.dim("     shown once")],
  ]);
}

function tellWhatNext({ id }: KeyWithSecret, context: CliContext): void {
  const { out } = context;
  const { target } = context.settings();
  out.note("keep the key now: it is stored as a digest and cannot be shown again");
  const url = target.kind === "remote" ? target.server.href : "URL";
  out.hint(`to work with it: hooks login ${url} --name NAME · to end it: hooks key revoke ${id}`);
}
