import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { unusable } from "./sqlite-error.ts";

/** What a write-ahead log needs of a file system: memory shared by processes, locks, and an fsync that means it. */
type Kind = "local" | "network" | "user_space";

/** Linux's numbers (linux/magic.h, statfs(2)) of what is worth a word. */
const FILE_SYSTEMS: Readonly<Record<number, readonly [name: string, kind: Kind]>> = {
  26985: ["NFS", "network"],
  20859: ["SMB", "network"],
  4283649346: ["CIFS", "network"],
  4266872130: ["SMB", "network"],
  16914839: ["9p", "network"],
  1397113167: ["AFS", "network"],
  1799439955: ["AFS", "network"],
  1937076805: ["Coda", "network"],
  22092: ["NCP", "network"],
  12805120: ["Ceph", "network"],
  198183888: ["Lustre", "network"],
  1196443219: ["GPFS", "network"],
  428016422: ["BeeGFS", "network"],
  2020557398: ["VirtualBox shared folder", "network"],
  1702057286: ["FUSE", "user_space"],
  61267: ["ext4", "local"],
  1481003842: ["XFS", "local"],
  2435016766: ["Btrfs", "local"],
  801189825: ["ZFS", "local"],
  4076150800: ["F2FS", "local"],
  16914836: ["tmpfs", "local"],
  2035054128: ["overlayfs", "local"],
};

export interface FileSystem {
  /** `ext4`; a number when it has no name here. */
  name: string;
  kind: Kind;
}

/** @param type as `statfs` gives it. */
export function fileSystemOf(type: number): FileSystem {
  // 32 bits, whose sign depends on who asks.
  const number = type >>> 0;
  const [name, kind] = FILE_SYSTEMS[number] ?? [`0x${number.toString(16)}`, "local"];
  return { name, kind };
}

/** The file system of a store; undefined where the system does not tell. */
export function fileSystemUnder(path: string): FileSystem | undefined {
  return process.platform === "linux" ? fileSystemOf(statfsSync(dirname(path)).type) : undefined;
}

/** @throws HooksError `store_unusable` for one that other machines share */
export function refuseNetwork(path: string, fileSystem: FileSystem | undefined): void {
  if (fileSystem?.kind !== "network") return;
  throw unusable(
    path,
    `is on a network file system (${fileSystem.name}), where a commit can be lost and two machines can write at once`,
    "put it on a disk of this machine: --store FILE",
  );
}
