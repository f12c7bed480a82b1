import { parseArgs } from "node:util";
import type { RunOptions } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

export interface CampaignFlags {
  /** Ids; empty: all. */
  only: readonly string[];
  seed: number;
  scale: RunOptions["scale"];
  /** Whether the figures go into docs/reliability.md. */
  writes: boolean;
  /** Whether the files of what went well stay, too. */
  keeps: boolean;
}

export const USAGE = `node test/crash/campaign.ts [--only R01,R06] [--seed N] [--short] [--no-write] [--keep]

  --only R01,R06  these scenarios only, whose figures alone are not written down: ${SCENARIOS.map(({ id }) => id).join(", ")}
  --seed N        of every choice that is made; default: another each time
  --short         as small as in npm test; writes nothing down either
  --no-write      leaves docs/reliability.md as it is
  --keep          keeps the files of what went well, too`;

/** @throws Error saying what is wrong with them. */
export function parseFlags(argv: readonly string[]): CampaignFlags {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string" },
      seed: { type: "string" },
      short: { type: "boolean", default: false },
      "no-write": { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
    },
  });
  const only = values.only?.split(",").map((id) => id.trim()) ?? [];
  for (const id of only) {
    if (!SCENARIOS.some((scenario) => isNamed(scenario.id, id))) {
      throw new Error(
        `--only: there is no scenario ${JSON.stringify(id)}: ${SCENARIOS.map((one) => one.id).join(", ")}`,
      );
    }
  }
  if (values.seed !== undefined && !/^\d{1,9}$/.test(values.seed)) {
    throw new Error(`--seed must be a whole number of at most nine digits, got ${JSON.stringify(values.seed)}`);
  }
  const isWhole = only.length === 0 && !values.short;
  return {
    only,
    seed: values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed),
    scale: values.short ? "short" : "long",
    writes: isWhole && !values["no-write"],
    keeps: values.keep,
  };
}

/** `R02` names `R02 (strace)` as well. */
export function isNamed(id: string, name: string): boolean {
  return id === name || id.startsWith(`${name} `);
}
