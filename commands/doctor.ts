import { stat } from "node:fs/promises";
import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine } from "../src/cli/escape.ts";
import { examples } from "../src/cli/help.ts";
import { addFieldsFlag } from "../src/cli/pages.ts";
import { printsFields } from "../src/cli/print-one.ts";
import { whoIs } from "../src/cli/sign-in.ts";
import { type Fields, type ListView, printList } from "../src/cli/table.ts";
import type { RemoteTarget, Settings } from "../src/config.ts";
import { HooksError, isHooksError } from "../src/core/errors.ts";
import { VERSION } from "../src/core/version.ts";
import type { Whoami } from "../src/core/whoami.ts";
import { coreDumpFindings } from "./doctor-core-dumps.ts";
import { secretFindings } from "./doctor-secrets.ts";

type StoreFacts = NonNullable<Awaited<ReturnType<CliContext["local"]>>["storeFacts"]>;

export interface Finding {
  check: string;
  ok: boolean;
  /** It works, and is still better changed. */
  warning?: boolean;
  detail: string;
  hint?: string;
}

export interface DoctorOptions {
  fields?: string[];
}

type FindingRow = Required<Omit<Finding, "hint">> & { hint: string | null };

const VIEW: ListView<FindingRow> = {
  columns: [
    { title: "check", text: ({ check }) => check },
    { title: "result", text: ({ ok, warning }) => (warning ? "warning" : ok ? "ok" : "fault") },
    { title: "detail", text: ({ detail }) => detail },
  ],
  fields: ["check", "ok", "warning", "detail", "hint"],
  id: ({ check }) => check,
};

/** Defines `hooks doctor`. */
export function doctorCommand(context: CliContext, run = runDoctor): Command {
  return addFieldsFlag(
    new Command("doctor").description(
      "Checks this installation: Node, settings, store, permissions, daemon or server. Changes nothing.",
    ),
  )
    .addHelpText(
      "after",
      examples(
        "hooks doctor",
        "hooks doctor --json",
        "hooks doctor --fields check,ok",
        "hooks doctor --server https://hooks.example.com",
      ),
    )
    .action((flags: DoctorOptions) => run(flags, context));
}

/** @throws HooksError `failed` when something is wrong */
export async function runDoctor({ fields }: DoctorOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, VIEW, fields)) return;
  const findings: Finding[] = [];
  const tell = (finding: Finding): void => {
    findings.push(finding);
    if (fields === undefined || out.mode !== "human") print(finding, fields, context);
  };
  tell({ check: "hooks", ok: true, detail: VERSION });
  tell(checkNode());
  const settings = await found(async () => context.settings());
  if (isHooksError(settings)) tell({ check: "settings", ok: false, ...told(settings) });
  else {
    tell({
      check: "settings",
      ok: true,
      detail: settings.warnings.length === 0 ? "each is valid" : settings.warnings.join("; "),
    });
    const checks =
      settings.target.kind === "local"
        ? await localChecks(settings, settings.target.storePath, context)
        : await remoteChecks(settings.target, settings, context);
    for (const finding of checks) tell(finding);
  }
  // One table, whose columns are as wide as all of them need.
  if (fields !== undefined && out.mode === "human") printList(out, findings.map(rowOf), VIEW, fields);
  const faults = findings.filter((finding) => !finding.ok);
  if (0 < faults.length) {
    const names = faults.map((fault) => fault.check).join(", ");
    throw new HooksError("failed", `${faults.length} of ${findings.length} checks failed: ${names}`, {
      hint: faults[0]?.hint,
    });
  }
  const warnings = findings.filter((finding) => finding.warning === true).length;
  if (out.mode === "human")
    out.note(warnings === 0 ? "all is well" : `all works; see ${warnings === 1 ? "the warning" : "the warnings"}`);
}

function print(finding: Finding, fields: Fields, { out }: CliContext): void {
  const { check, ok, warning = false, detail, hint } = finding;
  if (out.mode !== "human") {
    if (out.mode !== "quiet") printList(out, [rowOf(finding)], VIEW, fields);
    return;
  }
  const mark = warning ? out.colors.yellow("!") : ok ? out.colors.green("✓") : out.colors.red("✗");
  out.print(`${mark} ${check.padEnd(14)}  ${escapeLine(detail)}`);
  // Of a fault the error at the end says it.
  if (warning && hint !== undefined) out.print(`  ${"".padEnd(14)}  ${out.colors.dim(escapeLine(hint))}`);
}

function rowOf({ check, ok, warning = false, detail, hint }: Finding): FindingRow {
  return { check, ok, warning, detail, hint: hint ?? null };
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = 22 < major || (major === 22 && 19 <= minor);
  return { check: "node", ok, detail: process.version, ...(ok ? {} : { hint: "hooks needs Node 22.19 or newer" }) };
}

async function localChecks(settings: Settings, storePath: string, context: CliContext): Promise<Finding[]> {
  const findings = [
    await checkMode("data directory", settings.dataDirectory),
    await checkMode("store file", storePath),
  ];
  if (await exists(storePath)) {
    const opened = await found(async () => {
      const local = await context.local("hooks doctor", { readOnly: true });
      await local.serviceFor(context.scope()).listSubscriptions({ limit: 1 });
      return local.storeFacts;
    });
    if (isHooksError(opened)) findings.push({ check: "store", ok: false, ...told(opened) });
    else {
      findings.push({ check: "store", ok: true, detail: "can be read" }, ...(await checkSecrets(context)));
      if (opened !== undefined) findings.push(checkDurability(opened), checkCommits(opened));
    }
  }
  if (await exists(storePath)) findings.push(...(await checkAlerts(context, { readOnly: true })));
  const daemon = await found(() => context.daemon());
  if (isHooksError(daemon)) findings.push({ check: "daemon", ok: false, ...told(daemon) });
  else
    findings.push({
      check: "daemon",
      ok: true,
      detail: daemon === undefined ? "not running" : `${daemon.url}, process ${daemon.pid}`,
    });
  findings.push(...(await coreDumpFindings(isHooksError(daemon) ? undefined : daemon?.pid)));
  return findings;
}

async function remoteChecks(target: RemoteTarget, settings: Settings, context: CliContext): Promise<Finding[]> {
  const { server } = target;
  const { tenant, environment } = settings;
  const meta = await found(async () => (await context.service()).meta());
  if (isHooksError(meta)) return [{ check: "server", ok: false, ...told(meta) }];
  const who = await found(async () => whoIs({ server, apiKey: await context.apiKey(target), tenant, environment }));
  return [
    { check: "server", ok: true, detail: `answers, hooks ${meta.version}` },
    isHooksError(who) ? { check: "key", ok: false, ...told(who) } : { check: "key", ok: true, detail: whoText(who) },
    ...(await checkAlerts(context, {})),
  ];
}

function whoText({ name, role, tenant, environment }: Whoami): string {
  const of = (what: string, value: string): string => (value === "*" ? `any ${what}` : `${what} ${value}`);
  return `${name}: ${role}, ${of("tenant", tenant)}, ${of("environment", environment)}`;
}

/** What decides whether an acknowledged event survives a power cut. */
function checkDurability({ sqliteVersion, journalMode, synchronous, fileSystem }: StoreFacts): Finding {
  const isShared = fileSystem?.kind === "network";
  const detail = [
    `SQLite ${sqliteVersion}`,
    `journal_mode=${journalMode}`,
    `synchronous=${synchronous}`,
    ...(fileSystem === undefined ? [] : [`on ${fileSystem.name}${isShared ? ", which other machines share" : ""}`]),
  ].join(", ");
  const hint = isShared ? { hint: "put the store on a disk of this machine: --store FILE" } : {};
  return { check: "durability", ok: !isShared, detail, ...hint };
}

/** SQLite says nothing of a damaged log, nor of an older copy in the place of the store. */
function checkCommits({ loss }: StoreFacts): Finding {
  const check = "commits";
  return loss === undefined ? { check, ok: true, detail: "none is missing" } : { check, ok: false, ...told(loss) };
}

/** They are sealed with a key that is not in the store: a copied or restored one may lack it. */
async function checkSecrets(context: CliContext): Promise<Finding[]> {
  const check = "secrets";
  const opened = await found(async () => {
    const local = await context.local("hooks doctor", { readOnly: true });
    return { count: await local.checkSecrets({ everywhere: true }), report: await local.reportSecrets(), local };
  });
  if (isHooksError(opened)) return [{ check, ok: false, ...told(opened) }];
  const { count, report, local } = opened;
  const where = local.secretStore === undefined ? "" : `; new ones are kept in ${local.secretStore.name}`;
  return [{ check, ok: true, detail: `${count} can be opened${where}` }, ...secretFindings(report)];
}

/** Of the environment that is worked in. Who may not read them, or asks an older server, is told nothing. */
async function checkAlerts(context: CliContext, { readOnly }: { readOnly?: boolean }): Promise<Finding[]> {
  const firing = await found(async () => {
    const service =
      readOnly === true
        ? (await context.local("hooks doctor", { readOnly })).serviceFor(context.scope())
        : await context.service();
    return (await service.listAlerts({ state: "firing" })).data;
  });
  if (isHooksError(firing)) return [];
  const check = "alerts";
  if (firing.length === 0) return [{ check, ok: true, detail: "none fires" }];
  const detail = `${firing.length} ${firing.length === 1 ? "fires" : "fire"}: ${firing[0]!.rule}`;
  return [{ check, ok: true, warning: true, detail, hint: "hooks alert list --state firing" }];
}

/** Secrets are in there: nobody else may read it. */
async function checkMode(check: string, file: string): Promise<Finding> {
  const stats = await stat(file).catch(() => undefined);
  if (stats === undefined) return { check, ok: true, detail: `${file} (not made yet)` };
  const mode = (stats.mode & 0o777).toString(8);
  if (process.platform === "win32" || (stats.mode & 0o077) === 0)
    return { check, ok: true, detail: `${file} (${mode})` };
  const wanted = stats.isDirectory() ? "700" : "600";
  return { check, ok: false, detail: `${file} can be read by others (${mode})`, hint: `chmod ${wanted} '${file}'` };
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

async function found<T>(look: () => Promise<T>): Promise<T | HooksError> {
  try {
    return await look();
  } catch (error) {
    if (isHooksError(error)) return error;
    throw error;
  }
}

function told(error: HooksError): { detail: string; hint?: string } {
  return { detail: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}
