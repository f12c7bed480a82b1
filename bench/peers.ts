// The same work done by the queues that others use for it: events of 500 bytes wait, each is signed and posted, 64 at once,
// to the same receiver in the same rounds as hooks and undici alone. Redis and PostgreSQL are the bench's own, in
// folders of its own; peers are installed in bench/peers. What is missing is not measured, and said loudly.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import path from "node:path";
import { type Bar, type Bench, hundredths, judged, type Outcome, type Row, whole } from "./bench.ts";
import { drainOnce } from "./drain.ts";
import { type BareResult, runBare } from "./load/bare.ts";
import { runChild } from "./load/child.ts";
import { WARM_UP } from "./load/payload.ts";
import { startPostgres } from "./load/postgres.ts";
import { type OwnServer, startRedis } from "./load/redis.ts";
import { type Receiver, startReceiver } from "./load/start-receiver.ts";
import { median, round } from "./report/statistics.ts";
import { inTurn } from "./rounds.ts";
import { inFolder } from "./workspace.ts";

const CONNECTIONS = 64;
const FOLDER = path.join(import.meta.dirname, "peers");

interface PeersSize {
  rounds: number;
  deliveries: number;
  warmUp: number;
}

interface Peer {
  name: string;
  script: string;
  /** What it works on, in words. */
  on: string;
  server: OwnServer | undefined;
  /** Why there is no server. */
  missing: string;
}

interface PeerResult extends BareResult {
  version: string;
}

export const peers: Bench = {
  name: "peers",
  run: async (size) => {
    const full = { rounds: 5, deliveries: 100_000, warmUp: WARM_UP };
    return inFolder("peers", (folder) => {
      // Its own user must get in to its own part of it.
      chmodSync(folder, 0o711);
      return measure(folder, size === "full" ? full : { rounds: 1, deliveries: 300, warmUp: 100 }, size === "full");
    });
  },
};

async function measure(folder: string, size: PeersSize, mayInstall: boolean): Promise<Outcome> {
  const uninstalled = install(mayInstall);
  const redis = uninstalled === undefined ? await startRedis(folder) : undefined;
  const postgres = uninstalled === undefined ? await startPostgres(folder) : undefined;
  const receiver = await startReceiver();
  try {
    const noRedis = uninstalled ?? "redis-server is missing (apt-get install redis-server)";
    const noPostgres = uninstalled ?? "postgres and initdb are not on the PATH (apt-get install postgresql)";
    const all: Peer[] = [
      {
        name: "BullMQ",
        script: "bullmq.mjs",
        on: `Redis ${redis?.version ?? ""}, append-only file synced every second`,
        server: redis,
        missing: noRedis,
      },
      {
        name: "graphile-worker",
        script: "graphile-worker.mjs",
        on: `PostgreSQL ${postgres?.version ?? ""}`,
        server: postgres,
        missing: noPostgres,
      },
      {
        name: "pg-boss",
        script: "pg-boss.mjs",
        on: `PostgreSQL ${postgres?.version ?? ""}`,
        server: postgres,
        missing: noPostgres,
      },
    ];
    return await compare(all, receiver, size);
  } finally {
    await Promise.all([receiver.stop(), redis?.stop(), postgres?.stop()]);
  }
}

async function compare(all: readonly Peer[], receiver: Receiver, size: PeersSize): Promise<Outcome> {
  const { url } = receiver;
  const { deliveries: count, warmUp } = size;
  const present = all.filter(({ server }) => server !== undefined);
  const contenders: Record<string, () => Promise<{ perSecond: number; version?: string }>> = {
    undici: async () => {
      const { seconds } = await runBare({ url, count, warmUp, connections: CONNECTIONS, signing: "plain" });
      return { perSecond: count / seconds };
    },
    hooks: () => drainOnce(receiver, size),
  };
  for (const { name, script, server } of present) {
    contenders[name] = async () => {
      const work = { url, server: server!.url, count, warmUp, connections: CONNECTIONS };
      const { seconds, ...rest } = await runChild<PeerResult>(`peers/${script}`, [JSON.stringify(work)]);
      return { perSecond: count / seconds, ...rest };
    };
  }
  const found = await inTurn(size.rounds, contenders);
  const rateOf = (name: string): number => median(found[name]!.map(({ perSecond }) => perSecond));
  const ratioTo = (name: string): number =>
    round(median(found["hooks"]!.map(({ perSecond }, index) => perSecond / found[name]![index]!.perSecond)), 2);

  const rows = all.flatMap(({ name, on, server, missing }): Row[] => {
    if (server === undefined) {
      process.stderr.write(`\n*** ${name} is not measured: ${missing} ***\n\n`);
      const row = { measure: `${name} on ${on.replace("  ", " ").trim()}`, value: `not measured: ${missing}` };
      // A target that nothing was measured for is not met.
      return [name === "BullMQ" ? { ...row, target: "at least 2.5", met: false } : row];
    }
    const ratio = { measure: `hooks ÷ ${name}` };
    return [
      {
        measure: `deliveries a second by ${name} ${found[name]![0]!.version} on ${on}`,
        value: whole(rateOf(name)),
      },
      name === "BullMQ"
        ? judged({ ...ratio, isHeadline: true }, ratioTo(name), { least: 2.5 }, hundredths)
        : { ...ratio, value: hundredths(ratioTo(name)) },
    ];
  });
  const bars: Bar[] = [
    { label: "undici alone, nothing stored", perSecond: rateOf("undici"), kind: "limit" },
    { label: "hooks", perSecond: rateOf("hooks"), kind: "ours" },
    ...present.map(({ name }): Bar => ({ label: name, perSecond: rateOf(name), kind: "peer" })),
  ];
  const first = [
    { measure: "deliveries a second by undici alone, nothing stored, in these rounds", value: whole(rateOf("undici")) },
    { measure: "deliveries a second by hooks", value: whole(rateOf("hooks")) },
  ];
  return { rows: [...first, ...rows], details: { ...size, connections: CONNECTIONS, found }, bars };
}

/** Why the peers' packages are not there. */
function install(mayInstall: boolean): string | undefined {
  if (existsSync(path.join(FOLDER, "node_modules/bullmq"))) return undefined;
  const words = "the peers are not installed (npm install --no-save, in bench/peers)";
  if (!mayInstall) return words;
  process.stderr.write("installing bench/peers …\n");
  // Not `npm ci`, which wants every platform's optional packages in the lockfile; some registries do not have them all.
  const options = ["install", "--no-save", "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", options, { cwd: FOLDER, stdio: ["ignore", 2, 2] });
  return status === 0 ? undefined : words;
}

if (import.meta.main) console.dir(await peers.run("full"), { depth: 6 });
