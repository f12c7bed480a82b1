import { nameOf, takes } from "./ledger.ts";
import { CALM_MS, type Mode, RUN_MS } from "./plan.ts";
import type { World } from "./world.ts";

const MINUTE = 60_000;
/** Longest that a breaker stays open or a receiver rests, and some patience for what else there is to send. */
const PROBE_MS = 15 * MINUTE;
const ENDED = new Set(["succeeded", "failed", "cancelled"]);

interface StoredRow {
  rowId: number;
  state: string;
  reason: string | null;
  attempts: number;
}

interface StoredAttempt {
  rowId: number;
  number: number;
  outcome: string;
  status: number | null;
  error: string | null;
  remoteAddress: string | null;
}

/** What must hold at the end of a run: properties P1, P2, P5, and L1 and L2 when there was time to come to rest. */
export function checkEnd(world: World, mode: Mode): void {
  checkAccepted(world);
  checkDeliveries(world);
  checkLeases(world);
  if (mode === "liveness") {
    checkRest(world);
    checkRecovery(world);
  }
}

/** L3: whoever waited when the faults stopped was tried again in time. */
function checkRecovery(world: World): void {
  const calmAt = RUN_MS - CALM_MS;
  for (const { subscription, due } of world.waitingAtCalm) {
    const requests = world.ledger.requests.filter((request) => request.subscription === subscription);
    const tried = requests.find(({ sentAt }) => calmAt <= sentAt)?.sentAt ?? Number.POSITIVE_INFINITY;
    const late = tried - due - world.clock.unseen(0);
    if (PROBE_MS < late) world.violate("L3", `${subscription.name} was due and not tried for ${late} ms`);
  }
}

/** P1: what was accepted is in the store, for everyone who was to get it. */
function checkAccepted(world: World): void {
  const stored = new Set(world.database.prepare("SELECT public_id FROM events").pluck().all() as string[]);
  // Not by row ids: one that was deleted may be another's by now.
  const pairs = new Set(world.ledger.subscriptions.flatMap(({ rows }) => rows.map(nameOf)));
  for (const event of world.ledger.events) {
    if (!event.isAccepted || event.isDeleted) continue;
    if (event.publicId === undefined || !stored.has(event.publicId)) {
      world.violate("P1", `e${event.nonce} was accepted and is not in the store`);
    }
    for (const subscription of world.ledger.subscriptions) {
      const { settledAt, changedAt, isEnabled, isDeleted } = subscription;
      // It was there before the event came, and nothing changed since.
      const isCertain = settledAt !== undefined && settledAt + 2_000 < event.publishedAt && changedAt <= settledAt;
      if (!isCertain || !isEnabled || isDeleted || !takes(subscription, event.type)) continue;
      if (!pairs.has(`e${event.nonce}→${subscription.name}`)) {
        world.violate("P1", `e${event.nonce} was accepted and does not go to ${subscription.name}`);
      }
    }
  }
}

/** P2: each end has its reason. P5: the attempts are numbered without a gap, and each is of a request of its own. */
function checkDeliveries(world: World): void {
  const rows = world.database
    .prepare("SELECT delivery_id AS rowId, state, reason, attempt_count AS attempts FROM deliveries")
    .all() as StoredRow[];
  const attempts = new Map<number, StoredAttempt[]>();
  const all = world.database
    .prepare(
      "SELECT delivery_id AS rowId, number, outcome, status, error_message AS error, remote_address AS remoteAddress FROM attempts ORDER BY delivery_id, number",
    )
    .all() as StoredAttempt[];
  for (const attempt of all) {
    const ofRow = attempts.get(attempt.rowId);
    if (ofRow === undefined) attempts.set(attempt.rowId, [attempt]);
    else ofRow.push(attempt);
  }
  const there = [...world.ledger.rows.values()].filter((row) => !row.isDeleted);
  if (rows.length !== there.length) world.violate("P1", "deliveries are missing from the store");
  for (const stored of rows) {
    const row = world.ledger.rows.get(stored.rowId)!;
    const own = attempts.get(stored.rowId) ?? [];
    const what = `${nameOf(row)}, ${stored.state} ${stored.reason ?? ""}`;
    if (row.state !== stored.state || row.attempts !== stored.attempts) {
      world.violate("P2", `${what}: it became so unseen`);
    }
    if (own.length !== stored.attempts || own.some((attempt, index) => attempt.number !== index + 1)) {
      world.violate(
        "P5",
        `${what}: ${stored.attempts} attempts, recorded ${own.map(({ number }) => number).join(" ")}`,
      );
    }
    const last = own.at(-1);
    if (stored.state === "succeeded" && !own.some(({ outcome }) => outcome === "success")) {
      world.violate("P2", `${what}: no attempt of it succeeded`);
    }
    if (stored.reason === "exhausted") {
      const most = row.subscription.policy.waits.length + 1;
      if (row.roundAttempts < most && row.interruptions === 0) {
        world.violate("P2", `${what} after ${row.roundAttempts} attempts of ${most}`);
      }
    }
    // A result of a process that was taken over may come after it.
    if (stored.reason === "final_status" && last?.outcome !== "failure" && !world.hasTakenOver) {
      world.violate("P2", `${what}: its last attempt was no failure`);
    }
    if (stored.reason === "cancelled" && !world.hasCancelled) world.violate("P2", `${what} by nobody`);
    if (stored.reason === "subscription_deleted" && !row.subscription.isDeleted) {
      world.violate("P2", `${what}, but the subscription is there`);
    }
  }
}

/** P4: no lease outlives its end in a process that lives and could give it back. */
function checkLeases(world: World): void {
  const { daemon } = world;
  for (const row of world.ledger.rows.values()) {
    if (row.state !== "sending" || row.worker !== daemon?.worker || daemon?.isReady !== true) continue;
    if (row.attemptsMade.some(({ request }) => request.endedAt === undefined)) continue;
    const over = world.time.wall() - (row.claimableAt ?? 0);
    if (10 * MINUTE < over && !world.clock.wasSet(world.clock.before(world.time.elapsed, 20 * MINUTE))) {
      world.violate("P4", `${nameOf(row)} is leased to ${daemon.name}, ${over} ms after the end of the lease`);
    }
  }
}

/** L1 and L2: two hours after the last fault nothing waits any more. */
function checkRest(world: World): void {
  const calmAt = RUN_MS - CALM_MS;
  for (const row of world.ledger.rows.values()) {
    if (ENDED.has(row.state)) continue;
    const since = row.attemptsMade.at(-1)?.request.startedAt ?? calmAt;
    const due = row.claimableAt === null ? "never" : `in ${row.claimableAt - world.time.wall()} ms`;
    world.violate(
      "L1",
      `${nameOf(row)} is still ${row.state}, ${row.attempts} attempts, the last ${world.time.now - since} ms ago, due ${due}`,
    );
  }
}
