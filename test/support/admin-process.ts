// A process of its own that works on a store as the command line does: it calls one method of AdminService and prints
// what that answers. Arguments: the folder of the store, the method, and its arguments as JSON.

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { AdminService } from "../../src/core/admin-service.ts";
import { openLocalService } from "../../src/service/open-local.ts";
import { publicNames } from "./egress.ts";

if (process.argv[1] === import.meta.filename) {
  const [folder = "", method = "", args = "[]"] = process.argv.slice(2);
  const local = await openLocalService({
    storePath: path.join(folder, "hooks.db"),
    dataDirectory: folder,
    mode: "inline",
    now: Date.now,
    env: {},
    version: "0.0.0-test",
    send: () => Promise.reject(new Error("nothing is sent here")),
    egress: publicNames,
    onFatal: (error) => {
      throw error;
    },
  });
  const call = local.adminFor()[method as keyof AdminService] as (...given: unknown[]) => Promise<unknown>;
  const answer = await call.apply(local.adminFor(), JSON.parse(args) as unknown[]);
  await local.close();
  process.stdout.write(JSON.stringify(answer ?? null));
}

/** Calls the method in another process, and resolves when that has ended. */
export async function inAnotherProcess<Method extends keyof AdminService>(
  folder: string,
  method: Method,
  ...args: Parameters<AdminService[Method]>
): Promise<Awaited<ReturnType<AdminService[Method]>>> {
  const child = spawn(process.execPath, [import.meta.filename, folder, method, JSON.stringify(args)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${method} ended with ${code}`);
  return JSON.parse(output) as Awaited<ReturnType<AdminService[Method]>>;
}
