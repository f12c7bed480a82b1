import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished, type TestContext } from "vitest";

/**
 * A Secret Service as a Linux desktop has it, on a message bus of its own, unlocked and empty: what programs need in
 * their environment to find it. Without GNOME's the test is skipped, and fails in CI.
 */
export async function startSecretService(test: Pick<TestContext, "skip">): Promise<Record<string, string>> {
  for (const program of ["dbus-daemon", "gnome-keyring-daemon"]) {
    if (spawnSync(program, ["--version"]).error === undefined) continue;
    if (process.env["CI"] !== undefined) throw new Error(`${program} is missing: .ci/run installs it`);
    test.skip(`${program} is missing (Debian's packages dbus-daemon and gnome-keyring)`);
  }
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-bus-"));
  const address = `unix:path=${path.join(folder, "bus")}`;
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    XDG_DATA_HOME: folder,
    DBUS_SESSION_BUS_ADDRESS: address,
  };
  const bus = spawn("dbus-daemon", ["--session", "--nofork", "--print-address", `--address=${address}`], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(async () => {
    // The keyring ends with it.
    bus.kill();
    if (bus.exitCode === null && bus.signalCode === null) await once(bus, "exit");
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  });
  await once(bus.stdout, "data");
  // Its first process ends once the service is on the bus.
  const keyring = spawn("gnome-keyring-daemon", ["--unlock", "--components=secrets"], {
    env,
    stdio: ["pipe", "ignore", "ignore"],
  });
  keyring.stdin.end("password");
  const [code] = (await once(keyring, "exit")) as [number | null];
  if (code !== 0) throw new Error(`gnome-keyring-daemon ended with ${code}`);
  return { DBUS_SESSION_BUS_ADDRESS: address };
}
