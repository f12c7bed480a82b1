import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { examples } from "../src/cli/help.ts";
import { SetupFault } from "../src/cli/setup-fault.ts";
import { readSetup, type SetupFile, type SetupPlaces } from "../src/cli/setup-file.ts";
import { resolveReferences } from "../src/cli/setup-references.ts";
import { readSetupSources } from "../src/cli/setup-sources.ts";
import { SETUP_CHANGE_VIEW, setupLines, setupSummary } from "../src/cli/setup-view.ts";
import { printList } from "../src/cli/table.ts";
import { HooksError, isHooksError } from "../src/core/errors.ts";
import type { HooksService } from "../src/core/hooks-service.ts";
import { SETUP_SECTIONS, type SetupDocument, type SetupRequest, type SetupResult } from "../src/core/setup/setup.ts";
import { confirmed } from "./confirmed.ts";

export interface ApplyOptions {
  file: string[];
  plan?: boolean;
  dryRun?: boolean;
  prune?: boolean;
  exitCode?: boolean;
  ifPlan?: string;
  grace?: string;
}

const FLAGS: Readonly<Record<string, string>> = { plan: "--if-plan", grace: "--grace" };

/** Defines `hooks apply`. */
export function applyCommand(context: CliContext, run = runApply): Command {
  return new Command("apply")
    .description(
      "Makes an environment what files say: settings, event types, subscriptions, sources, alert rules and keys, all " +
        "of it in one step or nothing. Things are known by their names; what a file leaves out of one has its default. What is " +
        "there and not in the files stays, unless --prune. The same once more changes nothing. Secrets stand in files " +
        "as references, which this command reads: env:NAME, file:PATH.",
    )
    .option(
      "-f, --file <file>",
      "YAML or JSON, or a folder of such files; - reads standard input; repeatable (default: hooks.yaml)",
      (value: string, before: string[]) => [...before, value],
      [],
    )
    .option("--plan", "only show what would be done")
    .option("--dry-run", "the same")
    .option("--exit-code", "with --plan: exit 1 when something would be changed")
    .option("--if-plan <plan>", "only if what is to be done is still this plan (pln_…, which --plan shows)")
    .option("--prune", "also delete what was set up from files and is in them no more, in the sections that they have")
    .option("--grace <duration>", "how long secrets that are replaced sign beside the new ones (default: 24h)")
    .addHelpText(
      "after",
      examples(
        "hooks apply -f hooks.yaml --plan",
        "hooks apply -f hooks.yaml --env production",
        "hooks apply -f set-up/ --prune --yes",
        "hooks apply --plan --exit-code --json",
      ),
    )
    .action((options: ApplyOptions) => run(options, context));
}

/** @throws HooksError that names the file, the line and the column; `conflict` when the plan is another by now */
export async function runApply(options: ApplyOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const isPlan = options.plan === true || options.dryRun === true;
  if (options.exitCode === true && !isPlan) {
    throw new HooksError("usage", "--exit-code is for --plan", {
      field: "--exit-code",
      hint: "hooks apply --plan --exit-code",
    });
  }
  const prune = options.prune === true;
  const ask = prune && !isPlan ? confirmed(context, { what: "pruning" }) : undefined;
  const { setup: file, places } = await readSetup(await readSetupSources(options.file, context));
  if (SETUP_SECTIONS.every((section) => file[section] === undefined)) {
    throw new HooksError("usage", `the files set nothing up: none of ${SETUP_SECTIONS.join(", ")} is in them`, {
      field: "--file",
    });
  }
  const names = scopeNames(file, places, context);
  await resolveReferences(file, places, context);
  const request: SetupRequest = {
    setup: requestOf(file),
    ...(prune ? { prune } : {}),
    ...(options.ifPlan === undefined ? {} : { plan: options.ifPlan }),
    ...(options.grace === undefined ? {} : { grace: options.grace }),
  };
  const service = await context.service({ names });
  const apply = (one: SetupRequest) => placed(service, one, places);
  if (isPlan) {
    const planned = await apply({ ...request, dry_run: true });
    print(planned, context);
    if (options.exitCode === true && 0 < planned.changes.length) context.endWith(1);
    return;
  }
  let plan = request.plan;
  if (ask !== undefined && !context.yes) {
    const planned = await apply({ ...request, dry_run: true });
    const deleted = planned.changes.filter(({ action }) => action === "delete").length;
    if (0 < deleted) {
      for (const line of setupLines(planned, out.colors)) out.print(line);
      await ask(`${setupSummary(planned)}. Delete ${deleted === 1 ? "it" : `these ${deleted}`}, and do the rest?`);
      plan = planned.plan;
    }
  }
  print(await apply({ ...request, ...(plan === undefined ? {} : { plan }) }), context);
}

/** Without what is for this command alone. */
function requestOf({ tenant: _tenant, environment: _environment, ...setup }: SetupFile): SetupDocument {
  const { $schema: _schema, ...rest } = setup as SetupDocument & { $schema?: string };
  return rest;
}

/** What the files name, where the command names nothing else. @throws SetupFault */
function scopeNames(
  file: SetupFile,
  places: SetupPlaces,
  context: CliContext,
): { tenant?: string; environment?: string } {
  const settings = context.settings();
  const names: { tenant?: string; environment?: string } = {};
  for (const field of ["tenant", "environment"] as const) {
    const [given, set] = [file[field], settings[field]];
    if (given === undefined) continue;
    if (set !== undefined && set !== given) {
      throw new SetupFault([
        {
          place: places.of(field),
          field,
          message: `${field} is ${JSON.stringify(given)} here, and the command is for ${JSON.stringify(set)}`,
          hint: `leave ${field === "tenant" ? "--tenant" : "--env"} away (hooks config shows where it comes from), or take it out of the file`,
        },
      ]);
    }
    names[field] = given;
  }
  return names;
}

/** Errors about a place in the set-up say where in the files that is. */
async function placed(service: HooksService, request: SetupRequest, places: SetupPlaces): Promise<SetupResult> {
  try {
    return await service.applySetup(request);
  } catch (error) {
    if (!isHooksError(error) || error.field === undefined) throw error;
    const flag = FLAGS[error.field];
    if (flag !== undefined) {
      throw new HooksError(error.code, error.message.replace(new RegExp(`^${error.field}\\b`), flag), {
        field: flag,
        hint: error.hint,
      });
    }
    const field = error.field.replace(/^setup\./, "");
    const place = /^(settings|alerts|event_types|subscriptions|sources|keys|set)\b/.test(field)
      ? places.of(field)
      : undefined;
    if (place === undefined) throw error;
    throw new HooksError(error.code, `${place}: ${error.message}`, { field, hint: error.hint });
  }
}

function print(result: SetupResult, { out }: CliContext): void {
  if (out.mode === "json") out.print(jsonLine(result));
  else if (out.mode === "human") for (const line of setupLines(result, out.colors)) out.print(line);
  else printList(out, result.changes, SETUP_CHANGE_VIEW, undefined);
  if (out.mode === "json") return;
  const isSecretMade = result.changes.some(({ kind, secret }) => kind === "subscription" && secret !== undefined);
  const made = result.changes.filter(({ kind, secret }) => kind === "source" && secret !== undefined);
  if (out.mode === "plain" && isSecretMade) {
    out.note("note: signing secrets were not printed; to see one: hooks sub secret NAME; --json has them");
  }
  if (out.mode === "plain" && 0 < made.length) {
    const names = made.map(({ name }) => name).join(", ");
    out.note(
      `note: secrets that were made for sources (${names}) were not printed; --json has them; for another one: hooks source rotate-secret NAME --print-secret`,
    );
  }
  for (const warning of result.warnings) out.note(`warning: ${escapeLine(warning)}`);
  out.note(`${setupSummary(result)}${result.dry_run ? ` (${result.plan}: nothing was changed)` : ""}`);
  if (result.left.length === 0) return;
  const some = result.left.slice(0, 5).map(({ kind, name }) => `${kind} ${escapeLine(name)}`);
  const rest = result.left.length - some.length;
  out.hint(
    `not in the files any more: ${[...some, ...(rest === 0 ? [] : [`${rest} more`])].join(", ")} (--prune deletes them)`,
  );
}
