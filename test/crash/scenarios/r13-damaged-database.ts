import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { DaemonProcess } from "../daemon-process.ts";
import type { Outcome, RunOptions, Scenario } from "../scenario.ts";
import { Seeded } from "../seeded.ts";
import { storePathIn } from "../stored-content.ts";
import { World } from "../world.ts";

const PAGE = 4096;
/** How many pages are overwritten, and of how many other damages; `long`: all. */
const SCALES = { short: { pages: 2, others: 3 }, long: { pages: Number.POSITIVE_INFINITY, others: 100 } };
const FAILED_EXIT = 5;

export const DAMAGED_DATABASE: Scenario = {
  id: "R13",
  title: "the database is overwritten, older, newer, or not a file of ours",
  run: damagedDatabase,
};

interface Damage {
  name: string;
  make: (store: string) => void;
  says: RegExp;
}

async function damagedDatabase({ seed, scale, folder }: RunOptions): Promise<Outcome> {
  const random = new Seeded(seed);
  const original = path.join(folder, "original");
  const older = path.join(folder, "older.db");
  await makeStores(original, older, seed);
  const pages = Array.from({ length: Math.floor(readFileSync(storePathIn(original)).length / PAGE) }, (_, n) => n);
  const overwritten = random.some(pages, SCALES[scale].pages).map(
    (page): Damage => ({
      name: `page ${page + 1} overwritten`,
      make: (store) => overwrite(store, page, random),
      says: page === 0 ? /is not a database/ : /is damaged/,
    }),
  );
  const others: Damage[] = [
    { name: "zeroed header", make: (store) => change(store, (bytes) => bytes.fill(0, 0, 100)), says: /not a database/ },
    { name: "cut in half", make: (store) => cutInHalf(store), says: /is damaged: its end is missing/ },
    { name: "an older copy", make: (store) => copyFileSync(older, store), says: /lacks its newest \d+ commits/ },
    { name: "a newer schema", make: makeNewer, says: /written by a newer hooks/ },
    { name: "gone", make: (store) => rmSync(store), says: /is missing, but held \d+ commits/ },
    { name: "empty", make: (store) => writeFileSync(store, ""), says: /is empty, but held \d+ commits/ },
    { name: "a folder", make: makeFolder, says: /is a directory/ },
    { name: "a symbolic link", make: makeLink, says: /is a symbolic link/ },
    { name: "a FIFO", make: makeFifo, says: /is not a regular file/ },
    { name: "a text", make: (store) => writeFileSync(store, "notes\n".repeat(100)), says: /is not a database/ },
  ];
  const damages = [...overwritten, ...random.some(others, SCALES[scale].others)];
  const violations: string[] = [];
  for (const [index, { name, make, says }] of damages.entries()) {
    const copy = path.join(folder, String(index));
    cpSync(original, copy, { recursive: true });
    make(storePathIn(copy));
    const before = everythingIn(copy);
    const { code } = await new DaemonProcess(copy).ended;
    const said = readFileSync(path.join(copy, "daemon.log"), "utf8");
    if (code !== FAILED_EXIT) violations.push(`${name}: serve ended with ${code}`);
    if (!says.test(said)) violations.push(`${name}: serve said ${said}`);
    if (everythingIn(copy) !== before) violations.push(`${name}: something was changed or made`);
    rmSync(copy, { recursive: true });
  }
  return {
    figures: [
      { name: "stores that are none", value: String(damages.length) },
      { name: "of them pages of 4 KB overwritten at random", value: `${overwritten.length} of ${pages.length}` },
      { name: "refused with exit 5, nothing changed or made", value: String(damages.length - violations.length) },
    ],
    violations,
    seen: new Set(),
  };
}

/** A store in `folder`, stopped in order, and a copy of its database from before its last events. */
async function makeStores(folder: string, older: string, seed: number): Promise<void> {
  const world = await World.open({ folder, subscriptions: [{ name: "only", concurrency: 4 }] });
  try {
    for (const prefix of ["first", "second"]) {
      const daemon = await world.start();
      await world.clients({ seed, clients: 2, events: 60, padding: 500, prefix }).run();
      await world.delivered(60_000);
      await daemon.stop();
      if (prefix === "first") copyFileSync(world.storePath, older);
    }
  } finally {
    await world.close();
  }
  rmSync(path.join(folder, "daemon.log"));
}

function change(store: string, how: (bytes: Buffer) => void): void {
  const bytes = readFileSync(store);
  how(bytes);
  writeFileSync(store, bytes);
}

function overwrite(store: string, page: number, random: Seeded): void {
  change(store, (bytes) => {
    for (let at = page * PAGE; at < (page + 1) * PAGE; at++) bytes[at] = random.whole(0, 255);
  });
}

function cutInHalf(store: string): void {
  const bytes = readFileSync(store);
  writeFileSync(store, bytes.subarray(0, bytes.length / 2));
}

function makeNewer(store: string): void {
  const db = new Database(store);
  db.pragma(`user_version = ${Number(db.pragma("user_version", { simple: true })) + 1}`);
  db.close();
}

function makeFolder(store: string): void {
  rmSync(store);
  mkdirSync(store);
}

function makeLink(store: string): void {
  renameSync(store, `${store}.target`);
  symlinkSync(`${store}.target`, store);
}

function makeFifo(store: string): void {
  rmSync(store);
  execFileSync("mkfifo", [store]);
}

/** Names and bytes of what is beside the store; the lock is no part of it, and Node's cache neither. */
function everythingIn(folder: string): string {
  return readdirSync(folder)
    .filter((name) => !["hooks.lock", "daemon.log", "cache"].includes(name))
    .toSorted()
    .map((name) => {
      const file = path.join(folder, name);
      const stats = lstatSync(file);
      if (stats.isSymbolicLink()) return `${name} → ${readlinkSync(file)}`;
      return stats.isFile() ? `${name} ${readFileSync(file).toString("base64")}` : `${name} ${stats.mode}`;
    })
    .join("\n");
}
