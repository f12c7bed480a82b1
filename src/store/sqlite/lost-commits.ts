import { existsSync, statSync } from "node:fs";
import type { HooksError } from "../../core/errors.ts";
import { isDaemonLocked } from "./daemon-lock.ts";
import { highWaterMarkPath, type Mark, readHighWaterMark } from "./high-water-mark.ts";
import { newerSchema } from "./migrate.ts";
import { unusable } from "./sqlite-error.ts";
import { hasLog } from "./store-file.ts";
import { readStoreState, type StoreState } from "./store-state.ts";

/** Between two looks at a log that may be under way. */
const SECOND_LOOK_MS = 50;

/**
 * Looks at a store before SQLite opens it, as opening folds in whatever log it finds: neither one of a newer schema nor
 * one that lacks what was acknowledged may be. Answers the mark as it was before, for a second look at the open database.
 *
 * @param isAlone no daemon can be running on it
 * @throws HooksError `store_unusable`: database and log are left as they were, byte for byte
 */
export async function lookBeforeOpening(
  path: string,
  { isAlone, acceptLoss }: { isAlone: boolean; acceptLoss: boolean },
): Promise<Mark | "damaged" | undefined> {
  for (;;) {
    // First the mark: it may only be behind what is read after it.
    const mark = readHighWaterMark(path);
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) {
      if (typeof mark === "object" && 0 < mark.sequence && !acceptLoss) throw missing(path, mark);
      return mark;
    }
    // A rollback journal is left by a crash while the store was being made: SQLite takes back what it says.
    if (existsSync(`${path}-journal`)) return mark;
    // With a daemon on it the log is not recovered but shared: SQLite shows it as it is.
    if (!isAlone && hasLog(path) && isDaemonLocked(path)) return mark;
    const before = versionOfFiles(path);
    const state = readStoreState(path);
    if (state === undefined) return mark;
    const refusal = refusalOf(path, state, mark, acceptLoss);
    if (refusal === undefined) return mark;
    // Another command may have been writing while it was read.
    await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
    if (versionOfFiles(path) === before) throw refusal;
  }
}

/** How far the open database says it is. */
export interface Reached {
  databaseId: string;
  commitSequence: number;
}

/** Whether the database lacks something that the mark says it had. */
export function isBehind(reached: Pick<StoreState, keyof Reached>, mark: Mark): boolean {
  return mark.databaseId === reached.databaseId && reached.commitSequence < mark.sequence;
}

/** @param causes of what is missing, as far as it is known */
export function lostCommits(
  path: string,
  mark: Mark,
  { commitSequence }: Pick<Reached, "commitSequence">,
  causes = CAUSES,
): HooksError {
  const gap = mark.sequence - commitSequence;
  const which = gap === 1 ? "its newest commit, of" : `its newest ${gap} commits, the last of`;
  return unusable(path, `lacks ${which} about ${timeOf(mark)}: ${causes}`, LOSS_HINT);
}

const CAUSES = "its log was damaged, or this is an older copy";
const LOSS_HINT = "hooks restore FILE puts a backup back; to go on with what is there: hooks serve --accept-loss";

function refusalOf(
  path: string,
  state: StoreState,
  mark: Mark | "damaged" | undefined,
  acceptLoss: boolean,
): HooksError | undefined {
  const newer = newerSchema(path, state.userVersion);
  if (newer !== undefined) return newer;
  if (acceptLoss || typeof mark !== "object" || !isBehind(state, mark)) return undefined;
  const log = `${path}-wal`;
  if (state.logBrokenAt !== undefined) {
    return lostCommits(path, mark, state, `its log ${log} is damaged from byte ${state.logBrokenAt} on`);
  }
  const rest = hasLog(path) ? "was cut off" : "is missing or empty";
  return lostCommits(path, mark, state, `its log ${log} ${rest}, or this is an older copy`);
}

function missing(path: string, mark: Mark): HooksError {
  const held = mark.sequence === 1 ? "1 commit" : `${mark.sequence} commits`;
  return unusable(
    path,
    `is ${existsSync(path) ? "empty" : "missing"}, but held ${held}, the last of about ${timeOf(mark)}`,
    `put it back, or restore a backup: hooks restore FILE; to begin anew: rm '${highWaterMarkPath(path)}'`,
  );
}

function timeOf({ at }: Mark): string {
  return new Date(at).toISOString();
}

/** What changes with every write to the store. */
function versionOfFiles(path: string): string {
  return [path, `${path}-wal`]
    .map((file) => {
      const stats = statSync(file, { throwIfNoEntry: false, bigint: true });
      return `${stats?.ino} ${stats?.size} ${stats?.mtimeNs}`;
    })
    .join();
}
