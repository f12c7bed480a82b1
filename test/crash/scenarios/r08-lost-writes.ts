import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DEFAULT_ENVIRONMENT, DEFAULT_TENANT } from "../../../src/core/scope.ts";
import { openSqliteStore } from "../../../src/store/sqlite/open-sqlite-store.ts";
import { Disk, type Image } from "../disk-image.ts";
import { answersIn, type TracedAnswer } from "../durability-trace.ts";
import { counted, judged, type Outcome, type RunOptions, type Scenario } from "../scenario.ts";
import { Seeded } from "../seeded.ts";
import { integrityOf, storePathIn } from "../stored-content.ts";
import { parseTrace } from "../system-calls.ts";
import { World } from "../world.ts";

const WEAK_SYNC = path.join(import.meta.dirname, "../weak-sync.ts");
const SCOPE = { tenant: DEFAULT_TENANT, environment: DEFAULT_ENVIRONMENT };
const SCALES = { short: { events: 200, cuts: 30 }, long: { events: 1_500, cuts: 250 } };
const CONTROL = { events: 100, cuts: 20 };
const CLIENTS = 4;
const PADDING = 3_000;
const DELIVERED_LIMIT_MS = 120_000;
/** 32 bytes in base64, and a line break. */
const MASTER_KEY_BYTES = 45;
const MOST_PROBLEMS = 10;
/** More than any write has bytes. */
const LONGEST_TEXT = 1_000_000;

export const LOST_WRITES: Scenario = {
  id: "R08",
  title: "power cuts: writes that were not synced are lost or torn (strace)",
  needs: ["strace"],
  run: lostWrites,
};

interface CutReport {
  images: number;
  /** Accepted events that were in no image's store though their answer had left before the cut; over all images. */
  lost: number;
  problems: string[];
}

async function lostWrites(options: RunOptions): Promise<Outcome> {
  const { seed, scale, folder } = options;
  const { events, cuts } = SCALES[scale];
  const traced = await traceDaemon(`${folder}/full`, seed, events);
  const full = await cutEverywhere(traced, cuts, new Seeded(seed), `${folder}/image`);
  const weakly = await traceDaemon(`${folder}/weak`, seed, CONTROL.events, WEAK_SYNC);
  const weak = await cutEverywhere(weakly, CONTROL.cuts, new Seeded(seed), `${folder}/image`);

  const violations = [...traced.violations, ...full.problems.slice(0, MOST_PROBLEMS)];
  if (full.lost !== 0) violations.push(`P1: ${full.lost} accepted events were lost by power cuts`);
  if (weak.lost === 0) violations.push("the same program with synchronous=NORMAL loses nothing: nothing was tested");
  const figures = [
    { name: "system calls replayed", value: String(traced.calls) },
    { name: "power cuts", value: String(cuts) },
    { name: "disks opened", value: String(full.images) },
    counted("accepted and lost", full.lost, 0),
    { name: `lost with synchronous=NORMAL, ${CONTROL.cuts} cuts (control)`, value: String(weak.lost) },
  ];
  return { figures, violations, seen: new Set() };
}

interface Traced {
  trace: string;
  folder: string;
  calls: number;
  violations: string[];
}

/** A first start in an empty folder, a subscription made over HTTP, and events: all of it under strace. */
async function traceDaemon(folder: string, seed: number, events: number, preload?: string): Promise<Traced> {
  const world = await World.open({ folder, subscriptions: [] });
  const trace = path.join(folder, "trace");
  try {
    const calls = "trace=openat,write,writev,pwrite64,fsync,fdatasync,ftruncate,rename,link,unlink";
    const strace = ["-f", "-qq", "-y", "-s", String(LONGEST_TEXT), "--seccomp-bpf", "-e", calls, "-o", trace];
    const daemon = await world.start(preload === undefined ? { strace } : { strace, preload });
    await world.subscribeOverHttp("only", 8);
    await world.clients({ seed, clients: CLIENTS, events, padding: PADDING }).run();
    const isDelivered = await world.delivered(DELIVERED_LIMIT_MS);
    await daemon.stop();
    const { violations } = judged(await world.history());
    if (!isDelivered) violations.push("not everything was delivered");
    const text = readFileSync(trace, "utf8");
    return { trace: text, folder, calls: text.split("\n").length, violations };
  } finally {
    await world.close();
  }
}

/** Power cuts at random moments of the trace, and right after answers, where a promise is youngest. */
async function cutEverywhere({ trace, folder }: Traced, count: number, random: Seeded, at: string): Promise<CutReport> {
  const calls = parseTrace(trace);
  const answers = answersIn(calls).filter(({ status }) => status === 202 || status === 201);
  const last = calls.at(-1)!.begun;
  const positions = Array.from({ length: count }, (_, index) =>
    index % 2 === 0 ? random.whole(0, last) : random.pick(answers).begun,
  ).sort((a, b) => a - b);
  const disk = new Disk(folder, calls);
  const report: CutReport = { images: 0, lost: 0, problems: [] };
  for (const position of positions) {
    disk.advance(position);
    const promised = answers.filter(({ begun }) => begun <= position);
    for (const image of [disk.strictest(), disk.torn(random)]) {
      report.images += 1;
      const found = await afterCut(image, promised, at).catch((error: unknown) => ({
        lost: 0,
        problem: String(error),
      }));
      report.lost += found.lost;
      if (found.problem !== undefined) report.problems.push(`cut at ${position}: ${found.problem}`);
    }
  }
  return report;
}

/** Opens the store of a disk after a power cut: what was promised and is not there, and whatever else is wrong. */
async function afterCut(
  image: Image,
  promised: readonly TracedAnswer[],
  folder: string,
): Promise<{ lost: number; problem: string | undefined }> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of image) writeFileSync(path.join(folder, name), bytes, { mode: 0o600 });
  const storePath = storePathIn(folder);
  const store = await openSqliteStore({ path: storePath });
  try {
    const integrity = integrityOf(storePath);
    let lost = 0;
    for (const { text } of promised) {
      const id = /\\"id\\":\\"(e-\d+)\\"/.exec(text)?.[1];
      if (id !== undefined && (await store.findEvent(SCOPE, id)) === undefined) lost += 1;
    }
    const subscriptions = await store.loadSubscriptions(SCOPE);
    const isSubscribed = promised.some(({ status }) => status === 201);
    if (integrity !== "ok") return { lost, problem: `the database is damaged: ${integrity}` };
    if (isSubscribed && subscriptions.length !== 1) return { lost, problem: "the subscription is gone" };
    if (isSubscribed && image.get("master.key")?.length !== MASTER_KEY_BYTES) {
      return { lost, problem: "the master key is gone: no secret can be opened" };
    }
    if (image.has("token") && image.get("token")!.toString().startsWith("hk_local_") === false) {
      return { lost, problem: "the token is there and holds none: nobody can use the daemon" };
    }
    return { lost, problem: undefined };
  } finally {
    await store.close();
  }
}
