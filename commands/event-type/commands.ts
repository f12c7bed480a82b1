import type { GroupEntry } from "../../src/cli/command-table.ts";

/** The leaves of `hooks event-type`, in help order. Nothing here is loaded before it is selected. */
export const EVENT_TYPE: GroupEntry = {
  name: "event-type",
  summary: "Manage the catalogue of event types",
  commands: [
    {
      name: "list",
      summary: "List event types",
      load: async () => (await import("./list.ts")).eventTypeListCommand,
    },
    {
      name: "get",
      summary: "Show one event type",
      load: async () => (await import("./get.ts")).eventTypeGetCommand,
    },
    {
      name: "create",
      summary: "Add an event type, or a version of one",
      load: async () => (await import("./create.ts")).eventTypeCreateCommand,
    },
    {
      name: "update",
      summary: "Change an event type",
      load: async () => (await import("./update.ts")).eventTypeUpdateCommand,
    },
    {
      name: "delete",
      summary: "Remove an event type, or a version of one",
      load: async () => (await import("./delete.ts")).eventTypeDeleteCommand,
    },
    {
      name: "import",
      summary: "Take event types from a pack or from documents",
      load: async () => (await import("./import.ts")).eventTypeImportCommand,
    },
    {
      name: "export",
      summary: "Write event types down for other tools",
      load: async () => (await import("./export.ts")).eventTypeExportCommand,
    },
    {
      name: "infer",
      summary: "Make a schema from events that were published",
      load: async () => (await import("./infer.ts")).eventTypeInferCommand,
    },
    {
      name: "generate-types",
      summary: "Write TypeScript types for publishers",
      load: async () => (await import("./generate-types.ts")).eventTypeGenerateTypesCommand,
    },
  ],
};
