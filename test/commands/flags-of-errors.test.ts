import { expect, it, onTestFinished } from "vitest";
import { keyOf, startTestServer } from "../receive/support/test-server.ts";
import { openTestHooks } from "../support/local-hooks.ts";
import { runInProcess } from "../support/run-in-process.ts";

const ONE = { type: "order.paid", id: "one", data: Buffer.from("{}") };

/** Arguments of the program for a store, or for a server, that has an event. */
const MODES: Record<string, () => Promise<{ where: string[]; env: Record<string, string> }>> = {
  async locally() {
    const hooks = await openTestHooks();
    await hooks.service.publish(ONE);
    return { where: [], env: { HOOKS_HOME: hooks.folder } };
  },
  async remotely() {
    const server = await startTestServer({ defaultEnvironment: "development" });
    onTestFinished(() => server.close());
    await server.local.serviceFor({ tenant: "default", environment: "development" }).publish(ONE);
    return {
      where: ["--server", server.url, "--api-key", "env:KEY"],
      env: { HOOKS_HOME: "/nowhere", KEY: keyOf("admin") },
    };
  },
};

it.each(Object.keys(MODES))("%s an error about what a flag names names the flag", async (mode) => {
  const { where, env } = await MODES[mode]!();
  const fieldOf = async (...argv: string[]) => {
    const { code, stderr } = await runInProcess([...argv, ...where, "--json"], { env });
    expect(code, stderr).not.toBe(0);
    return (JSON.parse(stderr) as { error: { field: string } }).error.field;
  };
  expect(await fieldOf("delivery", "list", "--sub", "nope")).toBe("--sub");
  expect(await fieldOf("delivery", "list", "--event", "nope")).toBe("--event");
  expect(await fieldOf("dlq", "list", "--sub", "nope")).toBe("--sub");
  expect(await fieldOf("dlq", "purge", "--sub", "nope", "--yes")).toBe("--sub");
  expect(await fieldOf("replay", "--failed", "--sub", "nope")).toBe("--sub");
  expect(await fieldOf("replay", "--failed", "--type", "no good")).toBe("--type");
  expect(await fieldOf("event", "replay", "one", "--sub", "nope")).toBe("--sub");
  expect(await fieldOf("sub", "filter-test", "--filter", "true", "--event", "nope")).toBe("--event");
  expect(await fieldOf("purge", "--type", "no good", "--yes")).toBe("--type");
  expect(await fieldOf("purge", "--where", "data.(", "--yes")).toBe("--where");
});
