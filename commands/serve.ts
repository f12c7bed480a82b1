import { rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command, Option } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { escapeJson, escapeLine, jsonLine } from "../src/cli/escape.ts";
import { collect, netFlags } from "../src/cli/flag-values.ts";
import { examples } from "../src/cli/help.ts";
import { printSection } from "../src/cli/table.ts";
import type { SettingValue } from "../src/config.ts";
import { publicUrlText } from "../src/core/door-settings.ts";
import { formatDuration } from "../src/core/duration.ts";
import { sourceTexts } from "../src/core/egress/source-addresses.ts";
import { HooksError, isHooksError } from "../src/core/errors.ts";
import type { HooksService } from "../src/core/hooks-service.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../src/core/setting-rules.ts";
import { traceSettings } from "../src/core/trace-settings.ts";
import { checkReadyFile } from "./ready-file.ts";

export interface ServeOptions {
  config?: string;
  host?: string;
  port?: string;
  maxSubscriptions?: string;
  maxBacklog?: string;
  concurrency?: string;
  rate?: string;
  tenantRate?: string;
  retryRate?: string;
  dns?: string;
  localAddress: string[];
  allowNet: string[];
  denyNet: string[];
  alert: string[];
  retention: string[];
  otlpEndpoint?: string;
  acceptLoss?: boolean;
  drain?: string;
  logLevel?: string;
  logFormat?: string;
  readyFile?: string;
  profiles?: string;
  publicUrl?: string;
  allowHost: string[];
  trustProxy: string[];
  tlsCert?: string;
  tlsKey?: string;
  keyRate?: string;
}

/** Defines `hooks serve`. */
export function serveCommand(context: CliContext, run = runServe): Command {
  return new Command("serve")
    .description(
      "Runs the relay: accepts events over HTTP, stores them, delivers them signed and with retries. The log goes to " +
        "standard error. Ctrl-C stops accepting and finishes what is in flight; a second one ends at once.",
    )
    .option("--config <file>", "file of settings (JSON, like the user's config.json); flags and variables beat it")
    .option("--host <host>", "address to listen on (default: localhost, which is 127.0.0.1 and ::1)")
    .option("--port <port>", "port to listen on; 0 takes a free one (default: 4680)")
    .option("--concurrency <number>", "requests in flight at once (default: 256)")
    .option("--rate <n/unit>", "requests sent at most, such as 100/s or 5000/m (default: no limit)")
    .option("--tenant-rate <n/unit>", "requests sent for one tenant at most (default: no limit)")
    .option("--retry-rate <n/unit>", "retries sent to one host at most (default: 100/s)")
    .option("--max-subscriptions <number>", "of one tenant in one environment (default: 10000)")
    .option("--max-backlog <number>", "deliveries that may wait; events beyond are answered 503 (default: no limit)")
    .option("--dns <host:port>", "name server for receivers' names (default: the system's)")
    .option(
      "--local-address <address>",
      "address that requests come from (repeatable: one IPv4, one IPv6)",
      collect,
      [],
    )
    .option("--allow-net <network>", "a private network or name that may be sent to: CIDR[:PORT] or NAME", collect, [])
    .option("--deny-net <network>", "one that may not, whatever allows it", collect, [])
    .option(
      "--alert <rule>",
      "tell of it (repeatable; none: of nothing): 'failure_rate > 50% in 10m' (default: 'failure_count > 10 in 5m')",
      collect,
      [],
    )
    .option(
      "--retention <kind=duration>",
      "how long what is over is kept (repeatable; 0: for ever): events=7d, dead_letters=30d (default: 30d and 90d)",
      collect,
      [],
    )
    .option(
      "--otlp-endpoint <url>",
      "collector of traces (OpenTelemetry), such as http://localhost:4318 (default: none)",
    )
    .option("--accept-loss", "start although the store lacks its newest changes (a damaged or older file)")
    .option("--drain <duration>", "how long stopping may take (default: 10s)")
    .addOption(new Option("--log-level <level>", "what is logged (default: info)").choices(LOG_LEVELS))
    .addOption(new Option("--log-format <format>", "default: pretty on a terminal, else json").choices(LOG_FORMATS))
    .option("--ready-file <file>", "written once requests are accepted, with the URL; removed at the end")
    .option("--profiles <file>", "JSON file with profiles of your own (docs/profiles.md)")
    .option("--public-url <url>", "URL by which others reach it, through a proxy or a tunnel")
    .option("--allow-host <name>", "another name that requests may call this host by (repeatable)", collect, [])
    .option(
      "--trust-proxy <who>",
      "proxies that may say who the client is: loopback, a network such as 10.0.0.0/8 (repeatable), or how many",
      collect,
      [],
    )
    .option("--tls-cert <file>", "speak https with this certificate (PEM, its chain behind it)")
    .option("--tls-key <file>", "the certificate's key (PEM), readable by its owner only")
    .option(
      "--key-rate <n/unit>",
      "requests taken with one key at most, unless it has a limit of its own (default: no limit)",
    )
    .addHelpText(
      "after",
      examples(
        "hooks serve",
        "hooks serve --port 8080 --log-format json",
        "hooks serve --port 0 --ready-file ready.json",
        "hooks serve --config /etc/hooks.json",
        "hooks serve --env production --allow-net 10.1.2.0/24:8443 --deny-net intranet.example.com",
        "hooks serve --alert 'failure_rate > 50% in 10m min 20 per subscription' --alert 'backlog_age > 10m'",
        "hooks serve --public-url https://hooks.example.com --trust-proxy loopback",
        "hooks serve --host 0.0.0.0 --port 443 --public-url https://hooks.example.com --tls-cert cert.pem --tls-key key.pem",
      ) +
        `
An address that others can reach takes an API key first: hooks key create. A renewed certificate is taken up by itself,
and at once on SIGHUP; connections that are open go on.
`,
    )
    .action((flags: ServeOptions) => run(flags, context));
}

/** Ends when the signal aborts. @throws HooksError `daemon_running`, `usage`, `store_…` */
export async function runServe(options: ServeOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const own = {
    host: options.host,
    port: options.port,
    public_url: options.publicUrl,
    allow_host: joined(options.allowHost),
    trust_proxy: joined(options.trustProxy),
    tls_cert: options.tlsCert,
    tls_key: options.tlsKey,
    key_rate: options.keyRate,
    max_subscriptions: options.maxSubscriptions,
    max_backlog: options.maxBacklog,
    concurrency: options.concurrency,
    rate: options.rate,
    tenant_rate: options.tenantRate,
    retry_rate: options.retryRate,
    dns: options.dns,
    local_address: joined(options.localAddress),
    alerts: joined(options.alert),
    retention: joined(options.retention),
    otlp_endpoint: options.otlpEndpoint,
    drain: options.drain,
    log_level: options.logLevel,
    log_format: options.logFormat,
    profiles: options.profiles,
    ...netFlags(options.allowNet, options.denyNet),
  };
  const settings = context.settings(own, options.config);
  const { target, dataDirectory, environment, health, retention, serve } = settings;
  if (target.kind === "remote") {
    throw new HooksError(
      "usage",
      `hooks serve works on a local store only, and a server is set: ${target.server.href}`,
      {
        field: "--server",
        hint: "on the local store all the same: --context local (hooks config shows where the server comes from)",
      },
    );
  }
  const readyFile = options.readyFile === undefined ? undefined : path.resolve(context.cwd, options.readyFile);
  // It is replaced once this daemon has the store: one that is refused takes nothing from the one that runs.
  if (readyFile !== undefined) await checkReadyFile(readyFile, (text) => /^\{"url":"http[^"]*"\}\n$/.test(text));
  const [{ startDaemon }, { profilesOf }] = await Promise.all([
    import("../src/daemon.ts"),
    import("../src/cli/own-profiles.ts"),
  ]);
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {}); // it may break while it stops, when nobody waits for this any more
  const logFormat = serve.logFormat ?? (out.isTty ? "pretty" : "json");
  const daemon = await startDaemon({
    storePath: target.storePath,
    dataDirectory,
    host: serve.host,
    hostName: nameOfHost(settings.values),
    port: serve.port,
    environment,
    maxSubscriptions: serve.maxSubscriptions,
    maxBacklog: serve.maxBacklog,
    concurrency: serve.concurrency,
    rates: { process: serve.rate, tenant: serve.tenantRate, hostRetries: serve.retryRate },
    healthThresholds: health,
    retention,
    profiles: await profilesOf(settings),
    dns: serve.dns,
    sources: serve.sources,
    allowNet: serve.allowNet,
    denyNet: serve.denyNet,
    alerts: serve.alerts,
    traces: traceSettings(context.env, serve.otlpEndpoint),
    acceptLoss: options.acceptLoss === true,
    publicUrl: serve.publicUrl,
    allowedHosts: serve.allowedHosts,
    trustedProxies: serve.trustedProxies,
    tls: serve.tls,
    keyRate: serve.keyRate,
    log: {
      level: serve.logLevel,
      format: logFormat,
      write: (line) => out.note(logFormat === "pretty" ? escapeLine(line) : escapeJson(line)),
      waiting: () => out.notesWaiting,
    },
    env: context.env,
    signal: context.signal,
    onFatal: (error) =>
      broken.reject(isHooksError(error) ? error : new HooksError("store_unusable", error.message, { cause: error })),
  });
  context.onExit(() => daemon.stop({ drainMs: 0 }));
  const { renewCertificate } = daemon;
  if (renewCertificate !== undefined) context.onReload(renewCertificate);

  if (readyFile !== undefined) await writeReadyFile(readyFile, daemon.url, context);
  const publicUrl = serve.publicUrl === undefined ? undefined : publicUrlText(serve.publicUrl);
  if (out.mode === "json") out.print(jsonLine({ url: daemon.url, public_url: publicUrl, store: daemon.storePath }));
  else if (out.mode === "human") {
    printSection(out, [
      ["url", out.colors.bold(daemon.url)],
      ...(publicUrl === undefined ? [] : [["public url", escapeLine(publicUrl)] as [string, string]]),
      ["store", escapeLine(daemon.storePath)],
      ...(serve.sources === undefined ? [] : sourceTexts(serve.sources)).map(
        (text) => ["local-address", text] as const,
      ),
      ...serve.allowNet.map(({ text }) => ["allow-net", escapeLine(text)] as const),
      ...serve.denyNet.map(({ text }) => ["deny-net", escapeLine(text)] as const),
    ]);
    out.note("Ctrl-C stops it. Meanwhile, in a second terminal:");
    out.hint(await nextStep(daemon.serviceFor(context.scope())));
  } else out.print(out.mode === "quiet" ? daemon.url : `${daemon.url}\t${escapeLine(daemon.storePath)}`);

  await Promise.race([aborted(context.signal), broken.promise]);
  out.note(`stopping: what is in flight has ${formatDuration(serve.drainMs)}; once more ends at once`);
  await daemon.stop({ drainMs: serve.drainMs });
}

/** Who named the address, for an error about it: `--host`, `HOOKS_HOST`, `/etc/hooks.json: host`. */
function nameOfHost(values: readonly SettingValue[]): string {
  const { origin } = values.find(({ key }) => key === "host")!;
  return path.isAbsolute(origin) ? `${origin}: host` : origin;
}

/** A flag that may be given more than once, as the setting it is. */
function joined(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(",");
}

async function nextStep(service: HooksService): Promise<string> {
  const { data } = await service.listSubscriptions({ limit: 1 });
  return data.length === 0
    ? "hooks sub create --url http://localhost:3000/webhooks --event 'order.*'"
    : "hooks delivery list";
}

/** Whole or not at all: whoever waits for the file reads it as soon as it is there. */
async function writeReadyFile(file: string, url: string, context: CliContext): Promise<void> {
  const draft = `${file}.new`;
  try {
    await rm(draft, { force: true });
    // New and for its owner only: who could write it would choose where a key is sent.
    await writeFile(draft, `${JSON.stringify({ url })}\n`, { mode: 0o600, flag: "wx" });
    await rename(draft, file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new HooksError("usage", `--ready-file: cannot write ${file} (${code})`, {
      field: "--ready-file",
      cause: error,
    });
  }
  context.onExit(() => rm(file, { force: true }));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
