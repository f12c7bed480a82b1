import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { startReceiver } from "../support/receiver.ts";
import type { ShortOfFiles } from "./short-of-files.ts";

const PROGRAM = path.join(import.meta.dirname, "short-of-files.ts");

it.skipIf(process.platform === "win32")(
  "without a file descriptor to connect with, an attempt waits and is not sent: no receiver is to blame",
  async () => {
    const receivers = await Promise.all([startReceiver(), startReceiver(), startReceiver()]);
    onTestFinished(async () => {
      for (const receiver of receivers) await receiver.close();
    });
    const urls = receivers.map(({ url }) => url);
    const command = `ulimit -n 100 && exec "$0" "$@"`;
    const { stdout } = await promisify(execFile)("sh", ["-c", command, process.execPath, PROGRAM, ...urls]);
    const ran = JSON.parse(stdout) as ShortOfFiles;
    expect(ran).toMatchObject({
      kept: { kind: "answered", status: 204 },
      meanwhile: { kind: "not_sent" },
      meanwhileNamed: { kind: "not_sent" },
      afterwards: { kind: "answered", status: 204 },
    });
    expect(receivers.map(({ requests }) => requests.length)).toEqual([2, 1, 0]);
    // Said, but not for each of the dials that were tried again and again.
    expect(ran.told).toEqual(["EMFILE"]);
    // The one that still waits at the most: idle ones were closed to make room.
    expect(ran.connections).toBeLessThanOrEqual(1);
  },
);
