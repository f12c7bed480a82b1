import type { GroupEntry } from "../../src/cli/command-table.ts";

/** The leaves of `hooks source`, in help order. Nothing here is loaded before it is selected. */
export const SOURCE: GroupEntry = {
  name: "source",
  summary: "Manage inbound sources (GitHub, Stripe, …)",
  commands: [
    {
      name: "create",
      summary: "Take a third party's webhooks",
      load: async () => (await import("./create.ts")).sourceCreateCommand,
    },
    { name: "list", summary: "List sources", load: async () => (await import("./list.ts")).sourceListCommand },
    { name: "get", summary: "Show one source", load: async () => (await import("./get.ts")).sourceGetCommand },
    {
      name: "update",
      summary: "Change a source",
      load: async () => (await import("./update.ts")).sourceUpdateCommand,
    },
    {
      name: "delete",
      summary: "Delete a source",
      load: async () => (await import("./delete.ts")).sourceDeleteCommand,
    },
    {
      name: "enable",
      summary: "Let a source take requests again",
      load: async () => (await import("./switch.ts")).sourceEnableCommand,
    },
    {
      name: "disable",
      summary: "Stop a source from taking requests",
      load: async () => (await import("./switch.ts")).sourceDisableCommand,
    },
    {
      name: "rotate-secret",
      summary: "Take what a new secret signs",
      load: async () => (await import("./rotate-secret.ts")).sourceRotateSecretCommand,
    },
    {
      name: "log",
      summary: "Show what came to a source, and why it was refused",
      load: async () => (await import("./log.ts")).sourceLogCommand,
    },
  ],
};
