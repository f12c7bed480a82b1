import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { within } from "./clock.ts";
import type { DaemonProcess, StartOptions } from "./daemon-process.ts";
import { killAt } from "./strace.ts";
import type { World } from "./world.ts";

const CRASH_POINTS = path.join(import.meta.dirname, "crash-points.ts");
/** Generous: under strace on a busy machine a start takes seconds. */
const REACHED_LIMIT_MS = 120_000;

/** A moment at which a process may be killed, and how it is brought about. */
export interface Point {
  name: string;
  /** Largest n of "the n-th time that it is reached". */
  most: number;
  /** Of an event, bytes: large ones bring a checkpoint sooner. */
  padding?: number;
  /** Before any store is there. */
  atCreation?: boolean;
  /** Undefined: crash-points.ts knows the point by its name. */
  strace?: { calls: string; files: readonly string[] };
}

/**
 * Starts a daemon that dies at the n-th time that it comes to the point. What is wrong when it does not. `meanwhile`: what
 * brings it there; it may be cut off by the end.
 */
export async function killedAt(
  world: World,
  point: Point,
  n: number,
  {
    meanwhile,
    ...start
  }: Pick<StartOptions, "keepsMs"> & { meanwhile?: (daemon: DaemonProcess) => Promise<void> } = {},
): Promise<string[]> {
  const marker = path.join(world.folder, "reached");
  rmSync(marker, { force: true });
  const options: StartOptions =
    point.strace === undefined
      ? {
          preload: CRASH_POINTS,
          env: { HOOKS_TEST_CRASH_AT: `${point.name}:${n}`, HOOKS_TEST_CRASH_FILE: marker },
        }
      : { strace: killAt(point.strace.calls, n, filesOf(world, point), marker) };
  const daemon = await world.spawn({ ...options, ...start });
  if (meanwhile !== undefined) await Promise.race([daemon.ready.then(() => meanwhile(daemon)), daemon.ended]);
  if (!(await within(REACHED_LIMIT_MS, daemon.ended))) {
    await daemon.kill();
    return [`the point was not reached the ${n}. time in ${REACHED_LIMIT_MS} ms`];
  }
  const { signal, code } = await daemon.ended;
  if (signal !== "SIGKILL") return [`ended by itself (${code}, ${signal}) before the point was reached the ${n}. time`];
  if (!existsSync(marker)) return ["was killed elsewhere than at the point"];
  return [];
}

export function filesOf({ storePath }: World, { strace }: Point): string[] {
  return strace!.files.map((file) => path.join(path.dirname(storePath), file));
}
