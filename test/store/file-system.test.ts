import { describe, expect, it } from "vitest";
import { fileSystemOf, fileSystemUnder } from "../../src/store/sqlite/file-system.ts";
import { HooksHome } from "../support/hooks-program.ts";
import { tempFolder } from "./temp-folder.ts";

/** Loaded by Node before the program: from then on every folder says that it is on this kind of file system. */
function saying(type: number): Record<string, string> {
  const code = `
    import fs from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    const { statfsSync } = fs;
    fs.statfsSync = (path) => ({ ...statfsSync(path), type: ${type} });
    syncBuiltinESMExports();
  `;
  return { NODE_OPTIONS: `--import=data:text/javascript;base64,${Buffer.from(code).toString("base64")}` };
}

describe("the file system of a store", () => {
  it("has a name and a kind, whatever the sign of its number is", () => {
    expect(fileSystemOf(0xef53)).toEqual({ name: "ext4", kind: "local" });
    expect(fileSystemOf(0x6969)).toEqual({ name: "NFS", kind: "network" });
    expect(fileSystemOf(0xff534d42)).toEqual({ name: "CIFS", kind: "network" });
    expect(fileSystemOf(0xff534d42 | 0)).toEqual({ name: "CIFS", kind: "network" });
    expect(fileSystemOf(0x01021997)).toEqual({ name: "9p", kind: "network" });
    expect(fileSystemOf(0x65735546)).toEqual({ name: "FUSE", kind: "user_space" });
    expect(fileSystemOf(0x1234abcd)).toEqual({ name: "0x1234abcd", kind: "local" });
  });

  it("is this machine's here", () => {
    const found = fileSystemUnder(`${tempFolder()}/hooks.db`);
    if (process.platform === "linux") expect(found).toMatchObject({ name: expect.stringMatching(/\w+/) });
    else expect(found).toBeUndefined();
  });

  it.runIf(process.platform === "linux")(
    "is refused by a daemon when other machines share it, and said by doctor",
    async () => {
      const home = new HooksHome();
      await home.ok("sub", "create", "--url", "http://127.0.0.1:9/", "--event", "*");
      const refused = await home.run(["serve", "--port", "0"], { env: saying(0x6969) });
      expect(refused).toMatchObject({
        code: 5,
        stderr: expect.stringMatching(
          /is on a network file system \(NFS\), where a commit can be lost.*\nhint: .*--store FILE/,
        ),
      });
      const doctor = await home.run(["doctor"], { env: saying(0x6969) });
      expect(doctor.stdout).toMatch(/^durability\tfault\t.*on NFS, which other machines share$/m);
    },
  );

  it.runIf(process.platform === "linux")("is warned of when a program serves it", async () => {
    const home = new HooksHome();
    const args = ["serve", "--port", "0", "--log-format", "json"];
    const daemon = home.start(args, { env: saying(0x65735546) });
    await daemon.sees(/"level":40.*is on a file system of another program \(FUSE\)/);
    await daemon.sees(/http:\/\/127/);
  });
});
