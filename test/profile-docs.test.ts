import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { formatDuration } from "../src/core/duration.ts";
import type { Profile } from "../src/core/profiles/profile.ts";
import { BUILT_IN_PROFILES, findProfile } from "../src/core/profiles/registry.ts";
import { WIRE_FIELD_NAMES } from "../src/core/profiles/wire-fields.ts";
import type { RetryPolicy } from "../src/core/subscription.ts";
import { messageFor, pairs } from "./core/profiles/support/profile-message.ts";

const page = readFileSync(path.join(import.meta.dirname, "../docs/profiles.md"), "utf8");

/** As the page's first table has it: what a profile's own object says of it. */
function ruleRow(profile: Profile): string {
  const { name, retry, timeoutMs, retryOn, on410, hasBreaker, autoDisable } = profile;
  const { failures, minSpanMs } = autoDisable;
  const disables = `${failures} failures${minSpanMs === 0 ? "" : ` over ${formatDuration(minSpanMs)}`}`;
  const cells = [
    `\`${name}\``,
    scheduleOf(retry),
    formatDuration(timeoutMs),
    typeof retryOn === "string" ? retryOn : retryOn.join(", "),
    on410,
    hasBreaker ? "on" : "off",
    disables,
    `\`${profile.test.type}\``,
  ];
  return `| ${cells.join(" | ")} |`;
}

function scheduleOf(retry: RetryPolicy): string {
  const jitter = retry.jitter === 0 ? "" : ` ±${retry.jitter * 100} %`;
  if (retry.strategy === "list") return retry.delaysMs.map(formatDuration).join(", ") + jitter;
  const { firstDelayMs, longestDelayMs, maxAttempts, strategy } = retry;
  return `${strategy}, ${formatDuration(firstDelayMs)} to ${formatDuration(longestDelayMs)}, ${maxAttempts} attempts${jitter}`;
}

/** As the second table has it: what is on the wire. */
function wireRow(profile: Profile): string {
  const { headers, body } = profile.build(messageFor(profile));
  const names = pairs(headers).map(([name]) => `\`${name}\``);
  const json = JSON.parse(Buffer.from(body).toString());
  const isBare = Object.keys(json)[0] === "n";
  const envelope = isBare
    ? "the data alone"
    : Object.keys(json)
        .map((key) => `\`${key}\``)
        .join(" ");
  return `| \`${profile.name}\` | ${envelope} | ${names.slice(2).join(" ")} | \`${profile.scheme}\` |`;
}

describe("docs/profiles.md", () => {
  it.each(BUILT_IN_PROFILES.names)("says of %s what it does", (name) => {
    const profile = findProfile(name)!;
    expect(page).toContain(`${ruleRow(profile)}\n`);
    expect(page).toContain(`${wireRow(profile)}\n`);
  });

  it("names no profile that there is not, and every field of a template", () => {
    const rows = [...page.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name);
    expect(new Set(rows)).toEqual(new Set(BUILT_IN_PROFILES.names));
    for (const field of WIRE_FIELD_NAMES) {
      const [base = "", format] = field.split(":");
      expect(page, field).toContain(format === undefined ? `\`{${base}}\`` : `:${format}`);
    }
  });
});
