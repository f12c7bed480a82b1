import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { asUsage } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag, fetchRows } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { readSecretValue } from "../../src/cli/secret-value.ts";
import {
  NEW_SECRET_VIEW,
  newSecretLines,
  noteUnprintedSecret,
  SUBSCRIPTION_VIEW,
} from "../../src/cli/subscription-view.ts";
import { printList, printSection } from "../../src/cli/table.ts";
import { parseDuration } from "../../src/core/duration.ts";
import { HooksError } from "../../src/core/errors.ts";
import { ROTATION_GRACE_MAX_MS, type SubscriptionWithSecret } from "../../src/core/subscription.ts";
import { confirmed } from "../confirmed.ts";

export interface SubRotateSecretOptions {
  id?: string | undefined;
  all?: boolean;
  grace?: string;
  secret?: string;
  printSecret?: boolean;
  dryRun?: boolean;
  fields?: string[];
}

const DEFAULT_GRACE = "24h";
const NOTHING = "no subscription has a URL here: nothing to rotate";

/** Defines `hooks sub rotate-secret`. */
export function subRotateSecretCommand(context: CliContext, run = runSubRotateSecret): Command {
  return addFieldsFlag(new Command("rotate-secret"))
    .description(
      "Makes a new signing secret. Until the grace ends old and new both sign, so receivers can change over. --all does " +
        "it for every subscription of the tenant and environment that has a URL, in one step. --all asks first; --yes " +
        "does not.",
    )
    .argument("[subscription]", "id, unique beginning of one, or name")
    .option("--all", "all subscriptions of the tenant and environment")
    .option("--grace <duration>", `how long the old one goes on signing (default: ${DEFAULT_GRACE})`)
    .option("--secret <secret>", "the new one: VALUE, @FILE, - or env:NAME (default: one is made)")
    .option("--print-secret", "in a pipe: print the secret as a second column")
    .option("--dry-run", "--all: only say which")
    .addHelpText(
      "after",
      examples(
        "hooks sub rotate-secret shop",
        "hooks sub rotate-secret shop --grace 7d",
        "hooks sub rotate-secret --all --dry-run",
        "hooks sub rotate-secret --all --grace 24h --yes --json",
      ),
    )
    .action((id: string | undefined, flags: Omit<SubRotateSecretOptions, "id">) => run({ id, ...flags }, context));
}

/** @throws HooksError `usage`; the service's errors; `failed` for No */
export async function runSubRotateSecret(options: SubRotateSecretOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { id, all = false, grace, dryRun = false, fields } = options;
  if (dryRun && !all) throw new HooksError("usage", "--dry-run needs --all", { field: "--dry-run" });
  if (printsFields(out, dryRun ? SUBSCRIPTION_VIEW : NEW_SECRET_VIEW, fields)) return;
  if (grace !== undefined)
    asUsage("--grace", () => parseDuration(grace, "--grace", { min: 0, max: ROTATION_GRACE_MAX_MS }));
  if (all) {
    if (id !== undefined)
      throw new HooksError("usage", "--all and a subscription exclude each other", { field: "--all" });
    // One secret for all would make a leak of one receiver a leak of all.
    if (options.secret !== undefined)
      throw new HooksError("usage", "--all and --secret exclude each other: each gets its own", { field: "--secret" });
    return dryRun ? showAll(options, context) : rotateAll(options, context);
  }
  if (id === undefined) {
    const hint = "hooks sub rotate-secret SUBSCRIPTION, or --all";
    throw new HooksError("usage", "<subscription> is missing: an id or a name", { field: "subscription", hint });
  }
  const secret = options.secret === undefined ? undefined : await readSecretValue(options.secret, "--secret", context);
  const rotated = await (await context.service()).rotateSecret(id, { grace, secret });
  if (out.mode === "json" || fields !== undefined) printList(out, [rotated], NEW_SECRET_VIEW, fields);
  else if (out.mode === "quiet") out.print(rotated.id);
  else if (out.mode === "plain") {
    printPlain(rotated, options, context);
    if (options.printSecret !== true) noteUnprintedSecret(rotated.id, context);
  } else printForPeople(rotated, grace, context);
}

async function rotateAll(options: SubRotateSecretOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { grace, fields } = options;
  const ask = confirmed(context, {
    what: "giving all subscriptions new secrets",
    undone: "nothing was rotated",
  });
  refuseLoss(options, context);
  const { tenant, environment } = context.scope();
  const signs = isNothing(grace)
    ? "The old ones sign no more."
    : `The old ones sign for ${grace ?? DEFAULT_GRACE} more.`;
  await ask(`New secrets for all subscriptions of ${escapeLine(`${tenant}/${environment}`)}? ${signs}`);
  const { data } = await (await context.service()).rotateSecrets({ grace });
  if (out.mode === "json" || fields !== undefined) return printList(out, data, NEW_SECRET_VIEW, fields);
  for (const rotated of data) {
    if (out.mode === "quiet") out.print(rotated.id);
    else if (out.mode === "plain") printPlain(rotated, options, context);
    else printForPeople(rotated, grace, context);
  }
  if (data.length === 0) out.note(NOTHING);
  else if (out.mode === "plain" && options.printSecret !== true)
    out.note("note: the secrets were not printed; to see one: hooks sub secret ID");
}

/** --dry-run: those that rotating would choose. */
async function showAll({ grace, fields }: SubRotateSecretOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const service = await context.service({ reads: true });
  const all = await fetchRows((page) => service.listSubscriptions(page), { limit: Infinity, cursor: undefined });
  // As rotating answers: those with a URL, the oldest first.
  const rows = all.rows.filter(({ transport }) => transport === "http").toReversed();
  printList(out, rows, SUBSCRIPTION_VIEW, fields);
  if (rows.length === 0) return out.note(NOTHING);
  const what = rows.length === 1 ? "1 subscription" : `${rows.length} subscriptions`;
  const old = isNothing(grace) ? "at once" : `and the old one would sign too for ${grace ?? DEFAULT_GRACE}`;
  out.note(`${what} would get a new secret, ${old}; nothing was changed`);
}

/**
 * A server shows a secret once. Where this command line would not print them, all receivers would break at the end of
 * the grace, and nobody could tell them their secrets.
 * @throws HooksError `usage`
 */
function refuseLoss({ fields, printSecret }: SubRotateSecretOptions, context: CliContext): void {
  const { mode } = context.out;
  if (context.settings().target.kind === "local") return;
  const isPrinted =
    fields === undefined ? mode !== "quiet" && (mode !== "plain" || printSecret === true) : fields.includes("secret");
  if (isPrinted && mode !== "quiet") return;
  throw new HooksError("usage", "the new secrets would not be printed, and a server shows them only once", {
    field: "--print-secret",
    hint: "hooks sub rotate-secret --all --yes --json, or --print-secret",
  });
}

function isNothing(grace: string | undefined): boolean {
  return grace !== undefined && parseDuration(grace, "--grace", { min: 0 }) === 0;
}

function printPlain(
  rotated: SubscriptionWithSecret,
  { printSecret }: SubRotateSecretOptions,
  { out }: CliContext,
): void {
  out.print(rotated.id + (printSecret === true ? `\t${rotated.secret}` : ""));
}

function printForPeople(rotated: SubscriptionWithSecret, grace: string | undefined, { out }: CliContext): void {
  const name = escapeLine(rotated.name === "" ? rotated.id : rotated.name);
  const old = isNothing(grace) ? "the old one signs no more" : `the old one signs too for ${grace ?? DEFAULT_GRACE}`;
  out.print(`${out.colors.green("✓")} new secret for ${out.colors.bold(name)}; ${old}\n`);
  printSection(
    out,
    newSecretLines(rotated, out.colors).filter(([key]) => key === "id" || key === "secret"),
  );
}
