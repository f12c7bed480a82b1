import { canMountSmallDisk } from "../support/small-disk.ts";
import type { Scenario } from "./scenario.ts";
import { canTrace } from "./strace.ts";

/** What a scenario needs and this machine does not give it, in words; undefined: nothing. */
export function missingTool({ needs = [] }: Scenario): string | undefined {
  if (needs.includes("strace") && !canTrace()) {
    return "strace is not installed, or may not trace here: apt-get install strace";
  }
  if (needs.includes("tmpfs") && !canMountSmallDisk()) {
    return "this user may not mount a small file system: run it as root (in a container: with CAP_SYS_ADMIN)";
  }
  return undefined;
}
