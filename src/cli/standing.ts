import type { DeliveryState } from "../core/delivery.ts";
import { type HooksError, isHooksError } from "../core/errors.ts";
import type { HooksService, Page, PageQuery } from "../core/hooks-service.ts";
import type { CliContext } from "./context.ts";
import { fetchRows } from "./pages.ts";

/** How things stand: what `hooks` and `hooks status` show. */
export interface Standing {
  /** The store's file, or the server. */
  where: string;
  daemon: { pid: number; url: string } | null;
  /** Null when it could not be found out, or there is no store yet. */
  subscriptions: number | null;
  /** Deliveries that ended as failed: the dead letters. */
  failed: number | null;
  /** Deliveries that wait for their first attempt or their next one; counted up to MOST_COUNTED. */
  waiting: { pending: number; retrying: number } | null;
  /** Alerts that fire. */
  alerts: number | null;
  /** Why the numbers are null. */
  trouble: string | null;
}

const PAGE = 200;
export const MOST_COUNTED = 1_000;

/** Looks only: a store that does not exist is not made, an old one is not migrated. @throws HooksError what is in the way */
export async function standing(context: CliContext): Promise<Standing> {
  const { standing: found, error } = await look(context);
  if (error !== undefined) throw error;
  return found;
}

/** The same, which tells what is in the way as `trouble`. */
export async function standingWithTrouble(context: CliContext): Promise<Standing> {
  const { standing: found, error } = await look(context);
  return error === undefined ? found : { ...found, trouble: error.message };
}

async function look(context: CliContext): Promise<{ standing: Standing; error?: HooksError }> {
  const { target } = context.settings();
  const isLocal = target.kind === "local";
  const result: Standing = {
    where: isLocal ? target.storePath : target.server.href,
    daemon: null,
    subscriptions: null,
    failed: null,
    waiting: null,
    alerts: null,
    trouble: null,
  };
  try {
    const daemon = await context.daemon();
    if (daemon !== undefined) result.daemon = { pid: daemon.pid, url: daemon.url };
    if (isLocal && !(await isFile(target.storePath))) {
      result.trouble = "no store yet";
      return { standing: result };
    }
    const service = isLocal
      ? (await context.local("", { readOnly: true })).serviceFor(context.scope())
      : await context.service();
    const page = await service.listSubscriptions({ limit: PAGE });
    result.subscriptions = page.data.length;
    result.failed = (await service.replay({ status: "failed", dry_run: true })).count;
    const [pending, retrying] = await Promise.all([count("pending", service), count("retrying", service)]);
    result.waiting = { pending, retrying };
    result.alerts = (await service.listAlerts({ state: "firing", limit: PAGE })).data.length;
  } catch (error) {
    if (!isHooksError(error)) throw error;
    return { standing: result, error };
  }
  return { standing: result };
}

async function count(status: DeliveryState, service: HooksService): Promise<number> {
  const list = (page: PageQuery): Promise<Page<unknown>> => service.listDeliveries({ status, ...page });
  return (await fetchRows(list, { limit: MOST_COUNTED, cursor: undefined })).rows.length;
}

async function isFile(file: string): Promise<boolean> {
  const { stat } = await import("node:fs/promises");
  return stat(file).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
