import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/egress/*.test.ts", "test/core/egress/*.test.ts"],
    exclude: ["test/egress/mutation.test.ts"],
    setupFiles: ["test/egress/support/without-guard.ts"],
    // What waits for an attempt that is never refused shall not wait long.
    testTimeout: 20_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
