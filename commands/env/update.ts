import { Command, Option } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { ENVIRONMENT_VIEW } from "../../src/cli/event-type-view.ts";
import { collect } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { checkEnvironmentAlerts } from "../../src/core/environment-alerts.ts";
import { HooksError } from "../../src/core/errors.ts";
import type { EnvironmentPatch } from "../../src/core/event-type.ts";
import { RETENTION_KINDS, retentionPatch } from "../../src/core/retention.ts";

export interface EnvUpdateOptions {
  strictTypes?: "on" | "off";
  retention: string[];
  alert: string[];
  fields?: string[];
}

/** Defines `hooks env update`. */
export function envUpdateCommand(context: CliContext, run = runEnvUpdate): Command {
  return addFieldsFlag(new Command("update"))
    .description("Changes what is set for the whole environment (--env, --tenant).")
    .addOption(
      new Option(
        "--strict-types <on|off>",
        "take only event types of the catalogue, and only data that fits their schema",
      ).choices(["on", "off"]),
    )
    .option(
      "--retention <kind=duration>",
      `how long what is over is kept (repeatable; 0: for ever; default: as the server says): ${RETENTION_KINDS.join(", ")}`,
      collect,
      [],
    )
    .option(
      "--alert <rule>",
      "watch for this here, beside the server's rules (repeatable: all of them; none: no rule of its own)",
      collect,
      [],
    )
    .addHelpText(
      "after",
      examples(
        "hooks env update --strict-types on",
        "hooks env update --env staging --retention events=7d --retention dead_letters=14d",
        "hooks env update --retention events=default",
        "hooks env update --alert 'failure_rate > 50% in 10m min 20' --alert 'backlog_age > 10m'",
      ),
    )
    .action((flags: EnvUpdateOptions) => run(flags, context));
}

/** @throws HooksError `usage` when nothing is to be changed */
export async function runEnvUpdate(flags: EnvUpdateOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { strictTypes, fields } = flags;
  if (printsFields(out, ENVIRONMENT_VIEW, fields)) return;
  const isKept = 0 < flags.retention.length;
  const isWatched = 0 < flags.alert.length;
  if (strictTypes === undefined && !isKept && !isWatched) {
    throw new HooksError("usage", "nothing to change: name at least one setting", { hint: "hooks env update --help" });
  }
  const patch: EnvironmentPatch = {
    ...(strictTypes === undefined ? {} : { strict_types: strictTypes === "on" }),
    ...(isKept ? { retention: readFlag(flags.retention) } : {}),
    ...(isWatched ? { alerts: readAlerts(flags.alert) } : {}),
  };
  const row = await (await context.service()).updateEnvironment(patch);
  const said = [
    ...(strictTypes === undefined ? [] : [`strict types are ${strictTypes}`]),
    ...(isKept ? ["what is kept was changed"] : []),
    ...(isWatched ? ["alert rules were changed"] : []),
  ];
  printChanged(out, row, ENVIRONMENT_VIEW, {
    fields,
    say: () => `${out.colors.green("✓")} ${said.join(" and ")} in ${out.colors.bold(row.environment)}`,
  });
}

function readFlag(parts: readonly string[]): EnvironmentPatch["retention"] {
  try {
    return retentionPatch(parts, "--retention");
  } catch (error) {
    if (!(error instanceof HooksError)) throw error;
    throw new HooksError("usage", error.message, { field: "--retention", hint: error.hint });
  }
}

function readAlerts(rules: readonly string[]): string[] {
  if (rules.length === 1 && rules[0] === "none") return [];
  try {
    return checkEnvironmentAlerts(rules, "--alert");
  } catch (error) {
    if (!(error instanceof HooksError)) throw error;
    throw new HooksError("usage", error.message.replace(/--alert\[\d+\]/g, "--alert"), {
      field: "--alert",
      hint: error.hint,
    });
  }
}
