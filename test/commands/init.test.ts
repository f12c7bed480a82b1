import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { setupFileText } from "../../commands/init-files.ts";
import { LiveTerminal } from "../support/live-terminal.ts";
import { openTestHooks } from "../support/local-hooks.ts";
import { type Run, runInProcess } from "../support/run-in-process.ts";
import { plainEnv, SOURCE_PROGRAM, testHome } from "../support/source-program.ts";

class Project {
  readonly folder = testHome();

  run(...argv: string[]): Promise<Run> {
    return runInProcess(argv, { env: { HOOKS_HOME: path.join(this.folder, ".home") }, cwd: this.folder });
  }

  read(name: string): string {
    return readFileSync(path.join(this.folder, name), "utf8");
  }

  has(name: string): boolean {
    return statSync(path.join(this.folder, name), { throwIfNoEntry: false }) !== undefined;
  }
}

const ROUTES = ["--route", "invoice.*=localhost:4000/billing", "--route", "invoice.paid=4001", "--route", "a=4002"];

describe("hooks init", () => {
  it("writes what the flags say, in the settings' own words, and says where", async () => {
    const project = new Project();
    const { code, stdout } = await project.run("init", "--forward", "3000/webhooks", ...ROUTES, "--env", "staging");
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${path.join(project.folder, "hooks.config.json")}\n` });
    expect(JSON.parse(project.read("hooks.config.json"))).toEqual({
      environment: "staging",
      forward: "3000/webhooks",
      routes: ["invoice.*=localhost:4000/billing", "invoice.paid=4001", "a=4002"],
    });
    expect(project.has("hooks.yaml")).toBe(false);
    // It is what the next command reads, and no key is asked to be written down.
    const rows = (await project.run("config", "--json")).stdout.trim().split("\n");
    const origins = rows.map((row) => JSON.parse(row) as { key: string; value: string; origin: string });
    const file = path.join(project.folder, "hooks.config.json");
    expect(origins.filter(({ origin }) => origin === file).map(({ key }) => key)).toEqual([
      "environment",
      "forward",
      "routes",
    ]);
  });

  it("writes down where its own flags say that commands work; what the environment or a default says it does not", async () => {
    const project = new Project();
    await project.run("init", "--forward", "3000", "--store", path.join(project.folder, "dev.db"), "--tenant", "acme");
    expect(JSON.parse(project.read("hooks.config.json"))).toEqual({
      store: "dev.db",
      tenant: "acme",
      forward: "3000",
    });
    const other = new Project();
    const argv = ["init", "--forward", "3000", "--server", "https://hooks.example.com", "--api-key", "hk_canary"];
    await runInProcess(argv, { env: { HOOKS_HOME: other.folder, HOOKS_ENV: "staging" }, cwd: other.folder });
    const text = other.read("hooks.config.json");
    expect(JSON.parse(text)).toEqual({ server: "https://hooks.example.com", forward: "3000" });
    expect(text).not.toContain("canary");
  });

  it("never writes over a file, nor half of two, unless it is told to", async () => {
    const project = new Project();
    writeFileSync(path.join(project.folder, "hooks.yaml"), "mine");
    const refused = await project.run("init", "--forward", "3000", "--setup");
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^error: hooks\.yaml is there already: nothing was written\nhint: .*--force/);
    expect([project.has("hooks.config.json"), project.read("hooks.yaml")]).toEqual([false, "mine"]);
    expect((await project.run("init", "--forward", "3000")).code).toBe(0);
    expect(await project.run("init", "--yes")).toMatchObject({ code: 2 });
    expect(JSON.parse(project.read("hooks.config.json"))).toEqual({ forward: "3000" });
    expect((await project.run("init", "--forward", "4000", "--setup", "--force")).code).toBe(0);
    expect(JSON.parse(project.read("hooks.config.json"))).toEqual({ forward: "4000" });
    expect(project.read("hooks.yaml")).toContain("http://localhost:4000/");
    // A folder of that name is nobody's file.
    rmSync(path.join(project.folder, "hooks.yaml"));
    mkdirSync(path.join(project.folder, "hooks.yaml"));
    const folder = await project.run("init", "--forward", "5000", "--setup", "--force");
    expect(folder).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot write hooks.yaml") });
    expect(JSON.parse(project.read("hooks.config.json"))).toEqual({ forward: "4000" });
  });

  it("--dry-run prints the files and writes none, also where they are", async () => {
    const project = new Project();
    const dry = await project.run("init", "--forward", "3000", "--dry-run");
    expect(JSON.parse(dry.stdout)).toEqual({ forward: "3000" });
    const json = JSON.parse((await project.run("init", "--forward", "3000", "--setup", "--dry-run", "--json")).stdout);
    expect(json).toEqual({
      dry_run: true,
      files: ["hooks.config.json", "hooks.yaml"].map((name) => ({
        path: path.join(project.folder, name),
        text: expect.stringContaining("3000"),
      })),
    });
    expect([project.has("hooks.config.json"), project.has("hooks.yaml")]).toEqual([false, false]);
    writeFileSync(path.join(project.folder, "hooks.config.json"), "{}");
    expect((await project.run("init", "--forward", "3000", "--dry-run")).code).toBe(0);
    expect(project.read("hooks.config.json")).toBe("{}");
  });

  it.each([
    [["init"], "--forward is missing"],
    [["init", "--forward", "http://other.example/"], "other.example is not this computer"],
    [["init", "--forward", "a b"], "--forward"],
    [["init", "--route", "invoice.*"], "--route must be PATTERN=TARGET"],
    [["init", "--route", "no good=3000"], "--route"],
    [["init", "--forward", "3000", "--env", "No Good"], "--env"],
  ])("refuses %j, and writes nothing", async (argv, says) => {
    const project = new Project();
    expect(await project.run(...argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(says) });
    expect(project.has("hooks.config.json")).toBe(false);
  });

  it("takes the usual target with --yes, and says when another project's file counted here before", async () => {
    const project = new Project();
    writeFileSync(path.join(project.folder, "hooks.config.json"), "{}");
    const inner = path.join(project.folder, "app");
    mkdirSync(inner);
    const run = await runInProcess(["init", "--yes"], { env: { HOOKS_HOME: project.folder }, cwd: inner });
    expect(run.code).toBe(0);
    expect(run.stderr).toContain(`${path.join(project.folder, "hooks.config.json")} counts no more in this folder`);
    expect(JSON.parse(readFileSync(path.join(inner, "hooks.config.json"), "utf8"))).toEqual({
      forward: "localhost:3000/webhooks",
    });
  });

  it("on a terminal asks for what is missing, and says what comes next", { timeout: 60_000 }, async () => {
    const home = testHome();
    const command = `'${process.execPath}' '${SOURCE_PROGRAM}' init`;
    const terminal = new LiveTerminal(["sh", "-c", `stty rows 24 cols 100; exec ${command}`], {
      cwd: home,
      env: plainEnv(home, { NO_COLOR: "1" }),
    });
    await terminal.sees(/Where does your program take webhooks\? .*localhost:3000\/webhooks/);
    terminal.type("other.example\r");
    await terminal.sees(/other\.example is not this computer/);
    terminal.type("\x15");
    terminal.type("4000/in\r");
    await terminal.sees(/Write hooks\.yaml too/);
    terminal.type("y\r");
    await terminal.sees(/✓ wrote hooks\.config\.json\r?\n✓ wrote hooks\.yaml/);
    await terminal.sees(/hooks listen[\s\S]*hooks apply -f hooks\.yaml --plan/);
    expect(await terminal.code()).toBe(0);
    expect(JSON.parse(readFileSync(path.join(home, "hooks.config.json"), "utf8"))).toEqual({ forward: "4000/in" });
  });
});

describe("hooks.yaml of hooks init", () => {
  it("applies, and sends each event where hooks listen would bring it", async () => {
    const { service, folder } = await openTestHooks();
    const project = new Project();
    const flags = ["--forward", "3000", "--route", "b.*=4003", "--route", "b.c=4004", ...ROUTES];
    expect((await project.run("init", ...flags, "--setup")).code).toBe(0);
    const applied = await runInProcess(["apply", "-f", "hooks.yaml", "--json"], {
      env: { HOOKS_HOME: folder },
      cwd: project.folder,
    });
    expect(applied).toMatchObject({ code: 0 });
    const urls = new Map((await service.listSubscriptions()).data.map(({ id, url }) => [id, url]));
    const goesTo = async (type: string) => {
      const { id } = await service.publish({ type, data: Buffer.from("{}") });
      return (await service.getEvent(id)).deliveries.map((one) => urls.get(one.subscription));
    };
    expect(await goesTo("invoice.paid")).toEqual(["http://localhost:4000/billing"]);
    expect(await goesTo("invoice.sent")).toEqual(["http://localhost:4000/billing"]);
    expect(await goesTo("b.c")).toEqual(["http://localhost:4003/"]);
    expect(await goesTo("a")).toEqual(["http://localhost:4002/"]);
    expect(await goesTo("a.b")).toEqual(["http://localhost:3000/"]);
    expect(await goesTo("invoice")).toEqual(["http://localhost:3000/"]);
  });

  it("gives each a name of its own", async () => {
    const url = new URL("http://localhost:1/");
    const text = await setupFileText(
      [
        { pattern: "a.b", url },
        { pattern: "a.b.*", url },
        { pattern: "*", url },
      ],
      "a-b",
    );
    expect(text.match(/(?<=name: ).*/g)).toEqual(["a-b", "a-b-2", "a-b-3"]);
    // Only the last one shares types with others.
    expect(text.match(/(?<=filter: ).*/g)).toEqual([`type != "a.b" && !type.startsWith("a.b.")`]);
  });
});
