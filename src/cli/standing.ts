import { isHooksError } from "../core/errors.ts";
import type { CliContext } from "./context.ts";

/** How things stand: what `hooks` and `hooks status` show. */
export interface Standing {
  /** The store's file, or the server. */
  where: string;
  daemon: { pid: number; url: string } | null;
  /** Null when it could not be found out, or there is no store yet. */
  subscriptions: number | null;
  /** Deliveries that ended as failed: the dead letters. */
  failed: number | null;
  /** Why the numbers are null. */
  trouble: string | null;
}

const PAGE = 200;

/** Looks only: a store that does not exist is not made, an old one is not migrated. Never throws for what it finds. */
export async function standing(context: CliContext): Promise<Standing> {
  const { target } = context.settings();
  const isLocal = target.kind === "local";
  const result: Standing = {
    where: isLocal ? target.storePath : target.server.href,
    daemon: null,
    subscriptions: null,
    failed: null,
    trouble: null,
  };
  try {
    const daemon = await context.daemon();
    if (daemon !== undefined) result.daemon = { pid: daemon.pid, url: daemon.url };
    if (isLocal && !(await isFile(target.storePath))) {
      result.trouble = "no store yet";
      return result;
    }
    const service = isLocal
      ? (await context.local("", { readOnly: true })).serviceFor(context.scope())
      : await context.service();
    const page = await service.listSubscriptions({ limit: PAGE });
    result.subscriptions = page.data.length;
    result.failed = (await service.replay({ status: "failed", dry_run: true })).count;
  } catch (error) {
    if (!isHooksError(error)) throw error;
    result.trouble = error.message;
  }
  return result;
}

async function isFile(file: string): Promise<boolean> {
  const { stat } = await import("node:fs/promises");
  return stat(file).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
